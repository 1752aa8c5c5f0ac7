//! The sections of a WebAssembly module.
//!
//! A module is eight bytes of preamble, then sections: one byte of id, the size as an unsigned LEB128 number, and that
//! many bytes. Id 0 marks custom sections (names, producers, target features), which engines ignore
//! (WebAssembly core specification, 5.5.2 and 5.5.3).

use anyhow::{Context, Result, bail};

const PREAMBLE: &[u8; 8] = b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;

/// The module without its custom sections.
pub(super) fn without_custom_sections(module: &[u8]) -> Result<Vec<u8>> {
    let Some(mut rest) = module.strip_prefix(PREAMBLE) else {
        bail!("not a WebAssembly module of version 1");
    };
    let mut kept = PREAMBLE.to_vec();
    while let Some((&id, after_id)) = rest.split_first() {
        let (size, size_bytes) = leb128(after_id)?;
        let end = 1 + size_bytes + size;
        let section = rest.get(..end).context("a section ends after the module")?;
        if id != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = &rest[end..];
    }
    Ok(kept)
}

/// An unsigned LEB128 number of at most 32 bits, and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    bail!("a section's size does not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [&PREAMBLE[..], &sections.concat()].concat()
    }

    #[test]
    fn custom_sections_go_and_the_others_stay_in_order() {
        let types: &[u8] = &[1, 4, 1, 0x60, 0, 0];
        let name: &[u8] = &[0, 5, 4, b'n', b'a', b'm', b'e'];
        // A size may be written with more bytes than it needs, as linkers do to patch it later.
        let memory: &[u8] = &[5, 0x83, 0x80, 0x00, 1, 0, 1];
        let stripped = without_custom_sections(&module(&[name, types, name, memory])).unwrap();
        assert_eq!(stripped, module(&[types, memory]));
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(without_custom_sections(b"").is_err());
        assert!(without_custom_sections(b"\0asm\x02\0\0\0").is_err());
        assert!(without_custom_sections(&module(&[&[1, 9, 0]])).is_err());
        assert!(without_custom_sections(&module(&[&[1, 0xff, 0xff, 0xff, 0xff, 0xff]])).is_err());
    }
}
