//! Every screen with a canned replica, in each of its faces.

use std::rc::Rc;

use dioxus::core::NoOpMutations;
use dioxus::prelude::*;
use futures_util::FutureExt;

use crate::app::Page;
use crate::bridge::Host;

mod faces;

/// The markup of the application at an address, when all that can be answered is.
fn page_at(path: &str, host: Host) -> String {
    #[derive(Clone)]
    struct Stage {
        path: String,
        host: Host,
    }
    impl PartialEq for Stage {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }
    #[derive(Clone, PartialEq, Props)]
    struct StageProps {
        stage: Stage,
    }
    fn root(props: StageProps) -> Element {
        use_hook(|| {
            let history: Rc<dyn dioxus::history::History> =
                Rc::new(dioxus::history::MemoryHistory::with_initial_path(&props.stage.path));
            dioxus::history::provide_history_context(history);
        });
        rsx! { Page { host: props.stage.host.clone() } }
    }
    let stage = Stage { path: path.to_owned(), host };
    let mut dom = VirtualDom::new_with_props(root, StageProps { stage });
    dom.rebuild_in_place();
    // Work ends by itself: nothing sleeps in a test, and canned answers are there at once.
    for _ in 0..100 {
        if dom.wait_for_work().now_or_never().is_none() {
            break;
        }
        dom.render_immediate(&mut NoOpMutations);
    }
    dioxus_ssr::render(&dom)
}
