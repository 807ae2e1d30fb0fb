//! The addresses of the screens. An order without operations has the operation 0 in its address.

use dioxus::prelude::*;
use shared_model::ids::{MaterialId, WorkOrderId};
use shared_model::policy::Action;

use crate::screens::{
    Attention, Board, Exceptions, Home, NotFound, Now, OrderOf, Orders, Queue, Settings, Shell, Stations,
    Stock, StockOf,
};
use crate::state::Access;

#[derive(Clone, Debug, PartialEq, Eq, Routable)]
pub enum Route {
    #[layout(Shell)]
    #[route("/")]
    Home {},
    #[route("/stations")]
    Stations {},
    #[route("/work")]
    Queue {},
    #[route("/work/:order/:operation")]
    Now { order: WorkOrderId, operation: u32 },
    #[route("/orders")]
    Orders {},
    #[route("/orders/board")]
    Board {},
    #[route("/orders/:order")]
    OrderOf { order: WorkOrderId },
    #[route("/stock")]
    Stock {},
    #[route("/stock/:material")]
    StockOf { material: MaterialId },
    #[route("/exceptions")]
    Exceptions {},
    #[route("/attention")]
    Attention {},
    #[route("/settings")]
    Settings {},
    #[route("/:..path")]
    NotFound { path: Vec<String> },
}

/// A part of the application that has a place in its navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Work,
    Orders,
    Board,
    Stock,
    Exceptions,
    Settings,
}

impl Area {
    pub const ALL: [Area; 6] =
        [Area::Work, Area::Board, Area::Orders, Area::Stock, Area::Exceptions, Area::Settings];

    /// Whether it has anything for this person.
    pub fn is_open_to(self, access: &Access) -> bool {
        match self {
            Area::Work => access.may(Action::PerformWork),
            Area::Orders | Area::Board | Area::Stock => access.may(Action::View),
            Area::Exceptions => access.may(Action::ResolveExceptions) || access.may(Action::DirectWork),
            Area::Settings => true,
        }
    }

    pub fn route(self, access: &Access) -> Route {
        match self {
            Area::Work if access.station.is_none() => Route::Stations {},
            Area::Work => Route::Queue {},
            Area::Orders => Route::Orders {},
            Area::Board => Route::Board {},
            Area::Stock => Route::Stock {},
            Area::Exceptions => Route::Exceptions {},
            Area::Settings => Route::Settings {},
        }
    }

    /// Where a person starts, by what they do here.
    pub fn home(access: &Access) -> Area {
        if access.may(Action::DirectWork) || access.may(Action::PlanWork) {
            Area::Board
        } else if access.may(Action::PerformWork) {
            Area::Work
        } else if access.may(Action::MoveStock) {
            Area::Stock
        } else if access.may(Action::View) {
            Area::Orders
        } else {
            Area::Settings
        }
    }
}

impl Route {
    pub fn area(&self) -> Option<Area> {
        Some(match self {
            Route::Stations {} | Route::Queue {} | Route::Now { .. } => Area::Work,
            Route::Orders {} | Route::OrderOf { .. } => Area::Orders,
            Route::Board {} => Area::Board,
            Route::Stock {} | Route::StockOf { .. } => Area::Stock,
            Route::Exceptions {} => Area::Exceptions,
            Route::Settings {} => Area::Settings,
            Route::Attention {} | Route::Home {} | Route::NotFound { .. } => return None,
        })
    }

    /// Where Esc and the arrow back lead to.
    pub fn parent(&self) -> Option<Route> {
        match self {
            Route::Now { .. } => Some(Route::Queue {}),
            Route::Queue {} => Some(Route::Stations {}),
            Route::OrderOf { .. } => Some(Route::Orders {}),
            Route::StockOf { .. } => Some(Route::Stock {}),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dom::Zone;
    use shared_model::host::{SessionPlant, SessionUser};
    use shared_model::ids::{PlantId, UserId};
    use shared_model::people::Role;

    use super::*;

    fn access(role: Role) -> Access {
        let id = uuid_of(1);
        Access {
            plant: SessionPlant {
                id: id.parse::<PlantId>().expect("an id"),
                organization: "Acme".to_owned(),
                name: "Plant".to_owned(),
                zone: "Europe/Berlin".to_owned(),
                currency: "EUR".to_owned(),
                device_name: "Tablet".to_owned(),
            },
            user: SessionUser {
                id: id.parse::<UserId>().expect("an id"),
                name: "Olga".to_owned(),
                roles: vec![role],
            },
            station: None,
            zone: Zone::parse("Europe/Berlin").expect("a zone"),
        }
    }

    fn uuid_of(n: u32) -> String {
        format!("01900000-0000-7000-8000-{n:012}")
    }

    #[test]
    fn everybody_starts_where_their_work_is() {
        assert_eq!(Area::home(&access(Role::Operator)), Area::Work);
        assert_eq!(Area::home(&access(Role::Supervisor)), Area::Board);
        assert_eq!(Area::home(&access(Role::Planner)), Area::Board);
        assert_eq!(Area::home(&access(Role::Warehouse)), Area::Stock);
        assert_eq!(Area::home(&access(Role::Viewer)), Area::Orders);
        assert_eq!(Area::home(&access(Role::Unknown)), Area::Settings);
    }

    #[test]
    fn an_operator_without_a_station_chooses_one_first() {
        assert_eq!(Area::Work.route(&access(Role::Operator)), Route::Stations {});
    }

    #[test]
    fn an_operator_has_no_list_of_exceptions_to_close() {
        assert!(!Area::Exceptions.is_open_to(&access(Role::Operator)));
        assert!(Area::Exceptions.is_open_to(&access(Role::Warehouse)));
    }

    #[test]
    fn an_address_leads_back_to_its_screen() {
        let order: WorkOrderId = uuid_of(7).parse().expect("an id");
        for route in [
            Route::Home {},
            Route::Board {},
            Route::Now { order, operation: 20 },
            Route::OrderOf { order },
            Route::NotFound { path: vec!["no".to_owned(), "where".to_owned()] },
        ] {
            assert_eq!(route.to_string().parse::<Route>().expect("an address"), route);
        }
    }
}
