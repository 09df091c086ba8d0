//! From lines of JSON to a journal in an empty folder: the same sequences, ids and numbers; then a new epoch.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, Write as _};
use std::path::{Path, PathBuf};

use super::{FORMAT, Head, Line, VERSION};
use crate::store::backup::{begin, is_empty};
use crate::store::blobs::Blobs;
use crate::store::envelope::{KeyId, Keys, KeysError};
use crate::store::journal::Location;
use crate::store::journal::frame::{self, Frame};
use crate::store::journal::segment::{self, Header};
use crate::store::payload::{self, Payload};
use crate::store::recover::UNFINISHED;
use crate::ticket::TicketId;

/// Bytes after which a segment is followed by a new one.
const SEGMENT: u64 = 64 * 1024 * 1024;
/// Commits that are written together.
const AT_ONCE: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{path}：{cause}", path = .path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error("{dir}不是空的，请换一个空目录", dir = .dir.display())]
    NotEmpty { dir: PathBuf },
    #[error("第{line}行有误：{reason}")]
    Line { line: usize, reason: String },
    #[error("导出文件隐去了个人信息，不能导入；请用 paidan export --personal 重新导出")]
    Covered,
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("导出文件不完整：到第{found}个序号为止，应到第{wanted}个")]
    Short { found: u64, wanted: u64 },
}

/// Fills a folder that is empty or missing; how many commits. After an error the folder is empty again. The view is made by
/// whoever opens it. `keys`: a folder; with a master key in it personal data are sealed.
pub fn import(lines: &mut dyn BufRead, data: &Path, keys: Option<&Path>) -> Result<u64, ImportError> {
    let io = |cause| ImportError::Io { path: data.to_owned(), cause };
    if !is_empty(data).map_err(io)? {
        return Err(ImportError::NotEmpty { dir: data.to_owned() });
    }
    let dir = data.join(UNFINISHED);
    fs::create_dir_all(&dir).and_then(|()| fs::create_dir_all(data.join("blobs"))).map_err(io)?;
    let done = match keys.map_or(Ok(None), |keys| Keys::open(keys, &data.join("view"))) {
        Ok(keys) => fill(lines, data, &dir, keys.as_ref()),
        Err(error) => Err(error.into()),
    };
    if done.is_err() {
        // The first error is what counts.
        let _ = fs::remove_dir_all(&dir).and_then(|()| fs::remove_dir_all(data.join("blobs")));
    }
    done
}

fn fill(lines: &mut dyn BufRead, data: &Path, dir: &Path, keys: Option<&Keys>) -> Result<u64, ImportError> {
    let io = |cause| ImportError::Io { path: data.to_owned(), cause };
    let wrong = |line: usize, reason: String| ImportError::Line { line, reason };
    let mut lines = lines.lines().zip(1..);
    let (first, _) = lines.next().ok_or_else(|| wrong(1, "文件是空的".to_owned()))?;
    let head: Head = serde_json::from_str(&first.map_err(io)?).map_err(|error| wrong(1, error.to_string()))?;
    if head.format != FORMAT || head.version > VERSION {
        return Err(wrong(1, "不是本版本能读的导出文件".to_owned()));
    }
    if !head.personal {
        return Err(ImportError::Covered);
    }
    let mut filling = Filling::begin(dir, Blobs::files(data.join("blobs")), keys);
    for (text, number) in lines {
        let line: Line = serde_json::from_str(&text.map_err(io)?).map_err(|error| wrong(number, error.to_string()))?;
        filling.take(line).map_err(|cause| wrong(number, cause.to_string()))?;
    }
    filling.write().map_err(io)?;
    if filling.next != head.next {
        return Err(ImportError::Short { found: filling.next, wanted: head.next });
    }
    begin(data, Header { epoch: head.epoch.max(filling.epoch) + 1, first: filling.next }).map_err(io)?;
    Ok(filling.commits)
}

/// A journal that is being made.
struct Filling<'a> {
    dir: &'a Path,
    blobs: Blobs,
    /// The segment that is written to, and how long it is with what is not written yet.
    open: Option<(File, Location)>,
    frames: Vec<u8>,
    pending: usize,
    epoch: u64,
    next: u64,
    commits: u64,
    /// Where the last commit of each ticket stands.
    last: HashMap<TicketId, Location>,
    keys: Option<&'a Keys>,
    /// Under which key the personal data of each ticket are sealed.
    sealed: HashMap<TicketId, KeyId>,
}

impl<'a> Filling<'a> {
    fn begin(dir: &'a Path, blobs: Blobs, keys: Option<&'a Keys>) -> Self {
        let (open, frames, last, sealed) = (None, Vec::new(), HashMap::new(), HashMap::new());
        Self { dir, blobs, open, frames, pending: 0, epoch: 0, next: 1, commits: 0, last, keys, sealed }
    }

    fn take(&mut self, line: Line) -> io::Result<()> {
        let Line { epoch, seq, count, commit, blobs } = line;
        let count = u16::try_from(count).ok().filter(|count| *count > 0 && seq == self.next && epoch >= self.epoch);
        let count = count.ok_or_else(|| io::Error::other(format!("序号不连续：应为{}", self.next)))?;
        for (digest, text) in blobs {
            if self.blobs.put(text.as_bytes())?.as_str() != digest {
                return Err(io::Error::other(format!("长文{digest}与它的摘要不符")));
            }
        }
        let at = self.place(epoch)?;
        let payload = self.encode(commit, at)?;
        if payload.len() > frame::LARGEST {
            return Err(io::Error::other("过长"));
        }
        Frame { seq, count, opens: self.pending == 0, payload: &payload }.encode(&mut self.frames);
        self.next += u64::from(count);
        self.commits += 1;
        self.pending += 1;
        if let Some((_, end)) = &mut self.open {
            end.offset = at.offset + (frame::HEADER + payload.len()) as u64;
        }
        if self.pending >= AT_ONCE { self.write() } else { Ok(()) }
    }

    /// Where the next frame goes.
    fn place(&mut self, epoch: u64) -> io::Result<Location> {
        if let Some((_, end)) = &self.open
            && epoch == self.epoch
            && end.offset < SEGMENT
        {
            return Ok(*end);
        }
        self.write()?;
        self.epoch = epoch;
        let file = segment::create(self.dir, Header { epoch, first: self.next })?;
        let begin = Location { segment: self.next, offset: segment::HEADER as u64 };
        self.open = Some((file, begin));
        Ok(begin)
    }

    fn encode(&mut self, commit: Payload, at: Location) -> io::Result<Vec<u8>> {
        match commit {
            Payload::Ticket(mut commit) => {
                commit.head.prev = self.last.insert(commit.head.ticket.clone(), at);
                let key = self.sealed.get(&commit.head.ticket).copied();
                let encoded = payload::encode_events(&commit.events, &self.blobs, self.keys, key)?;
                commit.head.sealed_by = encoded.key;
                self.sealed.extend(encoded.key.map(|key| (commit.head.ticket.clone(), key)));
                payload::encode_ticket(&commit.head, &encoded)
            }
            other => Ok(serde_json::to_vec(&other)?),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        // A key that is not on the disk opens nothing.
        self.keys.map_or(Ok(()), Keys::sync)?;
        if let Some((file, _)) = &mut self.open {
            file.write_all(&self.frames)?;
            file.sync_data()?;
        }
        self.frames.clear();
        self.pending = 0;
        Ok(())
    }
}
