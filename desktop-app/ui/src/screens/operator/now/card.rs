//! What is being made, in digits that are read from a step away.

use dioxus::prelude::*;
use shared_model::host::{Clock as LaborClock, NowCard, OperationRow};
use shared_model::quantity::Amount;
use shared_model::time::Timestamp;

use crate::components::{Avatar, Icon, IconName, ProgressBar, StateBadge, SyncMark, SyncState};
use crate::screens::operator::row::{badge, badge_word, material_title};
use crate::screens::{format, words};
use crate::state::{use_access, use_clock};
use crate::t;

#[component]
pub fn JobCard(card: NowCard) -> Element {
    let row = card.row;
    let (access, clock) = (use_access(), use_clock());
    let zone = access.zone.clone();
    let today = use_memo(move || zone.date(clock.now()));
    let mark = words::sync_state(row.mark);
    let left = row.ordered.minus(row.output.good);
    let due = row.due_on.map(|date| (format::date(date, today()), format::due(date, today())));
    rsx! {
        section { class: "job",
            header { class: "job__head",
                div { class: "job__titles",
                    p { class: "job__number", "data-testid": "now-order", {row.number.clone()} }
                    h1 { class: "job__title",
                        if row.operation != 0 {
                            span { class: "job__operation-number", "{row.operation}" }
                        }
                        {row.operation_name.clone()}
                    }
                    p { class: "job__material", {material_title(&row)} }
                }
                div { class: "job__states",
                    StateBadge { state: badge(&row), label: badge_word(&row), large: true }
                    if mark != SyncState::Accepted {
                        SyncMark { state: mark }
                    }
                    if let Some((date, due)) = due {
                        p { class: "job__due", "data-late": row.is_late.then_some("true"),
                            Icon { name: if row.is_late { IconName::Alert } else { IconName::Calendar } }
                            span { "{due} · {date}" }
                        }
                    }
                }
            }
            div { class: "job__figures",
                p { class: "job__done",
                    span { class: "job__good", "data-testid": "now-good", "data-value": "{row.output.good}", {format::amount(row.output.good)} }
                    span { class: "job__of", " / " }
                    span { class: "job__ordered", "data-testid": "now-ordered", "data-value": "{row.ordered}", {format::amount(row.ordered)} }
                    span { class: "job__unit", {row.unit.clone()} }
                }
                dl { class: "job__facts",
                    Figure { label: t!("now-left"), value: format::amount(left.max(Amount::ZERO)) }
                    Figure { label: t!("now-scrap"), value: format::amount(row.output.scrap), testid: "now-scrap", plain: row.output.scrap.to_string(), is_scrap: row.output.scrap.is_positive() }
                    if row.output.rework.is_positive() {
                        Figure { label: t!("now-rework"), value: format::amount(row.output.rework) }
                    }
                    RunningTime { clocks: card.clocks.clone(), labor_millis: card.labor_millis }
                }
            }
            ProgressBar {
                done: format::share(row.output.good),
                ordered: format::share(row.ordered),
                scrap: format::share(row.output.scrap),
                label: t!("progress-of", number = row.number.as_str()),
                text: t!("done-of", done = format::amount(row.output.good), ordered = format::quantity(row.ordered, &row.unit)),
                large: true,
            }
            if !card.clocks.is_empty() {
                ul { class: "job__people", "aria-label": t!("now-people"),
                    for person in card.clocks {
                        li { key: "{person.user}", class: "job__person",
                            Avatar { name: person.name.clone(), active: true }
                            {person.name.clone()}
                        }
                    }
                }
            }
            Steps { operations: card.operations, current: row.operation, instructions: card.instructions }
        }
    }
}

#[component]
fn Figure(
    label: String,
    value: String,
    testid: Option<String>,
    plain: Option<String>,
    #[props(default)] is_scrap: bool,
) -> Element {
    rsx! {
        div { class: "job__fact", "data-scrap": is_scrap.then_some("true"),
            dt { {label} }
            dd { "data-testid": testid, "data-value": plain, {value} }
        }
    }
}

/// The time on this job: all finished stints and those that run.
pub fn total_millis(clocks: &[LaborClock], labor_millis: i64, now: Timestamp) -> i64 {
    clocks.iter().map(|clock| now.millis_since(clock.since).max(0)).sum::<i64>() + labor_millis
}

/// The only part that renders every second.
#[component]
fn RunningTime(clocks: Vec<LaborClock>, labor_millis: i64) -> Element {
    let clock = use_clock();
    let is_running = !clocks.is_empty();
    let now = if is_running { clock.now() } else { clock.peek() };
    let total = total_millis(&clocks, labor_millis, now);
    rsx! {
        div { class: "job__fact", "data-running": is_running.then_some("true"),
            dt { {t!("now-time")} }
            dd { "data-testid": "now-running", {format::running(total)} }
        }
    }
}

#[component]
fn Steps(operations: Vec<OperationRow>, current: u32, instructions: String) -> Element {
    rsx! {
        ol { class: "steps", "aria-label": t!("now-steps"),
            for step in operations {
                li {
                    key: "{step.number}",
                    class: "steps__step",
                    "aria-current": (step.number == current).then_some("step"),
                    div { class: "steps__line",
                        span { class: "steps__number", "{step.number}" }
                        span { class: "steps__name", {step.name.clone()} }
                        span { class: "steps__place", {step.work_center_code.clone()} }
                        span { class: "steps__made", {format::amount(step.output.good)} }
                        StateBadge {
                            state: words::operation_badge(step.state, !step.working.is_empty()),
                            label: words::operation_state(step.state, !step.working.is_empty()),
                        }
                    }
                    if step.number == current {
                        div { class: "steps__more",
                            if !instructions.is_empty() {
                                p { class: "steps__instructions", {instructions.clone()} }
                            }
                            p { class: "steps__plan",
                                {t!("now-plan", setup = format::minutes(step.setup_minutes), run = format::amount(step.run_minutes))}
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared_model::ids::UserId;

    use super::*;

    #[test]
    fn the_time_is_what_was_worked_and_what_runs() {
        let now = Timestamp::from_millis(10_000_000);
        let user: UserId = "01900000-0000-7000-8000-000000000001".parse().expect("an id");
        let clock = |ago: i64| LaborClock { user, name: "Olga".to_owned(), since: now.plus_millis(-ago) };
        assert_eq!(total_millis(&[clock(60_000), clock(30_000)], 10_000, now), 100_000);
        assert_eq!(
            total_millis(&[clock(-5_000)], 10_000, now),
            10_000,
            "a clock from the future counts nothing"
        );
    }
}
