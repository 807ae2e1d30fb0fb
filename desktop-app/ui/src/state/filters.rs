//! What was searched for, so that the way back from an order leads to the same list.

use dioxus::prelude::*;
use shared_model::host::OrderSort;
use shared_model::ids::LocationId;
use shared_model::work_order::Stage;

#[derive(Clone, Copy, PartialEq)]
pub struct OrderFilter {
    search: Signal<String>,
    stages: Signal<Vec<Stage>>,
    sort: Signal<OrderSort>,
}

impl OrderFilter {
    pub fn search(&self) -> String {
        (self.search)()
    }

    pub fn stages(&self) -> Vec<Stage> {
        (self.stages)()
    }

    pub fn sort(&self) -> OrderSort {
        (self.sort)()
    }

    pub fn search_for(&mut self, text: String) {
        self.search.set(text);
    }

    pub fn sort_by(&mut self, sort: OrderSort) {
        self.sort.set(sort);
    }

    pub fn toggle(&mut self, stage: Stage) {
        let mut stages = self.stages.write();
        match stages.iter().position(|shown| *shown == stage) {
            Some(at) => {
                stages.remove(at);
            }
            None => stages.push(stage),
        }
    }

    /// No words, all stages.
    pub fn clear(&mut self) {
        self.search.set(String::new());
        self.stages.set(Vec::new());
    }
}

#[derive(Clone, Copy, PartialEq)]
pub struct StockFilter {
    search: Signal<String>,
    location: Signal<Option<LocationId>>,
}

impl StockFilter {
    pub fn search(&self) -> String {
        (self.search)()
    }

    pub fn location(&self) -> Option<LocationId> {
        (self.location)()
    }

    pub fn search_for(&mut self, text: String) {
        self.search.set(text);
    }

    pub fn look_in(&mut self, location: Option<LocationId>) {
        self.location.set(location);
    }
}

pub fn use_filters_provider() {
    // What is still to be done, which is what most people look for.
    let open = || Stage::ALL.into_iter().filter(|stage| stage.is_open()).collect();
    let orders = OrderFilter {
        search: use_signal(String::new),
        stages: use_signal(open),
        sort: use_signal(OrderSort::default),
    };
    let stock = StockFilter { search: use_signal(String::new), location: use_signal(|| None) };
    use_context_provider(|| orders);
    use_context_provider(|| stock);
}

pub fn use_order_filter() -> OrderFilter {
    use_context()
}

pub fn use_stock_filter() -> StockFilter {
    use_context()
}
