//! Markup of components, for their tests.

use std::cell::RefCell;
use std::rc::Rc;

use dioxus::prelude::*;

type Build = Box<dyn FnOnce() -> Element>;

#[derive(Clone, Props)]
struct StageProps {
    once: Rc<RefCell<Option<Build>>>,
}

impl PartialEq for StageProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.once, &other.once)
    }
}

/// The first markup of what `build` makes, inside a component of its own: handlers need one.
pub fn html(build: impl FnOnce() -> Element + 'static) -> String {
    #[component]
    fn Empty() -> Element {
        rsx! {}
    }
    fn stage(props: StageProps) -> Element {
        let build = props.once.take();
        build.map_or_else(|| rsx! { Empty {} }, |build| build())
    }
    let build: Build = Box::new(build);
    let mut dom = VirtualDom::new_with_props(stage, StageProps { once: Rc::new(RefCell::new(Some(build))) });
    dom.rebuild_in_place();
    dioxus_ssr::render(&dom)
}
