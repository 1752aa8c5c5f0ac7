//! `cargo xtask build`: from the sources to `dist/`, the page for static hosts, and `dist/flowsieve.html`, the same page
//! as one file.
//!
//! ```text
//! src/ ──cargo──> flowsieve.wasm ──wasm-bindgen──> www/generated/ ──esbuild──> dist/ ──inlined──> dist/flowsieve.html
//!             ├─> flowsieve-fit.wasm ┤             www/src/ ───────┘    ↑
//!             └─> …-explain.wasm ────┘
//!                                                  www/models, www/samples, www/index.html
//! ```

mod assets;
mod declarations;
mod page;
mod policy;
mod single_file;
pub(crate) mod wasm;
mod wasm_sections;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{files, npm};

pub(crate) use page::metafile;
pub(crate) use wasm::{MODULES, TARGET, ensure_target, rustflags};

/// The licences and notices that travel with the page.
const NOTICES: [&str; 3] = ["NOTICE", "LICENSE-MIT", "LICENSE-APACHE"];

/// Builds both forms of the page.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    wasm::build(workspace)?;
    npm::install(workspace)?;

    let dist = workspace.dist();
    if dist.exists() {
        std::fs::remove_dir_all(&dist)
            .with_context(|| format!("cannot clear {}", dist.display()))?;
    }
    files::create_folder(&dist)?;

    page::bundle(workspace)?;
    declarations::write(workspace)?;
    for module in &MODULES {
        files::copy(&module.binary(workspace), &dist.join(module.file))?;
    }
    for name in NOTICES {
        files::copy(&workspace.root().join(name), &dist.join(name))?;
    }
    let assets = assets::copy_all(workspace)?;
    if assets.models == 0 {
        eprintln!("warning: www/models holds no model, so the page has none: `cargo xtask models`");
    }

    let html = files::read(&workspace.www().join("index.html"))?;
    policy::require_hosted(&html)?;
    files::write(&dist.join("index.html"), html.as_bytes())?;
    single_file::write(workspace, &html, &assets.names)
}

/// Replaces the one occurrence of `pattern`. None or several mean that the source is not what this tool was written for.
fn replace_once(text: &str, pattern: &str, with: &str) -> Result<String> {
    match text.matches(pattern).count() {
        1 => Ok(text.replacen(pattern, with, 1)),
        count => {
            bail!("expected `{pattern}` exactly once in www/index.html, found it {count} times")
        }
    }
}
