//! `do`: commands from standard input, as they come.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use replica::native::Host;
use serde_json::{Value, json};
use shared_model::command::Command;
use shared_model::host::{HostError, Reply, Request};
use shared_model::refusal::Refusal;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use super::sync;
use crate::args::Do;
use crate::output::Output;

/// Whether all were saved.
pub async fn run(data: &Path, perform: &Do, output: Output) -> Result<bool> {
    let host = super::open(data, perform.sync)?;
    let mut lines = BufReader::new(stdin()).lines();
    let mut is_all_saved = true;
    while let Some(line) = lines.next_line().await? {
        if line.trim().is_empty() {
            continue;
        }
        let outcome = saved(&host, &line).await;
        is_all_saved &= outcome.is_ok();
        output.line(&match outcome {
            Ok(reply) => reply,
            Err(error) => json!({ "error": error, "message": error.to_string() }),
        })?;
    }
    if perform.sync {
        sync::until_done(&host, Duration::from_secs(perform.timeout)).await?;
    }
    host.close().await;
    Ok(is_all_saved)
}

async fn saved(host: &Host, line: &str) -> Result<Value, HostError> {
    let reply = host.call(Request::Command(command(line)?)).await?;
    match reply {
        Reply::Saved(saved) => Ok(json!({ "saved": saved })),
        other => Err(HostError::Internal { message: format!("the replica answered {other:?}") }),
    }
}

fn command(line: &str) -> Result<Command, Refusal> {
    let malformed = |error: serde_json::Error| Refusal::Malformed { problem: error.to_string() };
    let mut value: Value = serde_json::from_str(line).map_err(malformed)?;
    // A new order gets its id on the device; nobody who writes a script has one.
    if value["command"] == "create_work_order" && value["id"].is_null() {
        value["id"] = json!("00000000-0000-0000-0000-000000000000");
    }
    match serde_json::from_value(value).map_err(malformed)? {
        Command::Unknown => Err(Refusal::Malformed { problem: "there is no such command".to_owned() }),
        command => Ok(command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_need_not_name_the_order_that_it_makes() {
        let line = r#"{"command": "create_work_order", "material": "00000000-0000-7000-8000-000000000001", "quantity": "5"}"#;
        assert!(matches!(command(line), Ok(Command::CreateWorkOrder(new)) if new.id.uuid().is_nil()));
    }

    #[test]
    fn a_line_that_is_no_command_says_why() {
        for (line, part) in [
            ("", "EOF"),
            ("{\"command\": \"fly\"}", "no such command"),
            ("{\"command\": \"resume_work_order\"}", "missing field `order`"),
        ] {
            let refusal = command(line).expect_err("not a command").to_string();
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}
