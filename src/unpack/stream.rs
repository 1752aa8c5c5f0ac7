//! Stored bytes in, unpacked bytes out.

use super::gzip::{After, Header};
use super::index::FaultKind;
use super::{Checkpoint, Method, WINDOW};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY,
};
use miniz_oxide::inflate::core::{BlockBoundaryState, DecompressorOxide, decompress};
use std::ops::Range;

/// What is unpacked into, over and over: as large as fits into the L2 cache beside what reads it.
const RING: usize = 1 << 17;

/// Where in a stream the next byte is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// The header of a gzip member.
    Header(Header),
    Data,
    /// Behind the data of a gzip member; so many bytes of the checksum and the length were read.
    Trailer(u8, u64),
    /// Behind a gzip member: another, zeros, or nothing.
    Between,
    End,
}

/// What happened at the end of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    None,
    /// The next byte may be a checkpoint.
    Block,
    /// A member or the stream ended; of a gzip member, with the checksum and the length (modulo 2³²) that it should have.
    End(Option<(u32, u32)>),
}

/// What a step did.
pub(super) struct Step {
    /// Bytes of the input that were used.
    pub(super) used: usize,
    /// What came out, in the ring.
    pub(super) out: Range<usize>,
    pub(super) event: Event,
}

/// Unpacks a run of stored bytes, from its beginning or from a checkpoint.
pub struct Unpacker {
    method: Method,
    inflate: Box<DecompressorOxide>,
    ring: Vec<u8>,
    at: usize,
    /// The ring was full: more may come out without more going in.
    full: bool,
    /// What follows cannot be unpacked; everything before came out.
    failed: bool,
    pub(super) stage: Stage,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { method, stage, .. } = self;
        write!(f, "Unpacker({method:?}, {stage:?})")
    }
}

impl Unpacker {
    /// From the beginning.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            inflate: Box::default(),
            ring: vec![0; RING],
            at: 0,
            full: false,
            failed: false,
            stage: match method {
                Method::Gzip => Stage::Header(Header::new()),
                Method::Stored | Method::Deflate => Stage::Data,
            },
        }
    }

    /// From a checkpoint on: it wants the bytes that are stored from [`Checkpoint::stored`] on.
    pub fn resume(method: Method, checkpoint: &Checkpoint) -> Self {
        let mut unpacker = Self::new(method);
        if let Some((num_bits, bit_buf)) = checkpoint.block {
            *unpacker.inflate = DecompressorOxide::from_block_boundary_state(&BlockBoundaryState {
                num_bits,
                bit_buf,
                ..BlockBoundaryState::default()
            });
            let window = &checkpoint.window[..checkpoint.window.len().min(WINDOW)];
            unpacker.ring[..window.len()].copy_from_slice(window);
            unpacker.at = window.len();
            unpacker.stage = Stage::Data;
        }
        unpacker
    }

    /// The next unpacked bytes, a piece of at most 128 KiB; takes what it needs off the front of `stored`. Nothing comes out
    /// once more has to go in, or at the end, or where the stream is damaged: the first pass tells these apart.
    pub fn read(&mut self, stored: &mut &[u8]) -> &[u8] {
        while self.full || !stored.is_empty() {
            let Ok(step) = self.step(stored, false) else {
                (self.stage, self.full) = (Stage::End, false);
                continue;
            };
            *stored = &stored[step.used..];
            if !step.out.is_empty() {
                return &self.ring[step.out];
            }
        }
        &[]
    }

    /// What a step put out.
    pub(super) fn out(&self, step: &Step) -> &[u8] {
        &self.ring[step.out.clone()]
    }

    /// Whether there may be more to come out with nothing going in.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether the data are a deflate stream.
    pub(super) fn is_inflating(&self) -> bool {
        self.method != Method::Stored
    }

    /// The state between two blocks, right after [`Event::Block`], and the last 32 KiB.
    pub(super) fn block(&self) -> Option<((u8, u8), Vec<u8>)> {
        let state = self.inflate.block_boundary_state()?;
        let (early, late) = (&self.ring[..self.at], &self.ring[self.at..]);
        let of_late = WINDOW.saturating_sub(early.len());
        let window = [
            &late[late.len() - of_late..],
            &early[early.len().saturating_sub(WINDOW)..],
        ];
        Some(((state.num_bits, state.bit_buf), window.concat()))
    }

    /// Goes on until something happened. At blocks it stops only if asked to.
    pub(super) fn step(&mut self, stored: &[u8], stop_at_block: bool) -> Result<Step, FaultKind> {
        match self.stage {
            Stage::Data if self.method == Method::Stored => {
                let used = stored.len().min(RING);
                self.ring[..used].copy_from_slice(&stored[..used]);
                Ok(Step {
                    used,
                    out: 0..used,
                    event: Event::None,
                })
            }
            Stage::Data => self.inflate(stored, stop_at_block),
            Stage::End => Ok(took(stored.len(), Event::None)),
            _ => self.frame(stored),
        }
    }

    fn inflate(&mut self, stored: &[u8], stop_at_block: bool) -> Result<Step, FaultKind> {
        if self.failed {
            return Err(FaultKind::Damaged);
        }
        let mut flags = TINFL_FLAG_HAS_MORE_INPUT;
        if stop_at_block {
            flags |= TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY;
        }
        let begin = self.at;
        let (status, used, made) =
            decompress(&mut self.inflate, stored, &mut self.ring, begin, flags);
        let out = begin..begin + made;
        self.at = out.end % RING;
        self.full = status == TINFLStatus::HasMoreOutput;
        let event = match status {
            TINFLStatus::BlockBoundary => Event::Block,
            TINFLStatus::Done if self.method == Method::Gzip => {
                self.stage = Stage::Trailer(0, 0);
                Event::None
            }
            TINFLStatus::Done => {
                self.stage = Stage::End;
                Event::End(None)
            }
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => Event::None,
            _ => {
                (self.failed, self.full) = (true, true);
                Event::None
            }
        };
        Ok(Step { used, out, event })
    }

    /// Zeros for what came before a member, which it must not refer to: whoever enters at it has them, too.
    fn forget(&mut self) {
        let (early, late) = self.ring.split_at_mut(self.at);
        let of_late = WINDOW.saturating_sub(early.len());
        let first_late = late.len() - of_late;
        late[first_late..].fill(0);
        let first_early = early.len().saturating_sub(WINDOW);
        early[first_early..].fill(0);
    }

    /// A byte around the data of a gzip member.
    fn frame(&mut self, stored: &[u8]) -> Result<Step, FaultKind> {
        let Some(&byte) = stored.first() else {
            return Ok(took(0, Event::None));
        };
        let mut event = Event::None;
        match &mut self.stage {
            Stage::Header(header) => match header.take(byte) {
                After::More => {}
                After::Data => {
                    self.inflate.init();
                    self.forget();
                    self.stage = Stage::Data;
                }
                After::Bad => return Err(FaultKind::NotGzip),
            },
            Stage::Trailer(count, value) => {
                *value |= u64::from(byte) << (8 * *count);
                *count += 1;
                if *count == 8 {
                    event = Event::End(Some((*value as u32, (*value >> 32) as u32)));
                    self.stage = Stage::Between;
                }
            }
            _ if byte != 0 => {
                // The byte is the header's.
                self.stage = Stage::Header(Header::new());
                return Ok(took(0, Event::Block));
            }
            _ => {}
        }
        Ok(took(1, event))
    }
}

fn took(used: usize, event: Event) -> Step {
    Step {
        used,
        out: 0..0,
        event,
    }
}
