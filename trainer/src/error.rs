//! What can go wrong, in words that say where, and what to do.

use std::path::{Path, PathBuf};

/// An error of the trainer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrainerError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}", path.display())]
    File {
        path: PathBuf,
        source: flowsieve::Error,
    },
    #[error("{}: {problem}", path.display())]
    Damaged { path: PathBuf, problem: String },
    #[error("{} is no taxonomy", path.display())]
    Taxonomy {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("{} connects no columns", path.display())]
    Columns {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error(transparent)]
    Core(#[from] flowsieve::Error),
    #[error("{0}")]
    Asked(String),
}

impl TrainerError {
    /// Something that is wrong with a packed file.
    pub(crate) fn damaged(path: &Path, problem: &str) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            problem: problem.to_owned(),
        }
    }

    /// Something that was asked for and cannot be done.
    pub(crate) fn asked(message: impl Into<String>) -> Self {
        Self::Asked(message.into())
    }
}
