//! A device joins a plant with a one-time code.

use dioxus::prelude::*;
use shared_model::host::Request;

use super::{SetupError, SetupPage};
use crate::components::{Banner, BannerKind, Button, ButtonSize, ButtonVariant, TextField};
use crate::screens::words;
use crate::state::use_sessions;
use crate::{dom, t};

/// Codes are read out and typed with gloves: case, spaces and dashes do not matter.
pub fn tidy_code(typed: &str) -> String {
    typed.trim().to_uppercase()
}

#[component]
pub fn Enroll() -> Element {
    let sessions = use_sessions();
    let mut server = use_signal(String::new);
    let mut code = use_signal(String::new);
    let mut name = use_signal(String::new);
    let mut problem = use_signal(|| None::<String>);
    let mut is_busy = use_signal(|| false);
    let is_desktop = dom::is_desktop();
    let wiped = sessions.known().and_then(Result::ok).and_then(|session| session.wiped);
    let is_complete = !code.read().trim().is_empty()
        && !name.read().trim().is_empty()
        && (!is_desktop || !server.read().trim().is_empty());
    let submit = move |event: FormEvent| {
        event.prevent_default();
        if is_busy() || !is_complete {
            return;
        }
        is_busy.set(true);
        problem.set(None);
        let request = Request::Enroll {
            server: server.read().trim().to_owned(),
            code: tidy_code(&code.read()),
            name: name.read().trim().to_owned(),
        };
        spawn(async move {
            let outcome = sessions.change(request).await;
            is_busy.set(false);
            if let Err(error) = outcome {
                problem.set(Some(words::host_error(&error)));
            }
        });
    };
    rsx! {
        SetupPage { title: t!("enroll-title"), text: t!("enroll-text"),
            if let Some(wiped) = wiped {
                div { "data-testid": "wiped",
                    Banner {
                        kind: BannerKind::Refused,
                        title: t!("wiped-title", plant = wiped.plant.as_str()),
                        text: t!("wiped-text"),
                    }
                }
            }
            form { class: "setup__form", onsubmit: submit,
                if is_desktop {
                    TextField {
                        label: t!("enroll-server"),
                        name: "enroll-server",
                        value: server(),
                        placeholder: "https://unison.example.com",
                        autocomplete: "url",
                        required: true,
                        on_input: move |text| server.set(text),
                    }
                }
                TextField {
                    label: t!("enroll-code"),
                    name: "enroll-code",
                    hint: t!("enroll-code-hint"),
                    value: code(),
                    autocomplete: "one-time-code",
                    required: true,
                    on_input: move |text| code.set(text),
                }
                TextField {
                    label: t!("enroll-name"),
                    name: "enroll-name",
                    hint: t!("enroll-name-hint"),
                    value: name(),
                    autocomplete: "off",
                    maxlength: 50,
                    required: true,
                    on_input: move |text| name.set(text),
                }
                if let Some(text) = problem() {
                    SetupError { text }
                }
                Button {
                    variant: ButtonVariant::Primary,
                    size: ButtonSize::Dock,
                    submit: true,
                    busy: is_busy(),
                    disabled: !is_complete,
                    "data-testid": "enroll-submit",
                    {t!("enroll-submit")}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_as_it_was_read_out() {
        assert_eq!(tidy_code(" k7qm-2xr4 "), "K7QM-2XR4");
    }
}
