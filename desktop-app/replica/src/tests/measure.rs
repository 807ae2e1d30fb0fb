#![expect(clippy::disallowed_methods, reason = "measures")]
use super::plant::*;
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
    println!("{name}: p50 {:.2} p90 {:.2} max {:.2} ms", times[n / 2], times[n * 9 / 10], times[n - 1]);
}

#[test]
fn measure() {
    let (mut server, _) = floor();
    let dir = tempfile::tempdir().unwrap();
    let open = |n: &str| rusqlite::Connection::open(dir.path().join(n)).unwrap();
    let raw = open("raw.db");
    crate::connection::prepare_outbox(&raw).unwrap();
    raw.execute_batch("create table t (a text)").unwrap();
    p50("raw durable commit", 50, || {
        raw.execute("insert into t values (?1)", ["x".repeat(800)]).unwrap();
    });
    for kind in ["file", "memory"] {
        let mut ann = if kind == "file" {
            Device::on(open("outbox.db"), open("replica.db"), 2, SUE_SUPERVISOR)
        } else {
            Device::new(3, SUE_SUPERVISOR)
        };
        ann.sync(&mut server);
        p50(&format!("{kind} receive"), 20, || {
            ann.must(receive(1));
        });
        p50(&format!("{kind} report 0-20"), 20, || {
            ann.must(report(1, 10, 1, 0));
        });
        p50(&format!("{kind} report 20-60"), 40, || {
            ann.must(report(1, 10, 1, 0));
        });
        p50(&format!("{kind} receive"), 20, || {
            ann.must(receive(1));
        });
    }
}
