//! Good and scrap in one submit: digits, a reason where there is scrap, Save.

use dioxus::prelude::*;
use shared_model::host::{QueueRow, ReasonChoice};
use shared_model::production::ProductionReport;

use super::form::{Cause, Problem, ReportForm, Slot};
use super::row::operation_title;
use crate::components::{
    Button, ButtonSize, ButtonVariant, Icon, IconName, NumberField, NumberPad, NumberTone, ReasonTile,
    ReasonTiles, Sheet, TextField,
};
use crate::screens::format;
use crate::t;

/// The tile for "don't know yet".
const UNKNOWN: &str = "unknown";
/// Digits after the point where a unit is not counted.
const DECIMALS: usize = 3;

#[component]
pub fn ReportSheet(
    open: bool,
    row: QueueRow,
    reasons: Vec<ReasonChoice>,
    /// What was entered before and is to be changed.
    entered: Option<ProductionReport>,
    /// Why the last save did not happen; what was typed is still there.
    error: Option<String>,
    busy: bool,
    on_save: EventHandler<ProductionReport>,
    on_close: EventHandler<()>,
) -> Element {
    let subtitle = format!("{} · {} · {}", row.number, operation_title(&row), row.material_name);
    rsx! {
        Sheet { open, on_close, title: t!("report-title"), subtitle,
            ReportBody { row, reasons, entered, error, busy, on_save }
        }
    }
}

/// Mounted while the sheet is open: every new report starts empty.
#[component]
fn ReportBody(
    row: QueueRow,
    reasons: Vec<ReasonChoice>,
    entered: Option<ProductionReport>,
    error: Option<String>,
    busy: bool,
    on_save: EventHandler<ProductionReport>,
) -> Element {
    let mut form = use_signal(|| entered.as_ref().map(ReportForm::of).unwrap_or_default());
    let mut shows_more = use_signal(|| form.peek().has_more());
    let mut problem = use_signal(|| None::<Problem>);
    let operation = (row.operation != 0).then_some(row.operation);
    let save = use_callback(move |()| {
        if busy {
            return;
        }
        match form.peek().report(operation) {
            Ok(report) => {
                problem.set(None);
                on_save.call(report);
            }
            Err(why) => problem.set(Some(why)),
        }
    });
    let mut select = move |slot: Slot| {
        if form.peek().slot != slot {
            form.write().slot = slot;
        }
    };
    let typed = form();
    let over = typed.over(row.output.good, row.ordered);
    let told = error.or_else(|| problem().map(problem_words));
    let unit = row.unit.clone();
    let decimals = if format::is_counted(&unit) { 0 } else { DECIMALS };
    rsx! {
        div { class: "report",
            NumberPad {
                value: typed.value(typed.slot).to_owned(),
                field: typed.slot.name(),
                decimals,
                on_change: move |text| {
                    form.write().type_in(text);
                    problem.set(None);
                },
                on_enter: move |()| save.call(()),
                div { class: "report__entry",
                    div { class: "report__fields",
                        div { class: "report__field", onfocusin: move |_| select(Slot::Good),
                            NumberField {
                                label: t!("report-good"),
                                name: "report-good",
                                tone: NumberTone::Good,
                                unit: unit.clone(),
                                value: typed.good.clone(),
                                selected: typed.slot == Slot::Good,
                                on_select: move |()| select(Slot::Good),
                            }
                        }
                        div { class: "report__field", onfocusin: move |_| select(Slot::Scrap),
                            NumberField {
                                label: t!("report-scrap"),
                                name: "report-scrap",
                                tone: NumberTone::Scrap,
                                unit: unit.clone(),
                                value: typed.scrap.clone(),
                                selected: typed.slot == Slot::Scrap,
                                on_select: move |()| select(Slot::Scrap),
                            }
                        }
                        if shows_more() {
                            div { class: "report__field", onfocusin: move |_| select(Slot::Rework),
                                NumberField {
                                    label: t!("report-rework"),
                                    name: "report-rework",
                                    tone: NumberTone::Rework,
                                    unit: unit.clone(),
                                    value: typed.rework.clone(),
                                    selected: typed.slot == Slot::Rework,
                                    on_select: move |()| select(Slot::Rework),
                                }
                            }
                        }
                    }
                    if typed.has_scrap() {
                        div { class: "report__reasons", "data-missing": (problem() == Some(Problem::ScrapWithoutCause)).then_some("true"),
                            ReasonTiles {
                                label: t!("report-why"),
                                tiles: tiles(&reasons),
                                selected: typed.cause.map(|cause| tile_of(cause, &reasons)),
                                on_select: move |id: String| {
                                    form.write().cause = Some(cause_of(&id, &reasons));
                                    problem.set(None);
                                },
                            }
                        }
                    }
                    if shows_more() {
                        TextField {
                            label: t!("report-lot"),
                            name: "report-lot",
                            hint: t!("report-lot-hint"),
                            value: typed.lot.clone(),
                            maxlength: 50,
                            autocomplete: "off",
                            on_input: move |text| form.write().lot = text,
                            on_enter: move |()| save.call(()),
                        }
                    }
                    div { class: "report__notes",
                        if let Some(over) = over {
                            p { class: "report__over", role: "status", "data-testid": "report-over",
                                Icon { name: IconName::Alert }
                                span {
                                    {t!("report-over", over = format::quantity(over, &unit), ordered = format::quantity(row.ordered, &unit))}
                                }
                            }
                        }
                        if let Some(text) = told {
                            p { class: "report__error", role: "alert", "data-testid": "report-error",
                                Icon { name: IconName::Block }
                                span { {text} }
                            }
                        }
                    }
                    div { class: "report__actions",
                        Button {
                            size: ButtonSize::Large,
                            icon: if shows_more() { IconName::Minus } else { IconName::Plus },
                            pressed: shows_more(),
                            "data-testid": "report-more",
                            onclick: move |_| shows_more.toggle(),
                            {t!("report-more")}
                        }
                        Button {
                            variant: ButtonVariant::Primary,
                            size: ButtonSize::Dock,
                            icon: IconName::Check,
                            key_hint: "Enter",
                            busy,
                            "data-testid": "report-save",
                            onclick: move |_| save.call(()),
                            {t!("report-save")}
                        }
                    }
                }
            }
        }
    }
}

fn problem_words(problem: Problem) -> String {
    match problem {
        Problem::Nothing => t!("report-nothing"),
        Problem::ScrapWithoutCause => t!("report-no-cause"),
        Problem::NotANumber => t!("report-not-a-number"),
        Problem::Lot => t!("report-bad-lot"),
    }
}

/// "Don't know yet" is a reason among the others, so that nobody invents one.
pub fn tiles(reasons: &[ReasonChoice]) -> Vec<ReasonTile> {
    let unknown = ReasonTile::new(UNKNOWN, t!("reason-unknown")).with_icon(IconName::Info);
    reasons.iter().map(tile).chain([unknown]).collect()
}

pub fn tile(reason: &ReasonChoice) -> ReasonTile {
    let tile = ReasonTile::new(&reason.code, &reason.name);
    match reason.icon.as_deref().and_then(icon_named) {
        Some(icon) => tile.with_icon(icon),
        None => tile,
    }
}

/// Pictures of reasons are named in the plant's data: "wrench", "scrap".
fn icon_named(name: &str) -> Option<IconName> {
    let plain = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    IconName::ALL.iter().copied().find(|icon| plain(&format!("{icon:?}")) == plain(name))
}

fn tile_of(cause: Cause, reasons: &[ReasonChoice]) -> String {
    let known = match cause {
        Cause::Unknown => None,
        Cause::Known(id) => reasons.iter().find(|reason| reason.id == id).map(|reason| reason.code.clone()),
    };
    known.unwrap_or_else(|| UNKNOWN.to_owned())
}

fn cause_of(tile: &str, reasons: &[ReasonChoice]) -> Cause {
    reasons.iter().find(|reason| reason.code == tile).map_or(Cause::Unknown, |reason| Cause::Known(reason.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::sample;
    use crate::testing::html;

    #[test]
    fn do_not_know_yet_is_the_last_tile_and_means_no_reason() {
        let reasons = sample::reasons();
        let tiles = tiles(&reasons);
        assert_eq!(tiles.last().map(|tile| tile.id.as_str()), Some(UNKNOWN));
        assert_eq!(cause_of(UNKNOWN, &reasons), Cause::Unknown);
        let known = cause_of(&reasons[0].code, &reasons);
        assert_eq!(tile_of(known, &reasons), reasons[0].code);
    }

    #[test]
    fn a_picture_is_found_by_its_plain_name() {
        assert_eq!(icon_named("check-circle"), Some(IconName::CheckCircle));
        assert_eq!(icon_named("unicorn"), None);
    }

    #[test]
    fn the_sheet_opens_at_good_with_no_reason_asked_for() {
        let markup = html(|| {
            rsx! {
                ReportSheet {
                    open: true,
                    row: sample::queue_row(),
                    reasons: sample::reasons(),
                    busy: false,
                    on_save: |_| {},
                    on_close: |()| {},
                }
            }
        });
        assert!(markup.contains(r#"data-testid="report-good""#), "{markup}");
        assert!(!markup.contains(r#"data-testid="reason-"#), "{markup}");
        assert!(!markup.contains(r#"data-testid="report-rework""#), "rework waits behind more: {markup}");
        assert!(!markup.contains("keypad-decimal"), "pieces are counted: {markup}");
    }
}
