#![expect(clippy::disallowed_methods, reason = "measures")]
use super::plant::*;
use crate::tables::*;
use std::time::Instant;

fn p50(name: &str, n: usize, mut f: impl FnMut()) {
    let mut times: Vec<f64> = (0..n)
        .map(|_| {
            let t = Instant::now();
            f();
            t.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{name}: p50 {:.3} p90 {:.2} max {:.2} ms", times[n / 2], times[n * 9 / 10], times[n - 1]);
}

#[test]
fn measure() {
    let (mut server, _) = floor();
    let mut ann = Device::new(3, SUE_SUPERVISOR);
    ann.sync(&mut server);
    p50("memory report 0-20", 20, || {
        ann.must(report(1, 10, 1, 0));
    });
    let (mut outbox, mut replica) = ann.replica.into_connections();
    let tx = replica.transaction().unwrap();
    let ox = outbox.transaction().unwrap();
    let mut doc = crate::pending::current_document(&ox, &tx, order(1)).unwrap().document;
    p50("load doc only", 20, || {
        document::load(&tx, order(1)).unwrap();
    });
    p50("current doc", 20, || {
        crate::pending::current_document(&ox, &tx, order(1)).unwrap();
    });
    p50("hydrate", 20, || {
        doc.order().unwrap();
    });
    let it = doc.order().unwrap().unwrap();
    p50("ledger", 20, || {
        fact::ledger(&tx, order(1)).unwrap();
    });
    let ledger = fact::ledger(&tx, order(1)).unwrap();
    let command = report(1, 10, 1, 0);
    p50("keys", 20, || {
        let _ = command.stock_keys(Some(&it), &ledger);
    });
    let keys = command.stock_keys(Some(&it), &ledger);
    p50("levels", 20, || {
        stock::levels(&tx, &keys).unwrap();
    });
    p50("put", 20, || {
        work_order::put(&tx, Layer::Pending, &it).unwrap();
    });
    p50("clock", 20, || {
        clock::replace(&tx, Layer::Pending, order(1), &fact::clocks(&tx, Layer::Pending, order(1)).unwrap())
            .unwrap();
    });
    p50("user", 20, || {
        record::user(&tx, id(SUE_SUPERVISOR)).unwrap();
    });
    p50("clone", 20, || {
        let _ = doc.clone();
    });
    p50("bytes", 20, || {
        let _ = doc.save();
    });
}
