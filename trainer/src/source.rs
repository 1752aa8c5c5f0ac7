//! A file of flows: its header, and its records one after another.

use crate::error::TrainerError;
use crate::progress;
use flowsieve::analysis::other_fields;
use flowsieve::model::Model;
use flowsieve::pack;
use flowsieve::table::head::HEAD_BYTES;
use flowsieve::table::{DialectChoice, Head, Progress, RecordSink, SliceReader, SliceSpan};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes that are read at once.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// A file of flows whose header was read.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) head: Head,
    pub(crate) size: u64,
}

impl Source {
    /// Opens a file and reads its header.
    pub(crate) fn open(path: &Path, dialect: DialectChoice) -> Result<Self, TrainerError> {
        let (bytes, size) = first_bytes(path)?;
        let head = Head::read(&bytes, size, dialect).map_err(|source| TrainerError::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            head,
            size,
        })
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
        let mut chunks = Chunks::open(&self.path, reader.position())?;
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

/// The first bytes of a file, enough for its header, and its size.
pub(crate) fn first_bytes(path: &Path) -> Result<(Vec<u8>, u64), TrainerError> {
    let read = || -> std::io::Result<(Vec<u8>, u64)> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut bytes = Vec::new();
        file.by_ref()
            .take(HEAD_BYTES as u64)
            .read_to_end(&mut bytes)?;
        Ok((bytes, size))
    };
    read().map_err(|source| TrainerError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The bytes of a file from an offset on, piece by piece.
pub(crate) struct Chunks {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
}

impl Chunks {
    pub(crate) fn open(path: &Path, offset: u64) -> Result<Self, TrainerError> {
        let open = || -> std::io::Result<File> {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        };
        let file = open().map_err(|source| TrainerError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            buffer: vec![0; CHUNK_BYTES],
        })
    }

    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, TrainerError> {
        let read = self.file.read(&mut self.buffer);
        let n = read.map_err(|source| TrainerError::Read {
            path: self.path.clone(),
            source,
        })?;
        Ok((n > 0).then(|| &self.buffer[..n]))
    }
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
