//! A finished segment, packed: `<first sequence>.sealed`. Blocks of the plain file, each compressed and checked on its own,
//! so that any place is read by unpacking one block or two. All numbers are little endian.
//!
//! | part | bytes |
//! |---|---|
//! | header | magic `paidansl`, version u32, epoch u64, first sequence u64, plain length u64, block size u32, blocks u32, CRC32C u32 |
//! | block | packed length u32 (highest bit: kept as it is), plain length u32, CRC32C u32 of those and the data, data (LZ4 block) |
//! | index | where each block begins in the file, u64 each |
//! | footer | where the index begins u64, CRC32C u32 of the index and that, magic `paidanse` |

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::segment;

const MAGIC: [u8; 8] = *b"paidansl";
const END: [u8; 8] = *b"paidanse";
const VERSION: u32 = 1;
const HEADER: usize = 48;
const BLOCK_HEADER: usize = 12;
const FOOTER: usize = 20;
/// Plain bytes of every block but the last.
const BLOCK: usize = 64 * 1024;
const AS_IS: u32 = 1 << 31;

/// A packed segment that is read from.
pub(crate) struct Sealed {
    file: File,
    map: Map,
    /// The block read last: whoever walks along the frames reads it many times.
    latest: Mutex<Option<(usize, Vec<u8>)>>,
}

/// Where the blocks are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Map {
    plain_len: u64,
    /// Where each block begins in the file.
    blocks: Vec<u64>,
}

/// A packed segment as a whole. Where a block is bad there are zeros, which are no frame.
pub(crate) struct Unpacked {
    pub(crate) plain: Vec<u8>,
    /// Where in the packed file something is bad.
    pub(crate) faults: Vec<u64>,
}

impl Sealed {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let map = match Map::read(&file)? {
            Some(map) => map,
            // Damaged: what stands in the blocks is told by the blocks.
            None => Map::walked(&fs::read(path)?),
        };
        Ok(Self { file, map, latest: Mutex::default() })
    }

    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= self.map.plain_len);
        end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (mut filled, mut at) = (0, offset);
        while filled < buffer.len() {
            let (index, within) = ((at / BLOCK as u64) as usize, (at % BLOCK as u64) as usize);
            let copied = self.with_block(index, |block| {
                let rest = block.get(within..).unwrap_or_default();
                let length = rest.len().min(buffer.len() - filled);
                buffer[filled..filled + length].copy_from_slice(&rest[..length]);
                length
            })?;
            if copied == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += copied;
            at += copied as u64;
        }
        Ok(())
    }

    fn with_block<T>(&self, index: usize, look: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let lock = || self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, block)) = lock().as_ref().filter(|(latest, _)| *latest == index) {
            return Ok(look(block));
        }
        let at = *self.map.blocks.get(index).ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut header = [0; BLOCK_HEADER];
        self.file.read_exact_at(&mut header, at)?;
        let mut bytes = vec![0; BLOCK_HEADER + packed_len(&header)];
        self.file.read_exact_at(&mut bytes, at)?;
        let damaged = || io::Error::other(format!("damaged block at byte {at} of a sealed segment"));
        let (block, _) = unpack(&bytes).ok_or_else(damaged)?;
        let looked = look(&block);
        *lock() = Some((index, block));
        Ok(looked)
    }
}

impl Map {
    /// `None`: header, index or footer are damaged.
    fn read(file: &File) -> io::Result<Option<Self>> {
        let len = file.metadata()?.len();
        let (mut header, mut footer) = ([0; HEADER], [0; FOOTER]);
        let Some(footer_at) = len.checked_sub(FOOTER as u64).filter(|at| *at >= HEADER as u64) else { return Ok(None) };
        file.read_exact_at(&mut header, 0)?;
        file.read_exact_at(&mut footer, footer_at)?;
        let index_at = number(&footer[..8]);
        let Some((plain_len, blocks)) = header_of(&header) else { return Ok(None) };
        if index_at.checked_add(blocks as u64 * 8) != Some(footer_at) || footer[12..] != END {
            return Ok(None);
        }
        let mut index = vec![0; blocks * 8];
        file.read_exact_at(&mut index, index_at)?;
        if index_crc(&index, index_at) != number(&footer[8..12]) as u32 {
            return Ok(None);
        }
        let blocks = index.chunks_exact(8).map(number).collect();
        Ok(Some(Self { plain_len, blocks }))
    }

    /// From block to block as long as they are good.
    fn walked(bytes: &[u8]) -> Self {
        let (mut map, mut at) = (Self::default(), HEADER);
        while let Some((block, length)) = bytes.get(at..).and_then(unpack) {
            map.blocks.push(at as u64);
            map.plain_len += block.len() as u64;
            at += length;
            if block.len() < BLOCK {
                break;
            }
        }
        map
    }
}

/// Unpacks a whole file, as far as it is good.
pub(crate) fn unpack_file(path: &Path) -> io::Result<Unpacked> {
    let bytes = fs::read(path)?;
    let mut faults = Vec::new();
    let map = match Map::read(&File::open(path)?)? {
        Some(map) => map,
        None => {
            faults.push(0);
            Map::walked(&bytes)
        }
    };
    let mut plain = Vec::with_capacity(map.plain_len as usize);
    for &at in &map.blocks {
        let left = (map.plain_len as usize - plain.len()).min(BLOCK);
        match bytes.get(at as usize..).and_then(unpack).filter(|(block, _)| block.len() == left) {
            Some((block, _)) => plain.extend_from_slice(&block),
            None => {
                faults.push(at);
                plain.resize(plain.len() + left, 0);
            }
        }
    }
    Ok(Unpacked { plain, faults })
}

/// Writes a packed file. `keep_on` is asked before each block; `false` is an error of the kind `Interrupted`.
pub(crate) fn pack(
    plain: &[u8],
    header: segment::Header,
    out: &mut impl Write,
    keep_on: &dyn Fn() -> bool,
) -> io::Result<()> {
    out.write_all(&encode_header(header, plain.len() as u64, plain.chunks(BLOCK).len()))?;
    let (mut index, mut at) = (Vec::new(), HEADER as u64);
    for part in plain.chunks(BLOCK) {
        if !keep_on() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        index.extend_from_slice(&at.to_le_bytes());
        let block = pack_block(part);
        out.write_all(&block)?;
        at += block.len() as u64;
    }
    out.write_all(&index)?;
    out.write_all(&at.to_le_bytes())?;
    out.write_all(&index_crc(&index, at).to_le_bytes())?;
    out.write_all(&END)
}

fn pack_block(part: &[u8]) -> Vec<u8> {
    let packed = lz4_flex::block::compress(part);
    let as_is = packed.len() >= part.len();
    let data = if as_is { part } else { &packed };
    let length = data.len() as u32 | if as_is { AS_IS } else { 0 };
    let mut out = Vec::with_capacity(BLOCK_HEADER + data.len());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(part.len() as u32).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&out), data);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(data);
    out
}

/// The plain bytes of the block at the beginning of `bytes`, and how long it is there; `None`: damaged.
fn unpack(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let header: &[u8; BLOCK_HEADER] = bytes.first_chunk()?;
    let end = BLOCK_HEADER + packed_len(header);
    let (data, plain_len) = (bytes.get(BLOCK_HEADER..end)?, number(&header[4..8]) as usize);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&header[..8]), data);
    if crc != number(&header[8..]) as u32 || plain_len > BLOCK {
        return None;
    }
    let as_is = number(&header[..4]) as u32 & AS_IS != 0;
    let plain = if as_is { data.to_vec() } else { lz4_flex::block::decompress(data, plain_len).ok()? };
    (plain.len() == plain_len).then_some((plain, end))
}

/// Never more than a block can be: the number may be damaged.
fn packed_len(header: &[u8; BLOCK_HEADER]) -> usize {
    ((number(&header[..4]) as u32 & !AS_IS) as usize).min(2 * BLOCK)
}

fn encode_header(header: segment::Header, plain_len: u64, blocks: usize) -> [u8; HEADER] {
    let mut out = [0; HEADER];
    out[..8].copy_from_slice(&MAGIC);
    out[8..12].copy_from_slice(&VERSION.to_le_bytes());
    out[12..20].copy_from_slice(&header.epoch.to_le_bytes());
    out[20..28].copy_from_slice(&header.first.to_le_bytes());
    out[28..36].copy_from_slice(&plain_len.to_le_bytes());
    out[36..40].copy_from_slice(&(BLOCK as u32).to_le_bytes());
    out[40..44].copy_from_slice(&(blocks as u32).to_le_bytes());
    let crc = crc32c::crc32c(&out[..44]);
    out[44..].copy_from_slice(&crc.to_le_bytes());
    out
}

/// Plain length and number of blocks; `None`: not of this format, or damaged.
fn header_of(bytes: &[u8; HEADER]) -> Option<(u64, usize)> {
    let header = segment::Header { epoch: number(&bytes[12..20]), first: number(&bytes[20..28]) };
    let (plain_len, blocks) = (number(&bytes[28..36]), number(&bytes[40..44]) as usize);
    let fits = plain_len.div_ceil(BLOCK as u64) == blocks as u64;
    (fits && encode_header(header, plain_len, blocks) == *bytes).then_some((plain_len, blocks))
}

fn index_crc(index: &[u8], at: u64) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(index), &at.to_le_bytes())
}

/// Little endian, up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
