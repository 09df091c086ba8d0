//! Every file of a data folder damaged by hand: a bit flipped, cut short, emptied, taken away. Either everything is there, or
//! the damage is named; never a silent loss, never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use super::client::Client;
use super::kill::acknowledged;
use super::load::Worker;
use super::server::{Place, Server, files};
use super::shim::copy;
use super::{Dice, long, say};

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    /// A bit at so many thousandths of its length, and that many bytes on.
    Flip(u64),
    /// To so many thousandths.
    Cut(u64),
    LastByte,
    Gone,
}

impl Harm {
    fn apply(self, path: &Path) {
        let mut bytes = fs::read(path).expect("read");
        let len = bytes.len() as u64;
        match self {
            Self::Flip(at) if len > 0 => bytes[((len - 1) * at / 1000) as usize] ^= 0x10,
            Self::Cut(at) => bytes.truncate((len * at / 1000) as usize),
            Self::LastByte => drop(bytes.pop()),
            Self::Flip(_) => {}
            Self::Gone => return fs::remove_file(path).expect("removed"),
        }
        fs::write(path, bytes).expect("written");
    }
}

struct Past {
    place: Place,
    worker: Worker,
    kept: tempfile::TempDir,
}

/// A folder with a past, left by a clean stop or by a kill.
fn past(clean: bool) -> Past {
    let (place, mut worker) = (Place::new(), Worker::new(31, 0));
    assert!(place.run(&["token", "new", "站点", "--role", "platform", "--data", &place.data().display().to_string()]).status.success());
    fs::remove_file(place.data().join("tokens.toml")).expect("it was written");
    let mut server = place.start(None);
    let mut client = server.client();
    for _ in 0..30 {
        assert!(worker.once(&mut client));
    }
    // Its text is long enough for a file of its own.
    worker.post_long(&mut client);
    if clean {
        assert!(server.stop().0.success());
    } else {
        server.kill();
    }
    let kept = tempfile::tempdir().expect("a folder");
    copy(&place.data(), kept.path());
    Past { place, worker, kept }
}

/// Acknowledged tickets that cannot be read whole, with what is said instead.
fn unreadable(client: &mut Client, worker: &Worker) -> Vec<(String, String)> {
    let mut bad = Vec::new();
    for (reference, id) in &worker.book.posts {
        for path in [format!("/v1/tickets/{id}"), format!("/v1/tickets/{id}/events")] {
            let reply = client.get(&path).expect("an answer");
            let known = &worker.book.tickets[id];
            let whole = match &reply.json {
                serde_json::Value::Array(events) => events.len() as u64 >= known.version,
                detail => {
                    let version = detail["ticket"]["version"].as_u64().unwrap_or_default();
                    let text = detail["request"]["text"].as_str().unwrap_or_default();
                    version >= known.version && text.ends_with(reference.as_str())
                }
            };
            if reply.status != 200 || !whole {
                bad.push((id.clone(), reply.text));
            }
        }
    }
    bad
}

/// What came of it, in a word; panics if something was lost in silence.
fn outcome(past: &Past, case: &str, file: &Path) -> &'static str {
    let mut server: Server = past.place.spawn(None);
    let Some(_) = server.address() else {
        let (status, said) = server.end();
        assert!(status.code().is_some_and(|code| code != 0) && !said.contains("a panic"), "{case}: {status:?}\n{said}");
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(said.contains(&name) || said.contains(&file.parent().expect("a folder").display().to_string()), "{case}: {name} is not named\n{said}");
        return "refused";
    };
    let mut client = server.client();
    let ready = loop {
        let reply = client.get("/readyz").expect("an answer");
        if reply.json["status"] != "starting" {
            break reply;
        }
    };
    let bad = unreadable(&mut client, &past.worker);
    let before = past.worker.clone();
    let mut worker = before;
    // A store that is not well takes nothing in; one that is takes it in.
    let takes = worker.post_again(&mut client);
    let (status, said) = server.stop();
    assert!(!said.contains("a panic"), "{case}\n{said}");
    assert_eq!(takes, ready.status == 200, "{case}: {ready:?}");
    for (id, reply) in &bad {
        let named = said.contains(id.as_str()) || reply.contains("damaged") || reply.contains("损坏");
        let place = file.file_name().is_some_and(|name| said.contains(&*name.to_string_lossy())) && ready.status != 200;
        assert!(named || place, "{case}: {id} is lost in silence: {reply}\n{ready:?}\n{said}");
    }
    assert!(status.success() || !takes, "{case}: {status:?}\n{said}");
    match (ready.status, bad.is_empty()) {
        (200, true) => "whole",
        (200, false) => "named",
        _ => "read-only",
    }
}

#[test]
fn damage_to_any_file_is_named_or_does_no_harm() {
    let mut tally = std::collections::BTreeMap::new();
    let mut dice = Dice(47);
    for clean in [true, false] {
        let past = past(clean);
        assert!(acknowledged(std::slice::from_ref(&past.worker)) > 20);
        let all: Vec<PathBuf> = files(past.kept.path());
        assert!(all.iter().any(|path| path.starts_with(past.kept.path().join("blobs"))), "{all:?}");
        let mut cases = Vec::new();
        for path in &all {
            let path = path.strip_prefix(past.kept.path()).expect("below").to_owned();
            // What must be read is damaged at many places.
            let flips = if path.starts_with("journal") || path.starts_with("view") { 40 } else { 6 };
            let mut harms = vec![Harm::Gone, Harm::Cut(0), Harm::Cut(500), Harm::LastByte, Harm::Flip(1000)];
            harms.extend((0..flips).map(|_| Harm::Flip(dice.roll(1000))));
            cases.extend(harms.into_iter().map(|harm| (path.clone(), harm)));
        }
        let step = if long().is_some() { 1 } else { cases.len() / 2 };
        for (path, harm) in cases.into_iter().skip(if long().is_some() { 0 } else { 3 + 7 * usize::from(clean) }).step_by(step) {
            // Nobody can know that a file was there once, or that a log ended later.
            let untold = !clean && path.starts_with("journal") && !matches!(harm, Harm::Flip(_));
            if path.starts_with("journal") && harm == Harm::Gone || untold {
                continue;
            }
            let _ = fs::remove_dir_all(past.place.data());
            copy(past.kept.path(), &past.place.data());
            let file = past.place.data().join(&path);
            harm.apply(&file);
            let case = format!("{harm:?} of {} after a {}", path.display(), if clean { "stop" } else { "kill" });
            let kind = path.iter().next().expect("a name").to_string_lossy().into_owned();
            *tally.entry((kind, outcome(&past, &case, &file))).or_insert(0) += 1;
        }
    }
    say(&format!("damaged files: {tally:?}"));
}
