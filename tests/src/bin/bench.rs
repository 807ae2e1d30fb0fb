//! `./dev bench`: measures against the budgets.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use e2e::bench::{self, Row, Selection};

/// Measures against the budgets. Progress goes to standard error.
///
/// Exit codes: 0 everything was measured, also where a budget was missed; 1 something could not be
/// measured; 2 wrong use.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    /// Rows to measure, or what their names begin with; all when nothing is named.
    names: Vec<String>,
    /// Measure so often, and give the median of each row.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=25))]
    runs: u8,
    /// Print one JSON array, and nothing else, on standard output.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let selection = match Selection::of(&arguments.names) {
        Ok(selection) => selection,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}")?;
            return Ok(ExitCode::from(2));
        }
    };
    // Dropped when somebody interrupts it, and with it servers, browsers and their files.
    let outcome = tokio::select! {
        outcome = bench::run(&selection, arguments.runs.into()) => outcome,
        _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(130)),
    };
    let mut out = std::io::stdout();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&outcome.rows)?)?;
    } else {
        write!(out, "{}", table(&outcome.rows))?;
    }
    Ok(if outcome.is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(rows: &[Row]) -> String {
    let line = |name: &str, value: &str, budget: &str, unit: &str, verdict: &str| {
        format!("{name:<22}{value:>12}{budget:>10} {unit:<4}{verdict}\n")
    };
    let mut table = line("", "measured", "budget", "", "");
    for Row { name, value, unit, budget, pass, reason, .. } in rows {
        let verdict = match reason {
            Some(reason) => format!("missed: {reason}"),
            None if *pass => "ok".to_owned(),
            None => "missed".to_owned(),
        };
        table.push_str(&line(name, &value.to_string(), &budget.to_string(), unit, &verdict));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_columns() {
        let row = |name, value, unit, budget, pass, reason: Option<&str>| Row {
            name,
            value,
            runs: vec![value],
            unit,
            budget,
            pass,
            reason: reason.map(str::to_owned),
        };
        let rows = [
            row("relay-p50", 3.214, "ms", 4.0, true, None),
            row("relay-p99", 21.0, "ms", 20.0, false, None),
            row("reconnect-bytes", 941.0, "B", 300.0, false, Some("the upgrade")),
        ];
        let expected = "                          measured    budget     \n\
                        relay-p50                    3.214         4 ms  ok\n\
                        relay-p99                       21        20 ms  missed\n\
                        reconnect-bytes                941       300 B   missed: the upgrade\n";
        assert_eq!(table(&rows), expected);
    }
}
