//! What can go wrong, in words that say where, and what to do.

use std::path::PathBuf;

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
    /// Something that was asked for and cannot be done.
    pub(crate) fn asked(message: impl Into<String>) -> Self {
        Self::Asked(message.into())
    }
}
