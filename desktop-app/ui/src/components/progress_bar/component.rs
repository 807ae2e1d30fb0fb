use dioxus::prelude::*;

/// Shares of the bar in percent. With more made than ordered the bar is as long as what was made, and the
/// mark stands where the order ends.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    good: f64,
    pending: f64,
    over: f64,
    scrap: f64,
    /// Where the order ends; none when it ends with the bar.
    mark: Option<f64>,
}

impl Shares {
    fn of(done: f64, pending: f64, scrap: f64, ordered: f64) -> Self {
        let (done, scrap, ordered) = (done.max(0.0), scrap.max(0.0), ordered.max(0.0));
        let pending = pending.clamp(0.0, done);
        let whole = ordered.max(done + scrap);
        if whole <= 0.0 {
            return Shares { good: 0.0, pending: 0.0, over: 0.0, scrap: 0.0, mark: None };
        }
        let percent = |part: f64| part / whole * 100.0;
        let over = (done - ordered).max(0.0);
        let within = done - over;
        let pending = pending.min(within);
        Shares {
            good: percent(within - pending),
            pending: percent(pending),
            over: percent(over),
            scrap: percent(scrap),
            mark: (done > ordered && ordered > 0.0).then(|| percent(ordered)),
        }
    }
}

/// Only a picture of the numbers: they are floats here, and the digits beside it are not.
#[component]
pub fn ProgressBar(
    /// Good ones, the unsynced among them included.
    done: f64,
    ordered: f64,
    #[props(default)] scrap: f64,
    /// How many of `done` the server has not accepted yet.
    #[props(default)]
    pending: f64,
    /// What is measured: "Progress of WO-1042".
    label: String,
    /// The numbers as text: "48 of 120 good, 2 scrap".
    text: String,
    #[props(default)] large: bool,
) -> Element {
    let shares = Shares::of(done, pending, scrap, ordered);
    rsx! {
        div {
            class: "progress-bar",
            role: "progressbar",
            "data-large": large.then_some("true"),
            "data-over": shares.mark.is_some().then_some("true"),
            "aria-label": label,
            "aria-valuemin": "0",
            "aria-valuemax": "{ordered.max(done)}",
            "aria-valuenow": "{done}",
            "aria-valuetext": text,
            div { class: "progress-bar__track",
                span { class: "progress-bar__part", "data-part": "good", style: "width:{shares.good:.2}%" }
                span { class: "progress-bar__part", "data-part": "pending", style: "width:{shares.pending:.2}%" }
                span { class: "progress-bar__part", "data-part": "over", style: "width:{shares.over:.2}%" }
                span { class: "progress-bar__part", "data-part": "scrap", style: "width:{shares.scrap:.2}%" }
            }
            if let Some(mark) = shares.mark {
                span { class: "progress-bar__mark", style: "inset-inline-start:{mark:.2}%" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn parts_are_shares_of_the_order() {
        let shares = Shares::of(50.0, 10.0, 10.0, 100.0);
        assert_eq!(shares, Shares { good: 40.0, pending: 10.0, over: 0.0, scrap: 10.0, mark: None });
    }

    #[test]
    fn more_than_ordered_is_drawn_beyond_a_mark() {
        let shares = Shares::of(125.0, 0.0, 0.0, 100.0);
        assert_eq!(shares, Shares { good: 80.0, pending: 0.0, over: 20.0, scrap: 0.0, mark: Some(80.0) });
    }

    #[test]
    fn an_order_of_nothing_is_an_empty_bar() {
        assert_eq!(Shares::of(0.0, 0.0, 0.0, 0.0).good, 0.0);
    }

    #[test]
    fn the_numbers_are_read_as_text() {
        let markup = html(move || {
            rsx! {
                ProgressBar { done: 48.0, ordered: 120.0, label: "Progress", text: "48 of 120" }
            }
        });
        assert!(
            markup.contains(r#"role="progressbar""#) && markup.contains(r#"aria-valuetext="48 of 120""#),
            "{markup}"
        );
    }
}
