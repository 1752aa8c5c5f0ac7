//! The size budget: what a visitor waits for, as it is sent with gzip.
//!
//! A page that grows by a kilobyte a week is slow after a year and nobody did it, so each figure has a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

use crate::workspace::Workspace;
use crate::{build, files};

/// A kilobyte here is 1,000 bytes.
const KB: usize = 1_000;

const WASM_LIMIT: usize = 150 * KB;
const FIT_WASM_LIMIT: usize = 110 * KB;
const EXPLAIN_WASM_LIMIT: usize = 40 * KB;
const FIRST_PAINT_LIMIT: usize = 80 * KB;
const LATER_LIMIT: usize = 130 * KB;
const MODEL_LIMIT: usize = 1_000 * KB;

/// One figure of the budget.
struct Figure {
    what: String,
    bytes: usize,
    limit: usize,
}

/// Prints each figure of the built page beside its limit; fails where one is above.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let figures = measure(workspace)?;
    for Figure { what, bytes, limit } in &figures {
        let mark = if bytes > limit { "  TOO LARGE" } else { "" };
        println!(
            "{what:<52} {:>7} of {:>7} KB{mark}",
            kilobytes(*bytes),
            kilobytes(*limit)
        );
    }
    let above = figures
        .iter()
        .filter(|figure| figure.bytes > figure.limit)
        .count();
    if above > 0 {
        bail!(
            "{above} of {} figures are above the size budget",
            figures.len()
        );
    }
    Ok(())
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / KB as f64)
}

fn measure(workspace: &Workspace) -> Result<Vec<Figure>> {
    let dist = workspace.dist();
    let metafile = serde_json::from_str(&files::read(&build::metafile(workspace)?)?)?;
    let mut first_paint = static_scripts(&metafile, "dist/app.js");
    first_paint.extend(["index.html", "app.css", "flowsieve.js"].map(str::to_owned));
    let mut later = BTreeSet::new();
    for extension in ["js", "css"] {
        for path in files::with_extension(&dist, extension)? {
            later.insert(name_of(&path));
        }
    }
    later.retain(|name| !first_paint.contains(name));

    let wasm = BTreeSet::from(["flowsieve.wasm".to_owned()]);
    let fit_wasm = BTreeSet::from(["flowsieve-fit.wasm".to_owned()]);
    let explain_wasm = BTreeSet::from(["flowsieve-explain.wasm".to_owned()]);
    let mut figures = vec![
        gzipped("wasm", &dist, &wasm, WASM_LIMIT)?,
        gzipped("wasm for fitting", &dist, &fit_wasm, FIT_WASM_LIMIT)?,
        gzipped(
            "wasm for explanations",
            &dist,
            &explain_wasm,
            EXPLAIN_WASM_LIMIT,
        )?,
        gzipped(
            "scripts and styles of the first paint",
            &dist,
            &first_paint,
            FIRST_PAINT_LIMIT,
        )?,
        gzipped("scripts loaded later", &dist, &later, LATER_LIMIT)?,
    ];
    for path in files::with_extension(&dist.join("models"), "sieve")? {
        let what = format!("model {}", name_of(&path));
        let bytes = path.metadata()?.len() as usize;
        figures.push(Figure {
            what,
            bytes,
            limit: MODEL_LIMIT,
        });
    }
    Ok(figures)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The sum of what each file takes as a static host would send it.
fn gzipped(what: &str, folder: &Path, names: &BTreeSet<String>, limit: usize) -> Result<Figure> {
    let mut bytes = 0;
    for name in names {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&files::read_bytes(&folder.join(name))?)?;
        bytes += encoder.finish()?.len();
    }
    Ok(Figure {
        what: format!("{what}, gzipped ({} files)", names.len()),
        bytes,
        limit,
    })
}

/// The part of esbuild's metafile that is read here.
#[derive(Deserialize)]
struct Metafile {
    outputs: BTreeMap<String, Output>,
}

#[derive(Deserialize)]
struct Output {
    imports: Vec<Import>,
}

#[derive(Deserialize)]
struct Import {
    path: String,
    kind: String,
    #[serde(default)]
    external: bool,
}

/// The names of the scripts that the browser loads before `entry` runs: itself and what it imports, and what they import,
/// other than by `import()`.
fn static_scripts(metafile: &Metafile, entry: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut ahead = vec![entry];
    while let Some(path) = ahead.pop() {
        let name = path.rsplit('/').next().unwrap_or(path);
        if !found.insert(name.to_owned()) {
            continue;
        }
        if let Some(output) = metafile.outputs.get(path) {
            let now = |import: &&Import| import.kind == "import-statement" && !import.external;
            ahead.extend(
                output
                    .imports
                    .iter()
                    .filter(now)
                    .map(|import| import.path.as_str()),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_imports_counts_at_once_and_what_it_asks_for_later_does_not() {
        let metafile = r#"{ "inputs": {}, "outputs": {
            "dist/app.js": { "imports": [
                { "path": "dist/chunk-1.js", "kind": "import-statement" },
                { "path": "../www/src/flowsieve.ts", "kind": "import-statement", "external": true },
                { "path": "dist/table-2.js", "kind": "dynamic-import" } ] },
            "dist/chunk-1.js": { "imports": [ { "path": "dist/chunk-3.js", "kind": "import-statement" } ] },
            "dist/chunk-3.js": { "imports": [ { "path": "dist/chunk-1.js", "kind": "import-statement" } ] },
            "dist/table-2.js": { "imports": [ { "path": "dist/chunk-1.js", "kind": "import-statement" } ] } } }"#;
        let metafile = serde_json::from_str(metafile).unwrap();
        let names: Vec<String> = static_scripts(&metafile, "dist/app.js")
            .into_iter()
            .collect();
        assert_eq!(names, ["app.js", "chunk-1.js", "chunk-3.js"]);
    }

    #[test]
    fn sizes_are_those_of_gzip() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.js"), "a".repeat(100_000)).unwrap();
        let names = BTreeSet::from(["a.js".to_owned()]);
        let figure = gzipped("scripts", folder.path(), &names, KB).unwrap();
        assert!(figure.bytes < 300, "{}", figure.bytes);
    }
}
