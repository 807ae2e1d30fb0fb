//! How a frame is packed: the version, a flag byte, MessagePack with named fields, deflated when that is worth
//! it, and a checksum of all of that.
//!
//! **Invariant:** a frame that was altered on the way is an error, and never other data, as far as 32 bits tell.

use std::io::{Read, Write};

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::{Serialize, de::DeserializeOwned};

pub const VERSION: u8 = 1;
/// The largest frame, packed or unpacked.
pub const MAX_FRAME_BYTES: usize = 8 * 1024 * 1024;

const DEFLATED: u8 = 1;
/// The frame ends with a checksum. All do; a reader that does not know of it does not read so far. Several bits, so
/// that one that is altered does not take the check away.
const CHECKED: u8 = 0b1111_0010;
/// Little-endian.
const CHECKSUM_BYTES: usize = 4;
/// CRC-32 of IEEE 802.3.
static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
const WORTH_DEFLATING_BYTES: usize = 512;

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the frame is cut off")]
    Truncated,
    #[error("the frame was cut off or altered on the way")]
    Altered,
    #[error("the frame is of version {0}; this side speaks {VERSION}")]
    Version(u8),
    #[error("the frame has more than {MAX_FRAME_BYTES} bytes")]
    TooLarge,
    #[error("the frame cannot be unpacked")]
    Deflate(#[source] std::io::Error),
    #[error("the frame is not understood")]
    Decode(#[from] rmp_serde::decode::Error),
    #[error("the frame cannot be written")]
    Encode(#[from] rmp_serde::encode::Error),
}

/// # Errors
/// When the frame is larger than the peer takes.
pub fn encode<F: Serialize>(frame: &F) -> Result<Vec<u8>, WireError> {
    let body = body(frame)?;
    if body.len() < WORTH_DEFLATING_BYTES {
        return Ok(plain(&body));
    }
    let start = vec![VERSION, DEFLATED | CHECKED];
    let mut deflater = flate2::write::DeflateEncoder::new(start, flate2::Compression::fast());
    deflater.write_all(&body).map_err(WireError::Deflate)?;
    Ok(checked(deflater.finish().map_err(WireError::Deflate)?))
}

/// Packs what goes over HTTP. It is not deflated: the transport does that better. [`decode`] reads it.
///
/// # Errors
/// When it is larger than a device takes.
pub fn pack<F: Serialize>(frame: &F) -> Result<Vec<u8>, WireError> {
    Ok(plain(&body(frame)?))
}

/// Reads a frame that anybody may have sent.
///
/// # Errors
/// When it is cut off, altered, of another version, too large or nonsense. Never panics.
pub fn decode<F: DeserializeOwned>(frame: &[u8]) -> Result<F, WireError> {
    let [version, flags, ..] = frame else { return Err(WireError::Truncated) };
    if *version != VERSION {
        return Err(WireError::Version(*version));
    }
    let body = match flags & CHECKED {
        CHECKED => sound(frame)?,
        0 => frame,
        _ => return Err(WireError::Altered),
    };
    let body = body.get(2..).ok_or(WireError::Truncated)?;
    if body.len() > MAX_FRAME_BYTES {
        return Err(WireError::TooLarge);
    }
    if flags & DEFLATED == 0 {
        return Ok(rmp_serde::from_slice(body)?);
    }
    let mut unpacked = Vec::new();
    let limit = MAX_FRAME_BYTES as u64 + 1;
    flate2::read::DeflateDecoder::new(body)
        .take(limit)
        .read_to_end(&mut unpacked)
        .map_err(WireError::Deflate)?;
    if unpacked.len() > MAX_FRAME_BYTES {
        return Err(WireError::TooLarge);
    }
    Ok(rmp_serde::from_slice(&unpacked)?)
}

fn body<F: Serialize>(frame: &F) -> Result<Vec<u8>, WireError> {
    let body = rmp_serde::to_vec_named(frame)?;
    if body.len() > MAX_FRAME_BYTES { Err(WireError::TooLarge) } else { Ok(body) }
}

fn plain(body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(2 + body.len() + CHECKSUM_BYTES);
    frame.extend_from_slice(&[VERSION, CHECKED]);
    frame.extend_from_slice(body);
    checked(frame)
}

fn checked(mut frame: Vec<u8>) -> Vec<u8> {
    let checksum = CRC.checksum(&frame);
    frame.extend_from_slice(&checksum.to_le_bytes());
    frame
}

/// The frame without its checksum, which is right.
fn sound(frame: &[u8]) -> Result<&[u8], WireError> {
    let (frame, checksum) = frame.split_last_chunk::<CHECKSUM_BYTES>().ok_or(WireError::Truncated)?;
    if CRC.checksum(frame) == u32::from_le_bytes(*checksum) { Ok(frame) } else { Err(WireError::Altered) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::{Begun, Check, ClientFrame, Cursor, Hello, ServerFrame};
    use super::*;
    use crate::time::Timestamp;

    fn hello() -> ClientFrame {
        let feed = Uuid::from_u128(7).into();
        ClientFrame::Hello(Hello {
            token: "t".repeat(600),
            app: "1.0".to_owned(),
            cursors: vec![Cursor { feed, seq: 12 }],
            begun: Some(vec![Begun { feed, seq: 9, next: 2 }]),
            checks: vec![Check { feed, value: -4 }],
        })
    }

    #[test]
    fn a_frame_reads_as_it_was_written() {
        let bytes = encode(&hello()).expect("encodes");
        assert_eq!(bytes[1], DEFLATED | CHECKED);
        assert_eq!(decode::<ClientFrame>(&bytes).expect("decodes"), hello());
    }

    #[test]
    fn a_frame_cut_anywhere_is_an_error() {
        let bytes = encode(&hello()).expect("encodes");
        for end in 0..bytes.len() {
            assert!(decode::<ClientFrame>(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_frame_with_any_bit_altered_is_an_error() {
        let pong =
            ServerFrame::Pong { at: Timestamp::from_millis(1), server_time: Timestamp::from_millis(2) };
        let [plain, deflated] = [encode(&pong).expect("encodes"), encode(&hello()).expect("encodes")];
        for bit in 0..plain.len() * 8 {
            assert!(decode::<ServerFrame>(&altered(&plain, bit)).is_err(), "bit {bit}");
        }
        for bit in 0..deflated.len() * 8 {
            assert!(decode::<ClientFrame>(&altered(&deflated, bit)).is_err(), "bit {bit}");
        }
    }

    fn altered(frame: &[u8], bit: usize) -> Vec<u8> {
        let mut frame = frame.to_vec();
        frame[bit / 8] ^= 1 << (bit % 8);
        frame
    }

    #[test]
    fn a_frame_from_before_there_were_checksums_is_read() {
        let mut bytes = encode(&hello()).expect("encodes");
        bytes[1] = DEFLATED;
        bytes.truncate(bytes.len() - CHECKSUM_BYTES);
        assert_eq!(decode::<ClientFrame>(&bytes).expect("decodes"), hello());
    }

    #[test]
    fn a_frame_of_another_version_is_refused_by_its_version() {
        let mut bytes = encode(&hello()).expect("encodes");
        bytes[0] = 9;
        assert!(matches!(decode::<ClientFrame>(&bytes), Err(WireError::Version(9))));
    }

    #[test]
    fn a_small_frame_that_unpacks_to_gigabytes_is_refused() {
        let mut bomb =
            flate2::write::DeflateEncoder::new(vec![VERSION, DEFLATED], flate2::Compression::best());
        bomb.write_all(&vec![0; MAX_FRAME_BYTES * 2]).expect("deflates");
        let bomb = bomb.finish().expect("deflates");
        assert!(matches!(decode::<ClientFrame>(&bomb), Err(WireError::TooLarge)));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut framed = vec![VERSION, 0];
            framed.extend(&bytes);
            let _ = decode::<ClientFrame>(&framed);
            let _ = decode::<ServerFrame>(&framed);
            let _ = decode::<ServerFrame>(&bytes);
        }
    }
}
