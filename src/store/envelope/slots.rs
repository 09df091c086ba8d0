//! `slots`: a header, then one record of 36 bytes per key: 32 random bytes and their CRC32C. Zeros: destroyed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::cipher::random;
use crate::store::journal::segment::sync_dir;

const MAGIC: [u8; 16] = *b"paidan slots  1\n";
const RECORD: u64 = 36;

pub(super) struct Slots {
    file: File,
    next: AtomicU64,
    /// Written since the last synchronisation.
    dirty: AtomicBool,
}

impl Slots {
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join("slots");
        let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).to_owned();
        let file = options.open(&path)?;
        let len = file.metadata()?.len();
        if len < MAGIC.len() as u64 {
            file.write_all_at(&MAGIC, 0)?;
            file.sync_all()?;
            sync_dir(dir)?;
        } else {
            let mut magic = [0; MAGIC.len()];
            file.read_exact_at(&mut magic, 0)?;
            if magic != MAGIC {
                return Err(io::Error::other(format!("{} is not a file of keys", path.display())));
            }
        }
        // A record that was torn by a crash is not named by the journal: it is passed over.
        let next = len.saturating_sub(MAGIC.len() as u64).div_ceil(RECORD);
        Ok(Self { file, next: next.into(), dirty: AtomicBool::new(false) })
    }

    pub(super) fn fresh(&self) -> io::Result<u64> {
        let secret = random::<32>()?;
        let slot = self.next.fetch_add(1, Ordering::Relaxed);
        let mut record = [0; RECORD as usize];
        record[..32].copy_from_slice(&secret);
        record[32..].copy_from_slice(&crc32c::crc32c(&secret).to_le_bytes());
        self.file.write_all_at(&record, place(slot))?;
        self.dirty.store(true, Ordering::Release);
        Ok(slot)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        if self.dirty.swap(false, Ordering::AcqRel) { self.file.sync_data() } else { Ok(()) }
    }

    /// `None`: destroyed.
    pub(super) fn read(&self, slot: u64) -> io::Result<Option<[u8; 32]>> {
        let mut record = [0; RECORD as usize];
        let missing = |cause| io::Error::other(format!("slot {slot} is not in the file of keys: {cause}"));
        self.file.read_exact_at(&mut record, place(slot)).map_err(missing)?;
        if record == [0; RECORD as usize] {
            return Ok(None);
        }
        let secret: [u8; 32] = std::array::from_fn(|n| record[n]);
        if crc32c::crc32c(&secret).to_le_bytes() != record[32..] {
            return Err(io::Error::other(format!("slot {slot} of the file of keys is damaged")));
        }
        Ok(Some(secret))
    }

    /// Whether there was something to destroy.
    pub(super) fn destroy(&self, slot: u64) -> io::Result<bool> {
        let mut record = [0; RECORD as usize];
        if slot >= self.next.load(Ordering::Relaxed) {
            return Ok(false);
        }
        self.file.read_exact_at(&mut record, place(slot))?;
        if record == [0; RECORD as usize] {
            return Ok(false);
        }
        self.file.write_all_at(&[0; RECORD as usize], place(slot))?;
        self.file.sync_data()?;
        Ok(true)
    }
}

const fn place(slot: u64) -> u64 {
    MAGIC.len() as u64 + slot * RECORD
}
