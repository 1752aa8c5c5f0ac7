//! A file of flows: its header, and its records one after another.

use crate::error::TrainerError;
use crate::packed::Stored;
use crate::progress;
use flowsieve::analysis::other_fields;
use flowsieve::model::Model;
use flowsieve::pack;
use flowsieve::table::head::HEAD_BYTES;
use flowsieve::table::{DialectChoice, Head, Progress, RecordSink, SliceReader, SliceSpan};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of flows whose header was read. Packed files are read as if they were not.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where the file is; of one in an archive, its name there follows.
    pub(crate) path: PathBuf,
    pub(crate) head: Head,
    /// Unpacked.
    pub(crate) size: u64,
    /// Enough for the header.
    pub(crate) first_bytes: Arc<[u8]>,
    pub(crate) stored: Arc<Stored>,
}

impl Source {
    /// Opens files and reads their headers. Each file in an archive is one of its own.
    pub(crate) fn open_all(
        paths: &[PathBuf],
        dialect: DialectChoice,
    ) -> Result<Vec<Self>, TrainerError> {
        let mut sources = Vec::new();
        for path in paths {
            let within = Stored::open(path)?;
            let several = within.len() > 1;
            for stored in within {
                match Self::of(stored, dialect) {
                    Ok(source) => sources.push(source),
                    // Archives have pictures and licences in them, too.
                    Err(TrainerError::File { path, source }) if several => {
                        eprintln!("{} is left out: {source}", path.display());
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        if sources.is_empty() {
            return Err(TrainerError::asked(
                "None of the files is a table of flows.",
            ));
        }
        Ok(sources)
    }

    fn of(stored: Stored, dialect: DialectChoice) -> Result<Self, TrainerError> {
        let path = stored.name.clone();
        let stored = Arc::new(stored);
        let mut first_bytes = Vec::new();
        let mut chunks = stored.chunks(0)?;
        while let Some(chunk) = chunks.next()? {
            first_bytes.extend_from_slice(chunk);
            if first_bytes.len() >= HEAD_BYTES {
                break;
            }
        }
        let size = stored.size;
        let head =
            Head::read(&first_bytes, size, dialect).map_err(|source| match &stored.problem {
                Some(problem) => TrainerError::damaged(&path, problem),
                None => TrainerError::File {
                    path: path.clone(),
                    source,
                },
            })?;
        Ok(Self {
            path,
            head,
            size,
            first_bytes: first_bytes.into(),
            stored,
        })
    }

    /// Reads the header again, the file being written as `dialect` says.
    pub(crate) fn reread(&mut self, dialect: DialectChoice) -> Result<(), TrainerError> {
        let head = Head::read(&self.first_bytes, self.size, dialect);
        self.head = head.map_err(|source| TrainerError::File {
            path: self.path.clone(),
            source,
        })?;
        Ok(())
    }

    /// Hands all records to `sink`, in order.
    pub(crate) fn read(&self, what: &str, sink: &mut impl RecordSink) -> Result<(), TrainerError> {
        let span = SliceSpan {
            begin: self.head.data_start,
            end: self.size,
            first: Some(self.head.data_start),
        };
        let mut reader = SliceReader::new(span, &self.head.layout);
        let bar = progress::bytes_bar(what, self.size);
        let mut chunks = self.stored.chunks(reader.position())?;
        while let Some(chunk) = chunks.next()? {
            bar.inc(chunk.len() as u64);
            if reader.push(chunk, sink) == Progress::Done {
                break;
            }
        }
        reader.finish(sink);
        bar.finish_and_clear();
        reader.other_fields().map_or(Ok(()), |offset| {
            Err(TrainerError::File {
                path: self.path.clone(),
                source: other_fields(offset),
            })
        })
    }
}

/// Fails where rows of a packed file are missing or may be wrong: for commands that have done what they could with the rest.
pub(crate) fn require_whole(sources: &[Source]) -> Result<(), TrainerError> {
    for Source { path, stored, .. } in sources {
        if let Some(problem) = &stored.problem
            && stored.loss
        {
            return Err(TrainerError::damaged(path, problem));
        }
    }
    Ok(())
}

/// The text of a file.
pub(crate) fn read_text(path: &Path) -> Result<String, TrainerError> {
    std::fs::read_to_string(path).map_err(|source| TrainerError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Reads a model file; also gives its bytes.
pub(crate) fn load(path: &Path) -> Result<(Model, Vec<u8>), TrainerError> {
    let bytes = std::fs::read(path).map_err(|source| TrainerError::Read {
        path: path.to_owned(),
        source,
    })?;
    let model = pack::read(&bytes)
        .and_then(Model::new)
        .map_err(|source| TrainerError::File {
            path: path.to_owned(),
            source,
        })?;
    Ok((model, bytes))
}
