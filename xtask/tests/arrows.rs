//! The arrows between the crates (the map at the top of ARCHITECTURE.md), enforced.
//!
//! **Invariant:** the screens never see the replica, and server and client never see each other;
//! what they share is in `shared-model`.

use std::process::Command;

use serde_json::Value;

/// Which crates of this workspace a crate may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("shared-model", &[]),
    ("ui", &["shared-model"]),
    ("replica", &["shared-model"]),
    ("shell", &["shared-model", "replica"]),
    ("device", &["shared-model", "replica"]),
    ("sync-server", &["shared-model"]),
    ("e2e", &["shared-model", "replica", "sync-server", "device", "ui", "shell"]),
    ("xtask", &[]),
];

/// Every crate with the crates it uses, for whatever purpose: normal, test or build.
fn uses(metadata: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("cargo lists packages")
        .iter()
        .map(|package| {
            let used = package["dependencies"].as_array().expect("cargo lists dependencies");
            (text(&package["name"]), used.iter().map(|d| text(&d["name"])).collect())
        })
        .collect()
}

fn violations(uses: &[(String, Vec<String>)]) -> Vec<String> {
    let ours = |name: &str| uses.iter().any(|(own, _)| own == name);
    let mut wrong = Vec::new();
    for (from, used) in uses {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == from) else {
            wrong.push(format!("{from} has no row in ARROWS"));
            continue;
        };
        for to in used.iter().filter(|name| ours(name)) {
            if !allowed.contains(&to.as_str()) {
                wrong.push(format!("{from} → {to}"));
            }
        }
    }
    wrong
}

#[test]
fn no_crate_uses_one_that_it_must_not_know() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let uses = uses(&serde_json::from_slice(&output.stdout).unwrap());
    assert_eq!(uses.len(), ARROWS.len(), "a row of ARROWS is for a crate that is gone");
    assert_eq!(violations(&uses), Vec::<String>::new());
}

#[test]
fn a_screen_that_reaches_for_the_replica_is_caught() {
    let edge = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(ToString::to_string).collect());
    let uses = [edge("ui", &["serde", "replica"]), edge("replica", &["shared-model"]), edge("new", &[])];
    assert_eq!(violations(&uses), ["ui → replica", "new has no row in ARROWS"]);
}
