//! One record and its cells.

/// A record as the reader found it: `ends.len()` cells in `text`, quotes already removed.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    text: &'a [u8],
    first: u32,
    ends: &'a [u32],
    plain: bool,
    /// Offset of the record's first byte in the file.
    pub offset: u64,
    /// Line ends between the slice's first record and this one.
    pub line: u64,
}

impl<'a> Record<'a> {
    /// The cells of `text` that end at `ends`, the first starting at `first`; one byte stands between two cells. There
    /// are at least [`PADDING`](super::PADDING) bytes before the first cell.
    pub(super) fn new(text: &'a [u8], first: u32, ends: &'a [u32], offset: u64, line: u64) -> Self {
        Self {
            text,
            first,
            ends,
            plain: false,
            offset,
            line,
        }
    }

    /// One whose cells do not hold the byte that stands between cells.
    pub(super) fn plain(self) -> Self {
        Self {
            plain: true,
            ..self
        }
    }

    /// Whether no cell holds the byte that stands between cells, so that equal [`line`](Self::line)s have equal cells.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// All cells with the bytes between them.
    #[inline]
    pub fn line(&self) -> &'a [u8] {
        let end = self.ends.last().map_or(self.first, |&end| end);
        &self.text[self.first as usize..end as usize]
    }

    /// A record put together from cells: the first starts at [`PADDING`](super::PADDING) in `text`, each ends where `ends`
    /// says, and one byte stands between two of them.
    pub fn of_cells(text: &'a [u8], ends: &'a [u32], offset: u64, line: u64) -> Self {
        Self::new(text, super::PADDING as u32, ends, offset, line)
    }

    /// How many cells there are; at least one.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A record has at least one cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where cell `index` is in [`text`](Self::text).
    #[inline]
    pub fn span(&self, index: usize) -> (usize, usize) {
        let start = if index == 0 {
            self.first
        } else {
            self.ends[index - 1] + 1
        };
        (start as usize, self.ends[index] as usize)
    }

    /// The bytes of cell `index`.
    #[inline]
    pub fn cell(&self, index: usize) -> &'a [u8] {
        let (start, end) = self.span(index);
        &self.text[start..end]
    }

    /// All bytes around the cells, for [`number::parse`](super::number::parse).
    #[inline]
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let record = *self;
        (0..record.len()).map(move |index| record.cell(index))
    }
}
