//! The first pass over a packed stream: how long it is, whether it is whole, and where it can be entered.

use super::stream::{Event, Stage, Step, Unpacker};
use super::{MAX_RATIO, MAX_UNPACKED, Method, RATIO_FREE};
use crate::crc32::Crc32;
use crate::{Error, ErrorKind};

/// A place from which a packed stream can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Stored bytes before it.
    pub stored: u64,
    /// Unpacked bytes before it.
    pub unpacked: u64,
    /// Between two blocks of a deflate stream: how many bits of the last stored byte are still to be read, and these bits.
    /// `None` where a gzip member or the whole stream begins.
    pub block: Option<(u8, u8)>,
    /// The last unpacked bytes before it; of a block 32 KiB.
    pub window: Vec<u8>,
}

/// What is wrong with a packed stream. Whatever came out of it before can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Stored bytes before the place where it was noticed.
    pub stored: u64,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It ends before its end.
    Truncated,
    /// What is there is no deflate stream.
    Damaged,
    /// What came out is not what went in, by its checksum or its length.
    Checksum,
    /// Something that is not gzip, behind a gzip member or instead of one.
    NotGzip,
}

impl Fault {
    /// What to tell people. `origin` is where in the file the stream begins.
    pub fn message(&self, origin: u64) -> String {
        let at = origin + self.stored;
        match self.kind {
            FaultKind::Truncated => {
                format!("It ends too early, at byte {at}: the last rows are missing.")
            }
            FaultKind::Damaged => {
                format!("It is damaged at byte {at}: the rows behind are missing.")
            }
            FaultKind::Checksum => format!(
                "Its checksum at byte {at} does not match: some rows before may not be what they were."
            ),
            FaultKind::NotGzip => {
                format!("What it has from byte {at} on is not gzip, and was left out.")
            }
        }
    }

    /// Whether rows are missing or may be wrong, rather than that something else was behind them.
    pub fn is_loss(&self) -> bool {
        self.kind != FaultKind::NotGzip || self.stored == 0
    }
}

/// The first pass.
#[derive(Debug)]
pub struct IndexPass {
    unpacker: Unpacker,
    spacing: u64,
    /// Of an entry of an archive: the checksum and the length that it should have.
    expected: Option<(u32, u64)>,
    checkpoints: Vec<Checkpoint>,
    last_checkpoint: u64,
    stored: u64,
    unpacked: u64,
    crc32: Crc32,
    /// Of the member so far.
    crc: u32,
    member_begin: u64,
    fault: Option<Fault>,
}

impl IndexPass {
    /// Over bytes packed by `method`, with a checkpoint about every `spacing` unpacked bytes. `expected` are the checksum and
    /// the length of what comes out, where an archive tells them.
    pub fn new(method: Method, spacing: u64, expected: Option<(u32, u64)>) -> Self {
        Self {
            unpacker: Unpacker::new(method),
            spacing,
            expected,
            checkpoints: vec![Checkpoint::default()],
            last_checkpoint: 0,
            stored: 0,
            unpacked: 0,
            crc32: Crc32::new(),
            crc: 0,
            member_begin: 0,
            fault: None,
        }
    }

    /// Stored bytes so far.
    pub fn stored(&self) -> u64 {
        self.stored
    }

    /// Unpacked bytes so far.
    pub fn unpacked(&self) -> u64 {
        self.unpacked
    }

    /// Whether nothing more can come out.
    pub fn is_over(&self) -> bool {
        matches!(self.unpacker.stage, Stage::End)
    }

    /// Takes the stored bytes that follow.
    ///
    /// # Errors
    ///
    /// [`UnpackLimit`](ErrorKind::UnpackLimit) where more comes out than a file of flows could hold.
    pub fn push(&mut self, mut stored: &[u8]) -> Result<(), Error> {
        while !self.is_over() && (self.unpacker.is_full() || !stored.is_empty()) {
            let due = self.unpacked - self.last_checkpoint >= self.spacing;
            match self.unpacker.step(stored, due) {
                Ok(step) => {
                    stored = &stored[step.used..];
                    self.stored += step.used as u64;
                    self.account(&step, due);
                }
                Err(kind) => {
                    self.fail(kind);
                    self.unpacker.stage = Stage::End;
                }
            }
            if self.unpacked > RATIO_FREE && self.unpacked / MAX_RATIO > self.stored {
                return Err(too_large(
                    "It becomes more than 400 times as large as it is",
                ));
            }
            if self.unpacked > MAX_UNPACKED {
                return Err(too_large("More than 64 GiB come out of it"));
            }
        }
        Ok(())
    }

    fn account(&mut self, step: &Step, due: bool) {
        let out = self.unpacker.out(step);
        self.crc = self.crc32.update(self.crc, out);
        self.unpacked += out.len() as u64;
        match step.event {
            Event::Block if due => self.keep(),
            Event::End(Some((crc, length))) => {
                if crc != self.crc || length != (self.unpacked - self.member_begin) as u32 {
                    self.fail(FaultKind::Checksum);
                }
                (self.crc, self.member_begin) = (0, self.unpacked);
            }
            Event::None | Event::Block | Event::End(None) => {}
        }
    }

    fn keep(&mut self) {
        let mut checkpoint = Checkpoint {
            stored: self.stored,
            unpacked: self.unpacked,
            ..Checkpoint::default()
        };
        if matches!(self.unpacker.stage, Stage::Data) {
            let Some((block, window)) = self.unpacker.block() else {
                return;
            };
            (checkpoint.block, checkpoint.window) = (Some(block), window);
        }
        self.last_checkpoint = self.unpacked;
        self.checkpoints.push(checkpoint);
    }

    /// The first fault counts: what follows it follows from it.
    fn fail(&mut self, kind: FaultKind) {
        let mut stored = self.stored;
        if let (FaultKind::NotGzip, Stage::Header(header)) = (kind, &self.unpacker.stage) {
            stored -= header.len();
        }
        self.fault.get_or_insert(Fault { kind, stored });
    }

    /// The checkpoints since the last call, in order.
    pub fn take_checkpoints(&mut self) -> Vec<Checkpoint> {
        std::mem::take(&mut self.checkpoints)
    }

    /// There are no more stored bytes: what is wrong, if anything is.
    pub fn finish(&mut self) -> Option<Fault> {
        match self.unpacker.stage {
            Stage::Header(_) | Stage::Trailer(..) => self.fail(FaultKind::Truncated),
            Stage::Data if self.unpacker.is_inflating() => self.fail(FaultKind::Truncated),
            Stage::Data | Stage::Between | Stage::End => {}
        }
        if let Some((crc, length)) = self.expected
            && (crc, length) != (self.crc, self.unpacked)
        {
            self.fail(FaultKind::Checksum);
        }
        self.fault
    }
}

fn too_large(what: &str) -> Error {
    let message = [what, ", so it is hardly flows: unpack it first."].concat();
    Error::new(ErrorKind::UnpackLimit, message)
}
