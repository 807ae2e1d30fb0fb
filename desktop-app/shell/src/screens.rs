//! The files of the screens, read from the web bundle in a directory. They are not compiled in: the
//! bundle is built for another target, and this crate builds without it.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use tauri::utils::assets::{AssetKey, AssetsIter, CspHash};
use tauri::{App, Assets, Manager, Runtime};

/// Shown where no bundle is found.
const MISSING: &str = include_str!("missing.html");
const ENTRY: &str = "index.html";

#[derive(Default)]
pub struct Screens {
    bundle: OnceLock<Option<PathBuf>>,
}

impl<R: Runtime> Assets<R> for Screens {
    fn setup(&self, app: &App<R>) {
        let found = find(app.path().resource_dir().ok().as_deref());
        match &found {
            Some(bundle) => tracing::info!(bundle = %bundle.display(), "the screens are here"),
            None => tracing::error!("there are no screens; set UNISON_WEB_BUNDLE to a web bundle"),
        }
        // It is set up once.
        let _ = self.bundle.set(found);
    }

    fn get(&self, key: &AssetKey) -> Option<Cow<'_, [u8]>> {
        let name = key.as_ref().trim_start_matches('/');
        match self.bundle.get().and_then(Option::as_deref) {
            Some(bundle) => read(bundle, name).map(Cow::Owned),
            None => (name == ENTRY).then_some(Cow::Borrowed(MISSING.as_bytes())),
        }
    }

    fn iter(&self) -> Box<AssetsIter<'_>> {
        // Only a bundler of its own would want them all.
        Box::new(std::iter::empty())
    }

    /// The page has no scripts inside.
    fn csp_hashes(&self, _html_path: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        Box::new(std::iter::empty())
    }
}

/// The bundle named by the environment; else the one beside the executable; else the one that was
/// installed with it.
fn find(resources: Option<&Path>) -> Option<PathBuf> {
    let named = std::env::var_os("UNISON_WEB_BUNDLE").filter(|it| !it.is_empty()).map(PathBuf::from);
    let beside = std::env::current_exe().ok().and_then(|it| Some(it.parent()?.join("web")));
    let installed = resources.map(|resources| resources.join("web"));
    [named, beside, installed].into_iter().flatten().find(|bundle| bundle.join(ENTRY).is_file())
}

/// A file of the bundle; none outside of it.
fn read(bundle: &Path, name: &str) -> Option<Vec<u8>> {
    let name = Path::new(name);
    let is_inside = name.components().all(|part| matches!(part, Component::Normal(_)));
    is_inside.then(|| std::fs::read(bundle.join(name)).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_bundle_are_served() {
        let root = tempfile::tempdir().expect("a directory");
        let bundle = root.path().join("web");
        std::fs::create_dir(&bundle).expect("a bundle");
        std::fs::write(bundle.join("ui.js"), "1").expect("a file");
        std::fs::write(root.path().join("secret"), "2").expect("a file");
        assert_eq!(read(&bundle, "ui.js").as_deref(), Some("1".as_bytes()));
        for name in ["../secret", "nothing.js", "", "/etc/hostname", "./../secret"] {
            assert_eq!(read(&bundle, name), None, "{name}");
        }
    }
}
