//! Before the work: a device joins a plant, a person signs in, and what stands in the way of either.

use dioxus::prelude::*;

use crate::appearance::Density;
use crate::components::{Frame, Icon, IconName};
use crate::t;

mod enroll;
mod sign_in;
mod trouble;

pub use enroll::Enroll;
pub use sign_in::SignIn;
pub use trouble::{StorageProblem, Trouble};

/// One question in the middle of the page.
#[component]
fn SetupPage(title: String, text: Option<String>, children: Element) -> Element {
    rsx! {
        Frame { density: Density::Operator,
            div { class: "setup",
                p { class: "setup__product",
                    Icon { name: IconName::Factory }
                    {t!("product")}
                }
                section { class: "setup__card",
                    h1 { class: "setup__title", {title} }
                    if let Some(text) = text {
                        p { class: "setup__text", {text} }
                    }
                    {children}
                }
            }
        }
    }
}

/// Why it did not work, above the button that tries again.
#[component]
fn SetupError(text: String) -> Element {
    rsx! {
        p { class: "setup__error", role: "alert", "data-testid": "setup-error",
            Icon { name: IconName::Alert }
            span { {text} }
        }
    }
}
