//! The files of the bundle on their way to disk: hashed names, placeholders, compressed copies, report.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The report beside the bundle; not part of it, never precached.
pub const REPORT: &str = "bundle.json";

#[derive(Default)]
pub struct Bundle {
    /// What is written, by file name.
    files: BTreeMap<String, Vec<u8>>,
    /// The name a file was added under → the name it is served under.
    hashed: BTreeMap<String, String>,
}

/// Bytes of one file, as it is and compressed.
struct Packed {
    name: String,
    plain: Vec<u8>,
    brotli: Vec<u8>,
    gzip: Vec<u8>,
}

impl Bundle {
    /// Adds a file whose served name carries a hash of its content.
    pub fn add_hashed(&mut self, name: &str, bytes: Vec<u8>) {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let served = format!("{stem}-{}.{extension}", digest(&bytes));
        self.hashed.insert(name.to_owned(), served.clone());
        self.files.insert(served, bytes);
    }

    /// Adds a file that is asked for by a fixed name.
    pub fn add_entry(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), bytes);
    }

    /// The served name of a file that was added under `name`.
    pub fn served(&self, name: &str) -> Result<&str> {
        match self.hashed.get(name) {
            Some(served) => Ok(served),
            None => bail!("{name} is not in the bundle"),
        }
    }

    /// Replaces each `{{name}}` with the path that file is served under.
    pub fn fill(&self, template: &str) -> Result<String> {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(start) = rest.find("{{") {
            let end = rest[start..]
                .find("}}")
                .with_context(|| format!("{{{{ without }}}} near {:.40}", &rest[start..]))?;
            filled.push_str(&rest[..start]);
            filled.push('/');
            filled.push_str(self.served(rest[start + 2..start + end].trim())?);
            rest = &rest[start + end + 2..];
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The served names so far.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// A hash over names and contents: two bundles with the same one are the same bundle.
    pub fn version(&self) -> String {
        let mut all = Vec::new();
        for (name, bytes) in &self.files {
            all.extend_from_slice(name.as_bytes());
            all.extend_from_slice(&Sha256::digest(bytes));
        }
        digest(&all)
    }

    /// Writes files, compressed copies and report, and puts them in place in one step.
    pub fn write(self, out: &Path) -> Result<()> {
        let version = self.version();
        let packed = pack(self.files);
        let staging = sibling(out, "new");
        remove(&staging)?;
        fs::create_dir_all(&staging)?;
        for file in &packed {
            let path = staging.join(&file.name);
            fs::write(&path, &file.plain)?;
            fs::write(with_suffix(&path, ".br"), &file.brotli)?;
            fs::write(with_suffix(&path, ".gz"), &file.gzip)?;
        }
        fs::write(staging.join(REPORT), report(&version, &packed)?)?;
        let previous = sibling(out, "old");
        remove(&previous)?;
        if out.exists() {
            fs::rename(out, &previous)?;
        }
        fs::rename(&staging, out).with_context(|| format!("writing {}", out.display()))?;
        remove(&previous)
    }
}

fn report(version: &str, packed: &[Packed]) -> Result<String> {
    let total = |size: fn(&Packed) -> usize| packed.iter().map(size).sum::<usize>();
    let files: Vec<_> = packed
        .iter()
        .map(|f| json!({"name": f.name, "bytes": f.plain.len(), "brotli": f.brotli.len(), "gzip": f.gzip.len()}))
        .collect();
    let totals = json!({
        "bytes": total(|f| f.plain.len()),
        "brotli": total(|f| f.brotli.len()),
        "gzip": total(|f| f.gzip.len()),
    });
    Ok(serde_json::to_string_pretty(&json!({"version": version, "total": totals, "files": files}))?)
}

/// Compresses on all cores: the best brotli level takes seconds for a wasm module.
fn pack(files: BTreeMap<String, Vec<u8>>) -> Vec<Packed> {
    let mut packed: Vec<Packed> = thread::scope(|scope| {
        let running: Vec<_> = files
            .into_iter()
            .map(|(name, plain)| {
                scope.spawn(move || Packed { brotli: brotli(&plain), gzip: gzip(&plain), name, plain })
            })
            .collect();
        running
            .into_iter()
            .map(|worker| worker.join().expect("compressing in memory does not panic"))
            .collect()
    });
    packed.sort_by(|a, b| a.name.cmp(&b.name));
    packed
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 24);
    writer.write_all(bytes).expect("a vector takes every byte");
    writer.into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes).expect("a vector takes every byte");
    writer.finish().expect("a vector takes every byte")
}

/// Twelve hex digits: enough that two contents of one file never share a name.
fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn sibling(out: &Path, what: &str) -> PathBuf {
    with_suffix(out, &format!(".{what}"))
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("removing {}", directory.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let mut bundle = Bundle::default();
        bundle.add_hashed("app.css", b"a{}".to_vec());
        bundle
    }

    #[test]
    fn a_changed_file_gets_another_name() {
        let mut changed = Bundle::default();
        changed.add_hashed("app.css", b"b{}".to_vec());
        assert_ne!(bundle().served("app.css").unwrap(), changed.served("app.css").unwrap());
        assert_ne!(bundle().version(), changed.version());
    }

    #[test]
    fn a_placeholder_becomes_the_served_path() {
        let filled = bundle().fill("<link href=\"{{app.css}}\"> {{ app.css }}").unwrap();
        let served = bundle().served("app.css").unwrap().to_owned();
        assert_eq!(filled, format!("<link href=\"/{served}\"> /{served}"));
    }

    #[test]
    fn a_placeholder_for_a_missing_file_is_an_error_that_names_it() {
        let error = bundle().fill("{{gone.js}}").unwrap_err();
        assert!(error.to_string().contains("gone.js"), "{error}");
    }

    #[test]
    fn every_file_is_written_with_copies_that_unpack_to_it() {
        use std::io::Read;
        let out = std::env::temp_dir().join(format!("unison-bundle-{}", std::process::id()));
        let mut bundle = bundle();
        let page = "unison ".repeat(200).into_bytes();
        bundle.add_entry("index.html", page.clone());
        bundle.write(&out).unwrap();
        assert_eq!(fs::read(out.join("index.html")).unwrap(), page);
        let mut unpacked = Vec::new();
        brotli::Decompressor::new(&*fs::read(out.join("index.html.br")).unwrap(), 4096)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, page);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*fs::read(out.join("index.html.gz")).unwrap())
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, page);
        let report: serde_json::Value = serde_json::from_slice(&fs::read(out.join(REPORT)).unwrap()).unwrap();
        assert_eq!(report["files"].as_array().unwrap().len(), 2);
        assert!(report["total"]["brotli"].as_u64().unwrap() < 200);
        fs::remove_dir_all(out).unwrap();
    }
}
