//! Standard output: results and nothing else. Logs and errors go to standard error.

use std::io::Write as _;

/// Prints a line. Whoever reads it may be gone: that is no reason to fail.
pub fn line(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints text that ends its lines itself.
pub fn text(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}
