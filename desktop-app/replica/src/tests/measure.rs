#![expect(clippy::disallowed_methods, reason = "measures")]
use super::plant::*;
use shared_model::command::Command;
use shared_model::host::*;
use shared_model::number::NumberLease;
use shared_model::work_order::NewWorkOrder;
use std::time::Instant;

fn timed<T>(name: &str, f: impl FnOnce() -> T) -> T {
    let t = Instant::now();
    let r = f();
    println!("M {name}: {:.1} ms", t.elapsed().as_secs_f64() * 1000.0);
    r
}

#[test]
fn measure() {
    let (mut server, mut sue) = floor();
    sue.replica.keep(&NumberLease { prefix: "X-".into(), next: 1, end: 20_000 }).unwrap();
    timed("make 10000 orders (memory)", || {
        for n in 2..10_002u128 {
            let due = format!("2026-{:02}-{:02}", 1 + n % 12, 1 + n % 28);
            sue.must(Command::CreateWorkOrder(NewWorkOrder {
                due_on: due.parse().ok(),
                priority: (1 + n % 10) as u8,
                ..new_order(n, 50)
            }));
            if n % 3 != 0 {
                sue.must(release(n));
            }
        }
    });
    timed("push to toy", || {
        for e in sue.replica.unsent(0, 100_000).unwrap() {
            server.push(&e);
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let open = |n: &str| rusqlite::Connection::open(dir.path().join(n)).unwrap();
    let mut ann = Device::on(open("outbox.db"), open("replica.db"), 2, SUE_SUPERVISOR);
    println!("M feed {}", server.plant.len());
    timed("initial apply, 10k orders, file, batches of 500", || ann.pull_by(&server, 500));
    println!("M size {}", std::fs::metadata(dir.path().join("replica.db")).unwrap().len());
    let asked =
        WorkOrders { search: String::new(), stages: vec![], sort: OrderSort::Due, after: None, limit: 50 };
    let page = timed("WorkOrders due", || ann.ask(asked.clone()));
    timed("WorkOrders page 2", || ann.ask(WorkOrders { after: page.next.clone(), ..asked.clone() }));
    timed("WorkOrders newest", || ann.ask(WorkOrders { sort: OrderSort::Newest, ..asked.clone() }));
    timed("WorkOrders search", || ann.ask(WorkOrders { search: "order 77".into(), ..asked.clone() }));
    timed("Board", || ann.ask(OrderBoard { search: String::new(), limit: 20 }));
    timed("Stations", || ann.ask(Stations {}));
    let q = timed("QueueOf", || ann.replica.query(QueueOf { work_center: id(SAW) }.into(), ann.now).unwrap());
    println!("M queue rows {}", q["rows"].as_array().unwrap().len());
    timed("OrderOf", || ann.order(order(5)));
    timed("Stock", || ann.ask(Stock { search: String::new(), location: None, after: None, limit: 50 }));
    let mut times = Vec::new();
    for n in 0..1000u128 {
        let c = match n % 5 {
            0 => start(4 + n / 5 * 3, 10),
            4 => finish(4 + n / 5 * 3, 10),
            _ => report(4 + n / 5 * 3, 10, 1, 0),
        };
        let t = Instant::now();
        ann.must(c);
        times.push(t.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "M command p50 {:.2} p90 {:.2} p99 {:.2} max {:.2} ms",
        times[500], times[900], times[990], times[999]
    );
}
