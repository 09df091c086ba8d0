//! The shim of `shim.c`: built once with the system's compiler, steered through a file of numbers.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// As in `enum slot` of `shim.c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Watched calls so far.
    Calls,
    /// The call before which the process is killed.
    KillAt,
    /// 1: if that call is a write, half of it happens.
    Torn,
    /// Which calls may fail: a sum of [`WRITES`] and [`SYNCS`].
    FailKinds,
    FailAt,
    FailErrno,
    FailCount,
    /// Calls of those kinds so far.
    FailSeen,
    /// 1: there is no room.
    Full,
    /// Seconds by which the wall clock is wrong.
    ClockS,
    /// 1: each write takes half of what it was given.
    Short,
    Seed,
}

pub(super) const WRITES: u64 = 1;
pub(super) const SYNCS: u64 = 2;
/// What a power cut takes, as in `enum mode`.
pub(super) const EAGER: u32 = 1;
pub(super) const NAMES: u32 = 2;
pub(super) const EIO: u64 = 5;
pub(super) const ENOSPC: u64 = 28;
/// From then on.
pub(super) const ALWAYS: u64 = u64::MAX;

/// One process's faults.
pub(super) struct Shim {
    folder: tempfile::TempDir,
    control: File,
    pub(super) shadow: Option<u32>,
}

impl Shim {
    /// `None`, said on stderr: there is no C compiler, or this is not Linux.
    pub(super) fn new() -> Option<Self> {
        library()?;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("control");
        let control = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path).expect("a file");
        control.set_len(4096).expect("room");
        Some(Self { folder, control, shadow: None })
    }

    pub(super) fn set(&self, slot: Slot, value: u64) {
        self.control.write_all_at(&value.to_ne_bytes(), slot as u64 * 8).expect("written");
    }

    pub(super) fn get(&self, slot: Slot) -> u64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, slot as u64 * 8).expect("read");
        u64::from_ne_bytes(bytes)
    }

    /// Lets the `nth` call of these kinds from the start fail, and `count` in all.
    pub(super) fn fail(&self, kinds: u64, nth: u64, errno: u64, count: u64) {
        for (slot, value) in
            [(Slot::FailKinds, kinds), (Slot::FailErrno, errno), (Slot::FailCount, count), (Slot::FailAt, nth)]
        {
            self.set(slot, value);
        }
    }

    /// Puts it before the C library of a process that keeps its files in `root`.
    pub(super) fn before(&self, command: &mut Command, root: &Path) {
        command
            .env("LD_PRELOAD", library().expect("built"))
            .env("SHIM_CONTROL", self.folder.path().join("control"))
            .env("SHIM_LOG", self.log_file())
            .env("SHIM_ROOT", root);
        if let Some(mode) = self.shadow {
            let shadow = self.shadow_folder();
            let _ = std::fs::remove_dir_all(&shadow);
            std::fs::create_dir(&shadow).expect("a folder");
            command.env("SHIM_SHADOW", shadow).env("SHIM_MODE", mode.to_string());
        }
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn shadow_folder(&self) -> PathBuf {
        self.folder.path().join("shadow")
    }

    /// The watched calls, in order: what, on which file, how many bytes.
    pub(super) fn calls(&self) -> Vec<(String, String)> {
        let log = std::fs::read(self.log_file()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let words = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            Some((words.next()?, words.next()?))
        };
        log.lines().filter_map(words).collect()
    }

    /// The machine lost power: `root` now holds what was durable.
    pub(super) fn cut_power(&self, root: &Path) {
        std::fs::remove_dir_all(root).expect("removed");
        copy(&self.shadow_folder().join("root"), root);
    }
}

/// Everything below `from`, links followed.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for item in std::fs::read_dir(from).expect("a folder") {
        let item = item.expect("an item");
        let (path, to) = (item.path(), to.join(item.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("copied");
        }
    }
}

fn library() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(build).as_deref()
}

/// Into the folder for what tests make, under a name of this process's own.
fn build() -> Option<PathBuf> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shim-{}.so", std::process::id()));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shim.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-shared", "-fPIC", "-w", "-o"]).arg(&out).arg(source).args(["-ldl", "-lpthread"]);
    let built = cfg!(all(target_os = "linux", target_env = "gnu"))
        && compiler.spawn().and_then(|mut child| child.wait()).is_ok_and(|status| status.success());
    if !built {
        super::say("skipped: no C compiler (or not Linux with glibc); faults below the file calls are not tested");
    }
    built.then_some(out)
}
