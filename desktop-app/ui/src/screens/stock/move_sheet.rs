//! Receive, issue, transfer, count: one form with the fields that each needs.

use dioxus::prelude::*;
use shared_model::host::{Locations, StockDetail, StockPlace};

use super::move_form::{MoveForm, MoveKind, Problem, nowhere};
use crate::components::{
    Button, ButtonVariant, Icon, IconName, Select, SelectOption, Sheet, SheetSide, TextField, TextKind,
};
use crate::screens::{format, words};
use crate::state::{use_acts, use_view};
use crate::t;

fn title(kind: MoveKind) -> String {
    match kind {
        MoveKind::Receive => t!("receive-title"),
        MoveKind::Issue => t!("issue-title"),
        MoveKind::Transfer => t!("transfer-title"),
        MoveKind::Adjust => t!("adjust-title"),
    }
}

#[component]
pub fn MoveSheet(detail: StockDetail, kind: Option<MoveKind>, on_close: EventHandler<()>) -> Element {
    let subtitle = format!("{} {}", detail.row.number, detail.row.name);
    rsx! {
        Sheet {
            open: kind.is_some(),
            on_close,
            title: kind.map(title).unwrap_or_default(),
            subtitle,
            side: SheetSide::Side,
            if let Some(kind) = kind {
                MoveBody { detail, kind, on_close }
            }
        }
    }
}

#[component]
fn MoveBody(detail: StockDetail, kind: MoveKind, on_close: EventHandler<()>) -> Element {
    let acts = use_acts();
    let locations = use_view(Locations {}).ready().unwrap_or_default();
    let places = if detail.places.is_empty() { vec![nowhere()] } else { detail.places.clone() };
    let only = (places.len() == 1).then_some(0);
    let mut form = use_signal(|| MoveForm { place: only, ..MoveForm::default() });
    let mut problem = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let material = detail.row.material;
    let typed = form();
    let known = places.clone();
    let save = move |event: FormEvent| {
        event.prevent_default();
        if busy() {
            return;
        }
        let command = match form.peek().command(kind, material, &known) {
            Ok(command) => command,
            Err(why) => {
                problem.set(Some(problem_words(why)));
                return;
            }
        };
        busy.set(true);
        problem.set(None);
        spawn(async move {
            let outcome = acts.submit(command, title(kind)).await;
            busy.set(false);
            match outcome {
                Ok(_) => on_close.call(()),
                Err(error) => problem.set(Some(words::host_error(&error))),
            }
        });
    };
    let location_options = locations
        .into_iter()
        .map(|place| SelectOption::new(place.id.to_string(), place.path))
        .collect::<Vec<_>>();
    let counted = typed
        .place
        .and_then(|at| places.get(at))
        .map(|place| format::quantity(place.on_hand, &detail.row.unit));
    let is_receive = kind == MoveKind::Receive;
    rsx! {
        form { class: "form", onsubmit: save,
            if !is_receive {
                Select {
                    label: t!("move-place"),
                    name: "move-place",
                    placeholder: t!("move-choose"),
                    value: typed.place.map(|at| at.to_string()).unwrap_or_default(),
                    options: place_options(&places, &detail.row.unit),
                    on_change: move |at: String| form.write().place = at.parse().ok(),
                }
            }
            if matches!(kind, MoveKind::Receive | MoveKind::Transfer) {
                Select {
                    label: t!("move-to"),
                    name: "move-to",
                    placeholder: t!("move-choose"),
                    value: typed.to.map(|id| id.to_string()).unwrap_or_default(),
                    options: location_options,
                    on_change: move |id: String| form.write().to = id.parse().ok(),
                }
            }
            TextField {
                label: if kind == MoveKind::Adjust { t!("move-counted", unit = detail.row.unit.as_str()) } else { t!("move-amount", unit = detail.row.unit.as_str()) },
                name: "move-amount",
                kind: TextKind::Decimal,
                value: typed.amount.clone(),
                hint: counted.map(|known| t!("move-known", amount = known)),
                required: true,
                on_input: move |text| form.write().amount = text,
            }
            if is_receive {
                TextField {
                    label: t!("move-lot"),
                    name: "move-lot",
                    value: typed.lot.clone(),
                    maxlength: 50,
                    on_input: move |text| form.write().lot = text,
                }
                TextField {
                    label: t!("move-reference"),
                    name: "move-reference",
                    hint: t!("move-reference-hint"),
                    value: typed.reference.clone(),
                    maxlength: 100,
                    on_input: move |text| form.write().reference = text,
                }
            }
            if matches!(kind, MoveKind::Issue | MoveKind::Adjust) {
                TextField {
                    label: if kind == MoveKind::Adjust { t!("move-reason") } else { t!("move-note") },
                    name: "move-note",
                    value: typed.note.clone(),
                    maxlength: 500,
                    required: kind == MoveKind::Adjust,
                    on_input: move |text| form.write().note = text,
                }
            }
            if let Some(text) = problem() {
                p { class: "form__error", role: "alert", "data-testid": "move-error",
                    Icon { name: IconName::Block }
                    span { {text} }
                }
            }
            div { class: "form__actions",
                Button {
                    variant: ButtonVariant::Primary,
                    submit: true,
                    busy: busy(),
                    "data-testid": "move-save",
                    {title(kind)}
                }
            }
        }
    }
}

fn problem_words(problem: Problem) -> String {
    match problem {
        Problem::Amount => t!("move-bad-amount"),
        Problem::Place => t!("move-no-place"),
        Problem::Lot => t!("report-bad-lot"),
        Problem::SamePlace => t!("refusal-same-location"),
        Problem::Reason => t!("refusal-reason-missing"),
        Problem::NoDifference => t!("move-no-difference"),
    }
}

/// "Store/A1 · lot L-1 · 120 pcs".
pub fn place_title(place: &StockPlace) -> String {
    let path = if place.location_path.is_empty() { t!("place-unnamed") } else { place.location_path.clone() };
    let lot = place.lot.as_ref().map(|lot| t!("place-lot", lot = lot.as_str()));
    let serial = place.serial.as_ref().map(|serial| t!("place-serial", serial = serial.as_str()));
    [Some(path), lot, serial].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn place_options(places: &[StockPlace], unit: &str) -> Vec<SelectOption> {
    let option = |(at, place): (usize, &StockPlace)| {
        let label = format!("{} · {}", place_title(place), format::quantity(place.on_hand, unit));
        SelectOption::new(at.to_string(), label)
    };
    places.iter().enumerate().map(option).collect()
}
