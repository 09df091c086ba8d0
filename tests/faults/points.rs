//! SIGKILL at each call that changes a file, and each such call failing: while it starts, serves and stops.

use std::fs;
use std::path::{Path, PathBuf};

use super::kill::{acknowledged, look};
use super::load::Worker;
use super::server::Place;
use super::shim::{ALWAYS, EIO, ENOSPC, SYNCS, Shim, Slot, WRITES, copy};
use super::{long, say};

/// Requests of one client in one life.
const REQUESTS: u64 = 12;
const PEOPLE: u64 = 1;

/// A start, some requests and a clean stop under the shim; how many calls were counted. What it says when it ends.
fn life(place: &Place, shim: &Shim, workers: &mut [Worker]) -> (Option<i32>, String) {
    let mut server = place.spawn(Some(shim));
    if !server.answers() {
        let (status, said) = server.end();
        return (status.code(), said);
    }
    let mut client = server.client();
    for worker in workers.iter_mut() {
        for _ in 0..REQUESTS {
            if !worker.once(&mut client) {
                break;
            }
        }
    }
    // A kill by the shim may have been before.
    let (status, said) = if server.lives() { server.stop() } else { server.end() };
    (status.code(), said)
}

/// Makes a clean folder into another.
type Spoil = fn(&Path);

/// How a folder may be before a start, each from a clean one with some tickets.
const BEFORE: [(&str, Spoil); 4] = [
    ("nothing yet", |data| fs::remove_dir_all(data).expect("removed")),
    ("a clean stop", |_| {}),
    ("a torn tail", |data| {
        let newest = segment(data);
        let bytes = fs::read(&newest).expect("read");
        fs::write(&newest, &bytes[..bytes.len() - 7]).expect("written");
        fs::remove_dir_all(data.join("view")).expect("removed");
    }),
    ("a view that does not open", |data| fs::write(data.join("view/conf"), [7; 64]).expect("written")),
];

fn segment(data: &Path) -> PathBuf {
    let all = super::server::files(&data.join("journal"));
    all.into_iter().rfind(|path| path.extension().is_some_and(|it| it == "log")).expect("a segment")
}

/// One place with a past: what was acknowledged, and the folder as it was then.
struct Past {
    place: Place,
    workers: Vec<Worker>,
    kept: tempfile::TempDir,
}

impl Past {
    fn new() -> Self {
        let (place, mut workers) = (Place::new(), (0..PEOPLE).map(|n| Worker::new(77, n)).collect::<Vec<_>>());
        let mut server = place.start(None);
        let mut client = server.client();
        for worker in &mut workers {
            for _ in 0..30 {
                assert!(worker.once(&mut client));
            }
            // The torn tail is this one's.
            worker.post_unheard(&mut client);
        }
        assert!(server.stop().0.success());
        let kept = tempfile::tempdir().expect("a folder");
        copy(&place.data(), kept.path());
        Self { place, workers, kept }
    }

    /// The same folder again, and clients who know as much as then.
    fn again(&self, before: Spoil, empty: bool) -> Vec<Worker> {
        let _ = fs::remove_dir_all(self.place.data());
        copy(self.kept.path(), &self.place.data());
        before(&self.place.data());
        match empty {
            true => (0..PEOPLE).map(|n| Worker::new(78, n)).collect(),
            false => self.workers.clone(),
        }
    }
}

/// Calls of a whole life, from a start to a clean stop, of the folder `before` makes: all in the long run, every day one.
fn calls(past: &Past, n: usize) -> Vec<u64> {
    let (name, before) = BEFORE[n];
    if long().is_none() {
        return Vec::from_iter([(0, 17), (2, 3)].into_iter().filter(|(case, _)| *case == n).map(|(_, call)| call));
    }
    let (shim, mut workers) = (Shim::new().expect("built"), past.again(before, n == 0));
    let (status, said) = life(&past.place, &shim, &mut workers);
    assert_eq!(status, Some(0), "{name}: {said}");
    (1..=shim.get(Slot::Calls)).collect()
}

/// Kills before each call, and in the midst of each write; and looks.
#[test]
fn a_kill_at_any_call_loses_nothing() {
    if Shim::new().is_none() {
        return;
    }
    let past = Past::new();
    let (mut points, mut beyond, mut lost_views) = (0, 0, 0);
    for (n, (name, before)) in BEFORE.into_iter().enumerate() {
        for at in calls(&past, n) {
            for torn in 0..=u64::from(long().is_some()) {
                let (shim, mut workers) = (Shim::new().expect("built"), past.again(before, n == 0));
                shim.set(Slot::KillAt, at);
                shim.set(Slot::Torn, torn);
                let (status, said) = life(&past.place, &shim, &mut workers);
                let what = shim.calls().last().cloned();
                // Threads and timers make the number of calls differ a little from run to run.
                let reached = shim.get(Slot::Calls) >= at;
                assert_eq!(status.is_none(), reached, "{name}, call {at} {what:?}: {status:?} {said}");
                beyond += u64::from(!reached);
                let mut server = past.place.start(None);
                look(&mut server, &mut workers);
                lost_views += u32::from(server.stop().1.contains("made anew"));
                points += 1;
            }
        }
    }
    assert!(points > 0 && beyond * 10 < points, "{beyond} of {points} kills never came");
    if long().is_some() {
        say(&format!("kill at a call: {points} points, 0 lost, {lost_views} views made anew"));
    }
}

/// Which calls fail with what.
const FAILURES: [(u64, u64); 3] = [(SYNCS, EIO), (WRITES, EIO), (WRITES, ENOSPC)];

/// Each n-th write or fsync fails, once or from then on: after it nothing is acknowledged, the process says why and ends
/// with an exit code, and the next start has what was acknowledged.
#[test]
fn a_failing_call_stops_it_and_loses_nothing() {
    if Shim::new().is_none() {
        return;
    }
    let past = Past::new();
    let (mut points, mut told) = (0, 0);
    for (kinds, errno) in FAILURES {
        for nth in failing(&past, kinds, errno) {
            for count in [1, ALWAYS] {
                let (shim, mut workers) = (Shim::new().expect("built"), past.again(|_| {}, false));
                let known = acknowledged(&workers);
                shim.fail(kinds, nth, errno, count);
                let (status, said) = life(&past.place, &shim, &mut workers);
                told += acknowledged(&workers) - known;
                let calls = shim.calls();
                let Some(failed) = calls.iter().position(|(what, _)| what == "failed") else { continue };
                let file = &calls[failed].1;
                let case = format!("call {nth} of {kinds}, {count} times, on {file}: {status:?}\n{said}");
                let after = calls[failed..].iter().any(|(what, _)| what.starts_with("answered-201"));
                assert!(!after || !of_truth(file), "acknowledged after a failure: {case}");
                // A view that cannot be opened is made anew: then it serves, and nothing was acknowledged before.
                let anew = said.contains("made anew");
                assert!(anew || status.is_some_and(|code| code != 0), "{case}");
                assert!(said.contains("os error") || said.contains("store failed"), "it does not say why: {case}");
                let mut server = past.place.start(None);
                look(&mut server, &mut workers);
                server.stop();
                points += 1;
                if long().is_none() {
                    break;
                }
            }
        }
    }
    assert!(points > 0 && told > 0, "no failure came after an acknowledgement");
    if long().is_some() {
        say(&format!("failing calls: {points} points, {told} acknowledged before, 0 lost"));
    }
}

/// Which calls of a kind fail, each in a life of its own: all in the long run, every day one while it serves.
fn failing(past: &Past, kinds: u64, errno: u64) -> Vec<u64> {
    if long().is_none() {
        return if errno == ENOSPC { vec![30] } else { Vec::from_iter((kinds == SYNCS).then_some(20)) };
    }
    let (shim, mut workers) = (Shim::new().expect("built"), past.again(|_| {}, false));
    shim.fail(kinds, 0, errno, 0);
    life(&past.place, &shim, &mut workers);
    (1..=shim.get(Slot::FailSeen)).collect()
}

/// Where acknowledged data are.
fn of_truth(file: &str) -> bool {
    file.contains("/journal/") || file.contains("/blobs/")
}

/// Each half of a write is taken up again where it ended.
#[test]
fn short_writes_are_finished() {
    let Some(shim) = Shim::new() else { return };
    let (place, mut workers) = (Place::new(), vec![Worker::new(5, 0)]);
    shim.set(Slot::Short, 1);
    let (status, said) = life(&place, &shim, &mut workers);
    assert_eq!((status, acknowledged(&workers) > 0), (Some(0), true), "{said}");
    let mut server = place.start(None);
    look(&mut server, &mut workers);
    assert!(!server.stop().1.contains("unfinished write"));
}

/// Between the arrival of a request and its 201 the journal is written, and synchronised after that.
#[test]
fn an_acknowledgement_has_an_fsync_before_it() {
    let Some(shim) = Shim::new() else { return };
    let (place, mut workers) = (Place::new(), vec![Worker::new(6, 0)]);
    let mut server = place.start(Some(&shim));
    let mut client = server.client();
    for _ in 0..40 {
        assert!(workers[0].once(&mut client));
    }
    server.stop();
    let (mut written, mut synced, mut answers) = (false, false, 0);
    for (what, file) in shim.calls() {
        match what.as_str() {
            "write" if file.contains("/journal/") => (written, synced) = (true, false),
            "fdatasync" if file.contains("/journal/") => synced = written,
            "answered-201" => {
                assert!(written && synced, "answer {answers} went out before the journal was synchronised");
                (written, synced) = (false, false);
                answers += 1;
            }
            _ => {}
        }
    }
    assert!(answers > 5, "{answers} answers were seen");
}

/// The program changes files only through calls that the shim stands before.
#[test]
fn nothing_escapes_the_shim() {
    let Some(mut shim) = Shim::new() else { return };
    let (place, mut workers) = (Place::new(), vec![Worker::new(7, 0)]);
    shim.shadow = Some(0);
    let (status, said) = life(&place, &shim, &mut workers);
    assert_eq!(status, Some(0), "{said}");
    // After a clean stop everything is durable: a call that escaped would leave the shadow behind.
    let tree = |root: &Path| {
        let files = super::server::files(root).into_iter();
        files
            .map(|path| (path.strip_prefix(root).expect("below").to_owned(), fs::read(&path).expect("read")))
            .collect::<Vec<_>>()
    };
    let before = tree(&place.disk());
    shim.cut_power(&place.disk());
    let names = |files: &[(PathBuf, Vec<u8>)]| {
        files.iter().map(|(path, bytes)| (path.clone(), bytes.len())).collect::<Vec<_>>()
    };
    let after = tree(&place.disk());
    assert_eq!(names(&before), names(&after));
    assert!(before == after, "a file's content differs");
}
