//! A person signs in on this device.

use dioxus::prelude::*;
use shared_model::host::Request;

use super::{SetupError, SetupPage};
use crate::components::{Button, ButtonSize, ButtonVariant, TextField, TextKind};
use crate::routes::Route;
use crate::screens::words;
use crate::state::use_sessions;
use crate::t;

#[component]
pub fn SignIn(plant: String) -> Element {
    let sessions = use_sessions();
    let navigator = use_navigator();
    let mut email = use_signal(String::new);
    let mut password = use_signal(String::new);
    let mut problem = use_signal(|| None::<String>);
    let mut is_busy = use_signal(|| false);
    let is_complete = !email.read().trim().is_empty() && !password.read().is_empty();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        if is_busy() || !is_complete {
            return;
        }
        is_busy.set(true);
        problem.set(None);
        let request = Request::SignIn { email: email.read().trim().to_owned(), password: password() };
        spawn(async move {
            match sessions.change(request).await {
                // The next person starts at their own work, not where the last one stood.
                Ok(_) => {
                    navigator.replace(Route::Home {});
                }
                Err(error) => {
                    is_busy.set(false);
                    problem.set(Some(words::host_error(&error)));
                }
            }
        });
    };
    rsx! {
        SetupPage { title: t!("sign-in-title"), text: plant,
            form { class: "setup__form", onsubmit: submit,
                TextField {
                    label: t!("sign-in-email"),
                    name: "sign-in-email",
                    kind: TextKind::Email,
                    value: email(),
                    autocomplete: "username",
                    required: true,
                    on_input: move |text| email.set(text),
                }
                TextField {
                    label: t!("sign-in-password"),
                    name: "sign-in-password",
                    kind: TextKind::Password,
                    value: password(),
                    autocomplete: "current-password",
                    required: true,
                    on_input: move |text| password.set(text),
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
                    "data-testid": "sign-in-submit",
                    {t!("sign-in-submit")}
                }
            }
        }
    }
}
