use serde_json::json;

use crate::http::floor::Plant;

#[tokio::test]
async fn stock_is_listed_by_material_and_lot_and_read_page_by_page() {
    let plant = Plant::start().await;
    for (material, lot, amount) in
        [(&plant.bolt, "L1", "100"), (&plant.bolt, "L2", "2.5"), (&plant.widget, "L1", "7")]
    {
        let key = json!({ "material": material, "lot": lot });
        let receipt = json!({ "command": "receive_stock", "key": key, "amount": amount });
        plant.command(&plant.supervisor, receipt).await.ok();
    }
    let get = |query: String| {
        let (plant, path) = (&plant, plant.path(&format!("stock?{query}")));
        async move { plant.server.get(&path, &plant.planner).await }
    };
    let bolts = get("q=bol".to_owned()).await.ok();
    assert_eq!(bolts["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(bolts["items"][1]["lot"], "L2");
    assert_eq!(bolts["items"][1]["on_hand"], "2.5");
    assert_eq!(bolts["items"][1]["status"], "ok");
    assert!(bolts["items"][1]["serial"].is_null());
    let widgets = get(format!("material={}", plant.widget)).await.ok();
    assert_eq!(widgets["items"].as_array().map(Vec::len), Some(1));
    let mut seen = 0;
    let mut after = String::new();
    loop {
        let page = get(format!("limit=1{after}")).await.ok();
        seen += page["items"].as_array().map_or(0, Vec::len);
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, 3);
    assert_eq!(get("after=bm9uc2Vuc2U".to_owned()).await.problem(), (400, "invalid_query"));
}

#[tokio::test]
async fn what_is_used_up_is_not_listed() {
    let plant = Plant::start().await;
    for command in ["receive_stock", "issue_stock"] {
        let body = json!({ "command": command, "key": { "material": plant.bolt }, "amount": "5" });
        plant.command(&plant.supervisor, body).await.ok();
    }
    let stock = plant.server.get(&plant.path("stock"), &plant.planner).await.ok();
    assert_eq!(stock["items"], json!([]));
}
