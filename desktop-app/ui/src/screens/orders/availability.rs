//! Whether there is enough of everything that an order takes.

use dioxus::prelude::*;
use shared_model::host::{RequirementRow, Requirements, RequirementsOf};
use shared_model::ids::MaterialId;
use shared_model::quantity::Amount;

use crate::components::{Column, DataTable, Icon, IconName, LoadingShape, Row, cell_text};
use crate::screens::format;
use crate::screens::shell::unready;
use crate::state::{Face, use_view};
use crate::t;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// All there.
    Green,
    /// Some of everything, not enough of all.
    Yellow,
    /// Something is not there at all.
    Red,
}

impl Light {
    fn code(self) -> &'static str {
        match self {
            Light::Green => "green",
            Light::Yellow => "yellow",
            Light::Red => "red",
        }
    }

    fn icon(self) -> IconName {
        match self {
            Light::Green => IconName::CheckCircle,
            Light::Yellow => IconName::Alert,
            Light::Red => IconName::Block,
        }
    }

    fn words(self) -> String {
        match self {
            Light::Green => t!("availability-green"),
            Light::Yellow => t!("availability-yellow"),
            Light::Red => t!("availability-red"),
        }
    }
}

fn light_of(row: &RequirementRow) -> Light {
    if row.on_hand >= row.required {
        Light::Green
    } else if row.on_hand.is_positive() {
        Light::Yellow
    } else {
        Light::Red
    }
}

/// The worst of all lines. What needs nothing lacks nothing.
pub fn light(rows: &[RequirementRow]) -> Light {
    rows.iter().map(light_of).max().unwrap_or(Light::Green)
}

/// The traffic light and, under it, every line with what is missing.
#[component]
pub fn Availability(material: MaterialId, quantity: Amount) -> Element {
    let face = use_view(RequirementsOf { material, quantity });
    if let Some(other) = unready(&face, LoadingShape::Lines, 3) {
        return other;
    }
    let Face::Ready(requirements) = face else { return rsx! {} };
    rsx! { Lines { requirements } }
}

#[component]
fn Lines(requirements: Requirements) -> Element {
    let light = light(&requirements.rows);
    let columns = vec![
        Column::new("material", t!("column-material")),
        Column::new("required", t!("column-required")).number(),
        Column::new("on_hand", t!("column-on-hand")).number(),
        Column::new("missing", t!("column-missing")).number(),
    ];
    let rows = requirements
        .rows
        .iter()
        .map(|line| {
            let missing = line.required.minus(line.on_hand).max(Amount::ZERO);
            let missing =
                if missing.is_zero() { "–".to_owned() } else { format::quantity(missing, &line.unit) };
            let mut row = Row::new(
                line.material.to_string(),
                vec![
                    cell_text(format!("{} {}", line.number, line.name)),
                    cell_text(format::quantity(line.required, &line.unit)),
                    cell_text(format::quantity(line.on_hand, &line.unit)),
                    cell_text(missing),
                ],
            )
            .named(format!("requirement-{}", line.number));
            row.is_alarming = light_of(line) == Light::Red;
            row
        })
        .collect::<Vec<_>>();
    let is_empty = rows.is_empty();
    rsx! {
        div { class: "availability",
            if let Some(problem) = requirements.problem {
                p { class: "availability__light", "data-light": "red", "data-testid": "order-availability",
                    Icon { name: IconName::Block }
                    span { {t!("availability-broken", problem = problem)} }
                }
            } else {
                p { class: "availability__light", "data-light": light.code(), "data-testid": "order-availability",
                    Icon { name: light.icon() }
                    span { {if is_empty { t!("availability-nothing") } else { light.words() }} }
                }
            }
            if !is_empty {
                DataTable { label: t!("availability-label"), columns, rows }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(required: &str, on_hand: &str) -> RequirementRow {
        RequirementRow {
            material: "01900000-0000-7000-8000-000000000001".parse().expect("an id"),
            number: "R-1".to_owned(),
            name: "Resistor".to_owned(),
            required: required.parse().expect("an amount"),
            on_hand: on_hand.parse().expect("an amount"),
            unit: "pcs".to_owned(),
        }
    }

    #[test]
    fn the_light_is_that_of_the_worst_line() {
        assert_eq!(light(&[]), Light::Green);
        assert_eq!(light(&[line("10", "10"), line("5", "7")]), Light::Green);
        assert_eq!(light(&[line("10", "10"), line("5", "4")]), Light::Yellow);
        assert_eq!(light(&[line("10", "4"), line("5", "-1")]), Light::Red);
    }
}
