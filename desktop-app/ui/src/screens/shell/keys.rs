//! Keys that belong to no element: `/` to the search, Esc back, `?` the list of them.

use std::rc::Rc;

use dioxus::core::{Runtime, current_scope_id};
use dioxus::prelude::*;

use crate::dom::{self, KeyPress};
use crate::routes::Route;
use crate::state::{Panel, use_panels};

/// The id of a screen's search field.
pub const SEARCH_IDS: [&str; 2] = ["orders-search", "stock-search"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Search,
    Back,
    Shortcuts,
}

fn wish(press: &KeyPress) -> Option<Wish> {
    match press.key.as_str() {
        _ if press.is_modal => None,
        "Escape" => Some(Wish::Back),
        _ if press.is_text => None,
        "/" => Some(Wish::Search),
        "?" => Some(Wish::Shortcuts),
        _ => None,
    }
}

pub fn use_page_keys() {
    let navigator = use_navigator();
    let mut panels = use_panels();
    let router = router();
    use_hook(|| {
        let (runtime, scope) = (Runtime::current(), current_scope_id());
        let listener = dom::on_key(move |press| {
            let Some(wish) = wish(&press) else { return false };
            runtime.in_scope(scope, || match wish {
                Wish::Search => {
                    SEARCH_IDS.iter().for_each(|id| dom::focus(id));
                    true
                }
                Wish::Shortcuts => {
                    panels.open(Panel::Shortcuts);
                    true
                }
                Wish::Back => match router.current::<Route>().parent() {
                    Some(parent) => {
                        navigator.push(parent);
                        true
                    }
                    None => false,
                },
            })
        });
        Rc::new(listener)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str, is_text: bool, is_modal: bool) -> KeyPress {
        KeyPress { key: key.to_owned(), is_text, is_modal }
    }

    #[test]
    fn a_slash_searches_unless_it_is_text() {
        assert_eq!(wish(&press("/", false, false)), Some(Wish::Search));
        assert_eq!(wish(&press("/", true, false)), None);
    }

    #[test]
    fn escape_leaves_even_from_a_field_but_never_past_an_open_sheet() {
        assert_eq!(wish(&press("Escape", true, false)), Some(Wish::Back));
        assert_eq!(wish(&press("Escape", false, true)), None);
    }
}
