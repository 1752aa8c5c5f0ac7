//! Files as they are stored: plain, packed with gzip, or in a ZIP archive. Their bytes can be read from any offset on.

use crate::error::TrainerError;
use crate::progress;
use flowsieve::unpack::{
    Checkpoint, Directory, Entry, IndexPass, MAX_UNPACKED, Method, Packing, Unpacker,
};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Unpacked bytes between two checkpoints: as many as a thread takes at once.
const CHECKPOINT_BYTES: u64 = 4 << 20;

/// A file, or one in an archive.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The path; of a file in an archive, followed by its name there.
    pub(crate) name: PathBuf,
    pub(crate) packing: Packing,
    /// Unpacked bytes.
    pub(crate) size: u64,
    /// What is wrong with a packed file.
    pub(crate) problem: Option<String>,
    /// Whether rows are missing because of it, or may be wrong.
    pub(crate) loss: bool,
    path: PathBuf,
    /// Where its stored bytes are.
    place: Range<u64>,
    /// How it is packed, and where it can be entered.
    packed: Option<(Method, Vec<Checkpoint>)>,
}

impl Stored {
    /// The file at a path, or what is in it. Packed ones are read once, to know their size and to be entered anywhere.
    pub(crate) fn open(path: &Path) -> Result<Vec<Self>, TrainerError> {
        let failed = |source| TrainerError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let plain = Self {
            name: path.to_owned(),
            packing: Packing::Plain,
            size,
            problem: None,
            loss: false,
            path: path.to_owned(),
            place: 0..size,
            packed: None,
        };
        let head = read_at(&mut file, 0..size.min(4)).map_err(failed)?;
        match Packing::of(&head) {
            Packing::Plain => Ok(vec![plain]),
            Packing::Gzip => Ok(vec![plain.unpacked(Packing::Gzip, Method::Gzip, None)?]),
            Packing::Zip => plain.listed(&mut file),
        }
    }

    /// What is in an archive.
    fn listed(self, file: &mut File) -> Result<Vec<Self>, TrainerError> {
        let refused = |source| TrainerError::File {
            path: self.path.clone(),
            source,
        };
        let mut directory = Directory::new(self.size);
        while let Some(wanted) = directory.wants() {
            let bytes = read_at(file, wanted).map_err(|source| TrainerError::Read {
                path: self.path.clone(),
                source,
            })?;
            directory.take(&bytes).map_err(refused)?;
        }
        let is_cut = directory.is_cut();
        let entries = directory.into_entries().map_err(refused)?;
        if entries.is_empty() {
            let message = "There is no file in the archive that could be read.";
            return Err(TrainerError::damaged(&self.path, message));
        }
        let mut found = Vec::new();
        let mut refusal = None;
        for entry in entries {
            match self.entry(entry, is_cut) {
                Ok(stored) => found.push(stored),
                Err(error @ TrainerError::Read { .. }) => return Err(error),
                Err(error) => {
                    eprintln!("left out: {error}");
                    refusal = Some(error);
                }
            }
        }
        match refusal {
            Some(refusal) if found.is_empty() => Err(refusal),
            _ => Ok(found),
        }
    }

    fn entry(&self, entry: Entry, is_cut: bool) -> Result<Self, TrainerError> {
        // What an archive calls its files may hold anything.
        let name = self.path.join(
            entry
                .name
                .replace(char::is_control, "?")
                .trim_start_matches('/'),
        );
        let method = entry
            .method
            .map_err(|why| TrainerError::damaged(&name, &why))?;
        let stored = Self {
            name,
            packing: Packing::Zip,
            problem: is_cut
                .then(|| "The archive lacks its end, so files may be missing.".to_owned()),
            loss: is_cut,
            size: 0,
            path: self.path.clone(),
            place: entry.begin..entry.begin + entry.stored,
            packed: None,
        };
        stored.unpacked(Packing::Zip, method, entry.expected)
    }

    /// Makes the first pass.
    fn unpacked(
        mut self,
        packing: Packing,
        method: Method,
        expected: Option<(u32, u64)>,
    ) -> Result<Self, TrainerError> {
        (self.packing, self.size) = (packing, MAX_UNPACKED);
        let mut pass = IndexPass::new(method, CHECKPOINT_BYTES, expected);
        let bar = progress::bytes_bar("unpacking", self.place.end - self.place.start);
        let mut chunks = self.stored_chunks(0)?;
        while let Some(chunk) = chunks.next()? {
            bar.inc(chunk.len() as u64);
            pass.push(chunk).map_err(|source| TrainerError::File {
                path: self.name.clone(),
                source,
            })?;
            if pass.is_over() {
                break;
            }
        }
        bar.finish_and_clear();
        if let Some(fault) = pass.finish() {
            self.problem = Some(fault.message(self.place.start));
            self.loss |= fault.is_loss();
        }
        self.size = pass.unpacked();
        if method != Method::Stored {
            self.packed = Some((method, pass.take_checkpoints()));
        }
        Ok(self)
    }

    /// How many bytes are stored.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.place.end - self.place.start
    }

    /// The unpacked bytes from an offset on.
    pub(crate) fn chunks(&self, offset: u64) -> Result<Chunks<'_>, TrainerError> {
        let Some((method, checkpoints)) = &self.packed else {
            return self.stored_chunks(offset);
        };
        let after = checkpoints.partition_point(|checkpoint| checkpoint.unpacked <= offset);
        let checkpoint = &checkpoints[after - 1];
        let mut chunks = self.stored_chunks(checkpoint.stored)?;
        chunks.unpacker = Some(Unpacker::resume(*method, checkpoint));
        chunks.skip = offset - checkpoint.unpacked;
        chunks.left = self.size.saturating_sub(checkpoint.unpacked);
        Ok(chunks)
    }

    /// The bytes as they are stored.
    fn stored_chunks(&self, offset: u64) -> Result<Chunks<'_>, TrainerError> {
        let open = || -> std::io::Result<File> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.place.start.saturating_add(offset)))?;
            Ok(file)
        };
        Ok(Chunks {
            of: self,
            file: open().map_err(|source| self.failed(source))?,
            stored_left: (self.place.end - self.place.start).saturating_sub(offset),
            buffer: vec![0; CHUNK_BYTES],
            filled: 0,
            used: 0,
            unpacker: None,
            skip: 0,
            left: 0,
            out: Vec::new(),
        })
    }

    fn failed(&self, source: std::io::Error) -> TrainerError {
        TrainerError::Read {
            path: self.path.clone(),
            source,
        }
    }
}

/// The bytes of a file from an offset on, piece by piece.
pub(crate) struct Chunks<'a> {
    of: &'a Stored,
    file: File,
    /// Stored bytes that are not read yet.
    stored_left: u64,
    buffer: Vec<u8>,
    filled: usize,
    used: usize,
    unpacker: Option<Unpacker>,
    /// Unpacked bytes before the offset.
    skip: u64,
    /// Unpacked bytes up to the end of the file.
    left: u64,
    out: Vec<u8>,
}

impl Chunks<'_> {
    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, TrainerError> {
        if self.unpacker.is_none() {
            self.fill()?;
            return Ok((self.filled > 0).then(|| &self.buffer[..self.filled]));
        }
        self.out.clear();
        while self.out.is_empty() && self.left > 0 {
            let Some(unpacker) = &mut self.unpacker else {
                break;
            };
            let mut rest = &self.buffer[self.used..self.filled];
            let before = rest.len();
            let piece = unpacker.read(&mut rest);
            self.used += before - rest.len();
            let piece = &piece[..piece
                .len()
                .min(usize::try_from(self.left).unwrap_or(usize::MAX))];
            self.left -= piece.len() as u64;
            let skipped = self.skip.min(piece.len() as u64);
            self.skip -= skipped;
            self.out.extend_from_slice(&piece[skipped as usize..]);
            if piece.is_empty() {
                self.fill()?;
                if self.filled == 0 {
                    break;
                }
            }
        }
        Ok((!self.out.is_empty()).then_some(&self.out[..]))
    }

    fn fill(&mut self) -> Result<(), TrainerError> {
        let wanted = self.stored_left.min(self.buffer.len() as u64) as usize;
        let read = self.file.read(&mut self.buffer[..wanted]);
        self.filled = read.map_err(|source| self.of.failed(source))?;
        if self.filled == 0 && wanted > 0 {
            let message = "The file has become shorter while it was read.";
            return Err(TrainerError::damaged(&self.of.name, message));
        }
        self.stored_left -= self.filled as u64;
        self.used = 0;
        Ok(())
    }
}

fn read_at(file: &mut File, place: Range<u64>) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; (place.end - place.start) as usize];
    file.seek(SeekFrom::Start(place.start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
