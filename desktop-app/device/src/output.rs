//! What is printed: JSON for machines, a line for people. Errors go to standard error.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;
use shared_model::host::HostError;

#[derive(Clone, Copy)]
pub struct Output {
    pub is_json: bool,
}

impl Output {
    /// A result: the value, or the sentence that says the same.
    pub fn result(self, value: &impl Serialize, sentence: &str) -> io::Result<()> {
        if self.is_json { self.line(value) } else { writeln!(io::stdout(), "{sentence}") }
    }

    /// JSON in one line, at once: whoever reads waits for it.
    pub fn line(self, value: &impl Serialize) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, value)?;
        writeln!(out)?;
        out.flush()
    }

    /// JSON for a person to read, unless a machine asked.
    pub fn document(self, value: &impl Serialize) -> io::Result<()> {
        if self.is_json {
            return self.line(value);
        }
        let mut out = io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, value)?;
        writeln!(out)
    }

    pub fn error(self, error: &anyhow::Error) {
        // There is nobody left to tell where this fails.
        let _ = match (self.is_json, error.downcast_ref::<HostError>()) {
            (true, host) => {
                let error = json!({ "message": format!("{error:#}"), "problem": host });
                writeln!(io::stderr(), "{error}")
            }
            (false, _) => writeln!(io::stderr(), "error: {error:#}"),
        };
    }
}
