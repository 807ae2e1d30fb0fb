//! Where the programs are: as `./dev` says, else beside this test.

use std::path::PathBuf;

use anyhow::Context;

/// # Errors
/// When the program was not built.
pub fn server() -> anyhow::Result<PathBuf> {
    find("UNISON_SERVER_BIN", "unison-server")
}

/// # Errors
/// When the program was not built.
pub fn device() -> anyhow::Result<PathBuf> {
    find("UNISON_DEVICE_BIN", "unison-device")
}

/// # Errors
/// When the program was not built.
pub fn desktop() -> anyhow::Result<PathBuf> {
    find("UNISON_DESKTOP_BIN", "unison-desktop")
}

/// The directory of the web bundle.
///
/// # Errors
/// When nobody said where it is.
pub fn web_bundle() -> anyhow::Result<PathBuf> {
    let bundle = std::env::var_os("UNISON_WEB_BUNDLE").map(PathBuf::from);
    bundle.context("UNISON_WEB_BUNDLE does not say where the web bundle is; ./dev test sets it")
}

/// The tauri-driver.
#[must_use]
pub fn tauri_driver() -> PathBuf {
    named("UNISON_TAURI_DRIVER").unwrap_or_else(|| "tauri-driver".into())
}

#[must_use]
pub fn chrome() -> PathBuf {
    named("UNISON_CHROME").unwrap_or_else(|| "/usr/bin/chromium".into())
}

#[must_use]
pub fn chromedriver() -> PathBuf {
    named("UNISON_CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into())
}

/// Debian's package has it where only root looks.
#[must_use]
pub fn nats_server() -> PathBuf {
    let debian = || Some(PathBuf::from("/usr/sbin/nats-server")).filter(|path| path.is_file());
    named("UNISON_NATS_SERVER").or_else(debian).unwrap_or_else(|| "nats-server".into())
}

/// A path that a variable names; an empty variable names none.
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn find(variable: &str, name: &str) -> anyhow::Result<PathBuf> {
    if let Some(path) = named(variable) {
        return Ok(path);
    }
    // target/debug/deps/this-test, or target/debug/this-program.
    let me = std::env::current_exe()?;
    let beside =
        me.ancestors().skip(1).take(2).map(|directory| directory.join(name)).find(|path| path.is_file());
    beside.with_context(|| format!("{name} was not built: cargo build --bin {name}, or ./dev test"))
}
