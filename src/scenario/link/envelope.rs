//! What is around a link's content: compression, length and checksum, and the letters of an address.
//!
//! The letters are base64url of two bytes that say how long the packed content is, four bytes with its CRC-32C, and the
//! packed content: raw DEFLATE. A reader hears at once whether a link is cut off or changed.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::error::LinkError;
use super::{MAX_CHARACTERS, MAX_CONTENT, base64url};

const HEAD: usize = 6;
/// How hard the packer tries, of 10: a link is made once and sent often.
const EFFORT: u8 = 9;

/// Packs a content into a link's letters.
pub(super) fn seal(content: &[u8]) -> Result<String, LinkError> {
    let packed = compress_to_vec(content, EFFORT);
    let letters = letters_of(packed.len());
    let length = u16::try_from(packed.len()).ok().filter(|_| letters <= MAX_CHARACTERS && content.len() <= MAX_CONTENT);
    let length = length.ok_or(LinkError::TooLong { characters: letters })?;
    let mut bytes = Vec::with_capacity(HEAD + packed.len());
    bytes.extend(length.to_be_bytes());
    bytes.extend(crc32c::crc32c(&packed).to_be_bytes());
    bytes.extend(&packed);
    Ok(base64url::encode(&bytes))
}

/// Unpacks a link's letters. They are a stranger's: nothing of them is believed.
pub(super) fn open(letters: &str) -> Result<Vec<u8>, LinkError> {
    let characters = letters.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(LinkError::TooLong { characters });
    }
    let bytes = base64url::decode(letters)
        .map_err(|(place, character)| LinkError::Character { place: place + 1, character })?;
    let cut_off = |expected| LinkError::CutOff { found: characters, expected };
    let Some((head, packed)) = bytes.split_first_chunk::<HEAD>() else {
        // How long it was is lost with its head.
        return Err(cut_off(letters_of(0).max(characters + 1)));
    };
    let [long, short, checksum @ ..] = *head;
    let expected = letters_of(usize::from(u16::from_be_bytes([long, short])));
    if characters < expected {
        return Err(cut_off(expected));
    }
    if characters > expected {
        return Err(LinkError::Overlong { extra: characters - expected });
    }
    if crc32c::crc32c(packed) != u32::from_be_bytes(checksum) {
        return Err(LinkError::Checksum);
    }
    decompress_to_vec_with_limit(packed, MAX_CONTENT).map_err(|_| LinkError::Packing)
}

/// How many letters a packed content of this length takes.
fn letters_of(packed: usize) -> usize {
    ((HEAD + packed) * 4).div_ceil(3)
}
