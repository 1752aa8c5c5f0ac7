//! Where the parts of the project lie.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// The checkout that `cargo xtask` was called in, and cargo's output folder for it.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

/// The part of `cargo metadata` that is read here.
#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo where the workspace and its output are.
    pub(crate) fn find() -> Result<Self> {
        // Asked for at run time: checkouts that share an output folder share this program too.
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .context("CARGO_MANIFEST_DIR is not set: start this tool with `cargo xtask`")?;
        let manifest = Path::new(&package).join("Cargo.toml");
        let mut command = process::cargo();
        command.args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--manifest-path",
        ]);
        let json = process::read(command.arg(manifest))?;
        let metadata: Metadata =
            serde_json::from_str(&json).context("cargo metadata printed something unexpected")?;
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
        })
    }

    /// The root of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's output folder.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The page's sources, models and samples.
    pub(crate) fn www(&self) -> PathBuf {
        self.root.join("www")
    }

    /// What `build` writes and a static host serves.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// A folder below cargo's output for what this tool keeps between steps.
    pub(crate) fn scratch(&self) -> Result<PathBuf> {
        let folder = self.target.join("page");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }
}
