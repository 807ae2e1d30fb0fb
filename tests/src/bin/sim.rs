//! Simulated histories: `sim --seeds N [--from S] [--json]`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use e2e::sim::{Tally, simulate_all};

/// Lives seeded histories of one server and several devices in memory: partitions, lost
/// acknowledgements, duplicates, reordering, crashes between any two steps, wrong clocks.
#[derive(Parser)]
struct Arguments {
    /// How many histories.
    #[arg(long)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Tell all that happened in the histories that fail, and not only what concerns what is wrong.
    #[arg(long)]
    trace: bool,
    /// Print one line of JSON, and nothing else, on standard output.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let tally = simulate_all(arguments.from, arguments.seeds, arguments.trace, |outcome| {
        // Standard error: also with --json somebody wants to know why.
        let _ = writeln!(std::io::stderr(), "{}\n", outcome.report());
    });
    let mut out = std::io::stdout();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&tally)?)?;
    } else {
        summarize(&mut out, &tally)?;
    }
    Ok(if tally.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn summarize(out: &mut impl std::io::Write, tally: &Tally) -> anyhow::Result<()> {
    let Tally { seeds, steps, commands, refused_by_server, refused_by_device, rebased, .. } = tally;
    writeln!(out, "{seeds} histories, {steps} steps, {commands} commands")?;
    writeln!(
        out,
        "refused: {refused_by_server} by the server, {refused_by_device} by the device at once; {rebased} made anew"
    )?;
    for (title, counted) in
        [("faults", serde_json::to_value(tally.faults)?), ("decided", serde_json::to_value(tally.refusals)?)]
    {
        writeln!(out, "{title}:")?;
        for (what, count) in counted.as_object().into_iter().flatten() {
            writeln!(out, "  {count:>7} {}", what.replace('_', " "))?;
        }
    }
    writeln!(
        out,
        "no command waited longer than {} ms on a device that was connected",
        tally.longest_wait_millis
    )?;
    let Tally { failed, lost, duplicated, diverged, stuck, .. } = tally;
    writeln!(out, "lost {lost}, duplicated {duplicated}, diverged {diverged}, stuck {stuck}")?;
    if failed.is_empty() {
        writeln!(out, "no history failed")?;
    } else {
        writeln!(out, "failed: {failed:?}")?;
    }
    if !tally.missing.is_empty() {
        writeln!(out, "these did not come up: {}", tally.missing.join(", "))?;
    }
    Ok(())
}
