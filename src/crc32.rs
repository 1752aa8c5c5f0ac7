//! CRC-32 as gzip, ZIP, PNG and the model file have it: polynomial 0xedb88320, bits reversed.
//!
//! Eight bytes at a time with eight tables (Kounavis and Berry, "A systematic approach to building high performance
//! software-based CRC generators"), which are computed when they are needed: 8 KB of them would not compress.

/// Computes checksums.
#[derive(Debug)]
pub(crate) struct Crc32 {
    tables: Box<[u32; 8 * 256]>,
}

fn tables() -> Box<[u32; 8 * 256]> {
    let mut tables = Box::new([0_u32; 8 * 256]);
    for index in 0..tables.len() {
        // What eight zero bits make of the entry one table before; of the first table, of the byte itself.
        let mut crc = index
            .checked_sub(256)
            .map_or(index as u32, |before| tables[before]);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1));
        }
        tables[index] = crc;
    }
    tables
}

/// The checksum of some bytes.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    Crc32::new().update(0, bytes)
}

impl Crc32 {
    pub(crate) fn new() -> Self {
        Self { tables: tables() }
    }

    /// The checksum of what `crc` is the checksum of, followed by `bytes`. That of nothing is 0.
    pub(crate) fn update(&self, crc: u32, bytes: &[u8]) -> u32 {
        let tables = &self.tables;
        let mut crc = !crc;
        let mut eights = bytes.chunks_exact(8);
        for eight in &mut eights {
            let low = crc ^ u32::from_le_bytes([eight[0], eight[1], eight[2], eight[3]]);
            crc = tables[1792 + (low & 0xff) as usize]
                ^ tables[1536 + (low >> 8 & 0xff) as usize]
                ^ tables[1280 + (low >> 16 & 0xff) as usize]
                ^ tables[1024 + (low >> 24) as usize]
                ^ tables[768 + usize::from(eight[4])]
                ^ tables[512 + usize::from(eight[5])]
                ^ tables[256 + usize::from(eight[6])]
                ^ tables[usize::from(eight[7])];
        }
        for &byte in eights.remainder() {
            crc = (crc >> 8) ^ tables[((crc ^ u32::from(byte)) & 0xff) as usize];
        }
        !crc
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_value_is_that_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_cut_have_the_checksum_of_crc32fast(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            cut in any::<prop::sample::Index>(),
        ) {
            let (one, other) = bytes.split_at(cut.index(bytes.len() + 1));
            prop_assert_eq!(Crc32::new().update(crc32(one), other), crc32fast::hash(&bytes));
        }
    }
}
