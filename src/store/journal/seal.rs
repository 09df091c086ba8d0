//! Packing finished segments: written beside the plain file, read back and compared, and only then in its place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use super::segment::{self, Header, PLAIN, SEALED, sync_dir};
use super::{Journal, sealed};

/// Below everything that somebody waits for.
const NICE: i32 = 10;

/// Tells the thread that packs; it ends when this goes.
pub(crate) struct Sealing {
    finished: Sender<()>,
    stop: Arc<AtomicBool>,
}

impl Sealing {
    /// Packs what is finished already, and what will be.
    pub(crate) fn start(journal: &Arc<Journal>) -> (Self, JoinHandle<()>) {
        let ((finished, heard), stop) = (mpsc::channel(), Arc::new(AtomicBool::new(false)));
        let sealing = Self { finished, stop: Arc::clone(&stop) };
        let journal = Arc::clone(journal);
        sealing.finished();
        (sealing, std::thread::spawn(move || run(&journal, &heard, &stop)))
    }

    /// Another segment is full.
    pub(crate) fn finished(&self) {
        // Without the thread it is packed after the next start.
        let _ = self.finished.send(());
    }
}

impl Drop for Sealing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn run(journal: &Journal, heard: &Receiver<()>, stop: &AtomicBool) {
    // Of this thread alone; refused, it only is in others' way.
    let _ = rustix::process::nice(NICE);
    while heard.recv().is_ok() && !stop.load(Ordering::Relaxed) {
        if let Err(error) = journal.seal_finished(&|| !stop.load(Ordering::Relaxed))
            && error.kind() != io::ErrorKind::Interrupted
        {
            tracing::error!(%error, "a segment of the journal was not packed; it stays as it is");
        }
    }
}

/// Packs one segment. The plain file goes last.
pub(super) fn seal(dir: &Path, first: u64, keep_on: &dyn Fn() -> bool) -> io::Result<()> {
    let (plain_path, packed_path) = (segment::path(dir, first, PLAIN), segment::path(dir, first, SEALED));
    let plain = fs::read(&plain_path)?;
    let header = whole(&plain).filter(|header| header.first == first);
    let damaged = || io::Error::other(format!("{} is damaged", plain_path.display()));
    let header = header.ok_or_else(damaged)?;
    let part = packed_path.with_extension(PART);
    let mut out = BufWriter::new(File::create(&part)?);
    sealed::pack(&plain, header, &mut out, keep_on)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    let again = sealed::unpack_file(&part)?;
    if !again.faults.is_empty() || again.plain != plain {
        return Err(io::Error::other(format!("{} does not read as it was written", part.display())));
    }
    fs::rename(&part, &packed_path)?;
    sync_dir(dir)?;
    fs::remove_file(&plain_path)?;
    sync_dir(dir)
}

/// Ending of a file that is being packed.
const PART: &str = "sealed-part";

/// The header of a plain segment in which every byte belongs to a good frame.
fn whole(plain: &[u8]) -> Option<Header> {
    let header = Header::decode(plain)?;
    (segment::frames(plain, header.first, &mut |_| {}) == plain.len()).then_some(header)
}

/// Puts in order what a stop in the middle of packing left: a packed file that is whole was compared before it got its
/// name, so it takes the place of the plain one; one that is not goes aside.
pub(crate) fn settle(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == PART) {
            fs::remove_file(&path)?;
        }
    }
    for (first, path) in segment::list(dir)? {
        let plain = segment::path(dir, first, PLAIN);
        if !segment::is_sealed(&path) || !plain.exists() {
            continue;
        }
        if sealed::unpack_file(&path)?.faults.is_empty() {
            fs::remove_file(&plain)?;
        } else {
            let aside = segment::aside(&path, "bad");
            tracing::warn!(file = %path.display(), moved_to = %aside.display(), "a packed segment is bad, the plain one is kept");
            fs::rename(&path, aside)?;
        }
        sync_dir(dir)?;
    }
    Ok(())
}
