//! The page's scripts and styles, bundled by esbuild.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{files, npm, process};

/// The oldest language that the browsers with WebAssembly SIMD speak.
const LANGUAGE: &str = "--target=es2022";

/// The module that others embed. The page's own scripts import it, and on a static host they share the one file.
const LIBRARY_SOURCE: &str = "./www/src/flowsieve.ts";

/// The scripts that run in workers of their own.
pub(super) const WORKERS: [&str; 3] = ["worker", "fit-worker", "explain-worker"];

/// Scripts that are loaded later bring their styles along.
const STYLES_AS_TEXT: &str = "--loader:.css=text";

/// How esbuild writes the path of [`LIBRARY_SOURCE`] in a script of dist/.
const LIBRARY_AS_WRITTEN: &str = "\"../www/src/flowsieve.ts\"";

/// Writes the scripts and styles of the hosted page into dist/.
pub(super) fn bundle(workspace: &Workspace) -> Result<()> {
    // Workers come from Blob URLs, in which a classic script without imports works everywhere.
    for worker in WORKERS {
        process::run(esbuild(workspace).args([
            &format!("www/src/{worker}.ts"),
            "--format=iife",
            &format!("--outfile=dist/{worker}.js"),
        ]))?;
    }
    process::run(esbuild(workspace).args([
        LIBRARY_SOURCE,
        "--format=esm",
        "--outfile=dist/flowsieve.js",
    ]))?;
    process::run(
        esbuild(workspace)
            .args([
                "app=www/src/app/main.ts",
                "--format=esm",
                "--splitting",
                "--outdir=dist",
            ])
            .args([
                "--chunk-names=[name]-[hash]",
                &format!("--external:{LIBRARY_SOURCE}"),
                STYLES_AS_TEXT,
            ])
            .arg(format!("--metafile={}", metafile(workspace)?.display())),
    )?;
    process::run(esbuild(workspace).args([
        "www/src/styles/app.css",
        "--loader:.svg=dataurl",
        "--outfile=dist/app.css",
    ]))?;
    import_library_from_dist(&workspace.dist())
}

/// The page's script with everything that it imports, as one module.
pub(super) fn single_script(workspace: &Workspace) -> Result<String> {
    process::read(esbuild(workspace).args(["www/src/app/main.ts", "--format=esm", STYLES_AS_TEXT]))
}

/// esbuild's account of what imports what among the page's scripts, which the size budget reads.
pub(crate) fn metafile(workspace: &Workspace) -> Result<PathBuf> {
    Ok(workspace.scratch()?.join("app.meta.json"))
}

fn esbuild(workspace: &Workspace) -> Command {
    let mut command = npm::tool(workspace, "esbuild");
    command.args([
        "--bundle",
        "--minify",
        "--legal-comments=eof",
        "--log-level=warning",
        LANGUAGE,
    ]);
    command
}

/// Makes the page's scripts import `./flowsieve.js`, where esbuild left the path of its source.
fn import_library_from_dist(dist: &Path) -> Result<()> {
    let mut importers = 0;
    for path in files::with_extension(dist, "js")? {
        let script = files::read(&path)?;
        if script.contains(LIBRARY_AS_WRITTEN) {
            importers += 1;
            let script = script.replace(LIBRARY_AS_WRITTEN, "\"./flowsieve.js\"");
            files::write(&path, script.as_bytes())?;
        }
    }
    if importers == 0 {
        bail!(
            "no script of the page imports {LIBRARY_SOURCE}: it would be in two files or in none"
        );
    }
    Ok(())
}
