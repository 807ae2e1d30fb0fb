//! `query`: a view as JSON.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};
use shared_model::host::Query;

use crate::args::{self, WrongUse};
use crate::output::Output;

pub async fn run(data: &Path, query: &args::Query, output: Output) -> Result<()> {
    let query = parsed(&query.view, &query.arguments)?;
    let host = super::open(data, false)?;
    output.document(&super::raw_view(&host, query).await?)?;
    host.close().await;
    Ok(())
}

/// The query of a name, with what was not said filled in as a screen would at first.
fn parsed(view: &str, arguments: &str) -> Result<Query, WrongUse> {
    let view = view.replace('-', "_");
    let said: Map<String, Value> = serde_json::from_str(arguments)
        .map_err(|error| WrongUse(format!("the arguments are not a JSON object: {error}")))?;
    let mut whole = defaults(&view);
    if let Value::Object(whole) = &mut whole {
        whole.insert("query".to_owned(), view.clone().into());
        whole.extend(said);
    }
    serde_json::from_value(whole).map_err(|error| WrongUse(format!("{view}: {error}")))
}

fn defaults(view: &str) -> Value {
    match view {
        "now" => json!({ "operation": null }),
        "work_orders" => json!({ "search": "", "stages": [], "sort": "due", "after": null, "limit": 50 }),
        "order_board" => json!({ "search": "", "limit": 50 }),
        "stock" => json!({ "search": "", "location": null, "after": null, "limit": 50 }),
        "movements" => json!({ "material": null, "location": null, "after": null, "limit": 50 }),
        "exceptions" => json!({ "include_closed": false }),
        "materials" => json!({ "search": "", "limit": 50 }),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_without_a_subject_needs_no_arguments() {
        for view in [
            "stations",
            "work-orders",
            "order_board",
            "stock",
            "movements",
            "exceptions",
            "outbox",
            "sync_state",
            "materials",
            "people",
            "locations",
        ] {
            assert!(parsed(view, "{}").is_ok(), "{view}: {:?}", parsed(view, "{}"));
        }
    }

    #[test]
    fn what_is_said_counts_and_what_is_missing_is_named() {
        let said = parsed("stock", r#"{"search": "lamp"}"#).expect("a query");
        assert!(matches!(said, Query::Stock(stock) if stock.search == "lamp" && stock.limit == 50));
        let missing = parsed("order_of", "{}").expect_err("no order").to_string();
        assert!(missing.contains("missing field `order`"), "{missing}");
        let unknown = parsed("weather", "{}").expect_err("no such view").to_string();
        assert!(unknown.contains("stations"), "{unknown}");
    }
}
