//! Every file of a data folder damaged by hand: a bit flipped, cut short, emptied, taken away. Either everything is there, or
//! the damage is named; never a silent loss, never a panic.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::client::Client;
use super::kill::acknowledged;
use super::load::Worker;
use super::server::{Place, files};
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

/// What came of it, in a word; or what is wrong with that.
fn outcome(past: &Past, file: &Path) -> Result<&'static str, String> {
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let mut server = past.place.spawn(None);
    if server.address().is_none() {
        let (status, said) = server.end();
        let folder = file.parent().expect("a folder").display().to_string();
        let told = status.code().is_some_and(|code| code != 0) && (said.contains(&name) || said.contains(&folder));
        return if told && !said.contains("a panic") { Ok("refused") } else { Err(format!("{status:?}\n{said}")) };
    }
    let mut client = server.client();
    let ready = loop {
        let reply = client.get("/readyz").expect("an answer");
        if reply.json["status"] != "starting" {
            break reply;
        }
    };
    let bad = unreadable(&mut client, &past.worker);
    // A store that is not well takes nothing in; one that is takes it in.
    let takes = past.worker.clone().post_again(&mut client);
    let (status, said) = server.stop();
    let story = format!("{status:?}, takes requests: {takes}, {ready:?}\n{said}");
    if said.contains("a panic") || takes != (ready.status == 200) || takes && !status.success() {
        return Err(story);
    }
    for (id, reply) in &bad {
        let told = said.contains(id.as_str()) || reply.contains("damaged") || reply.contains("损坏");
        if !told && (ready.status == 200 || !said.contains(&name)) {
            return Err(format!("{id} is lost in silence: {reply}\n{story}"));
        }
    }
    Ok(match (ready.status, bad.is_empty()) {
        (200, true) => "whole",
        (200, false) => "named",
        _ => "read-only",
    })
}

/// The cases of a folder: each file, damaged in several ways; what must be read, at many places.
fn cases(folder: &Path, clean: bool, dice: &mut Dice) -> Vec<(PathBuf, Harm)> {
    let mut cases = Vec::new();
    for path in files(folder) {
        let path = path.strip_prefix(folder).expect("below").to_owned();
        let flips = if path.starts_with("journal") || path.starts_with("view") { 40 } else { 6 };
        let mut harms = vec![Harm::Flip(1000), Harm::Gone, Harm::Cut(0), Harm::Cut(500), Harm::LastByte];
        harms.extend((0..flips).map(|_| Harm::Flip(dice.roll(1000))));
        // Nobody can know that a log was there once, or that it ended later, if the view does not say so either.
        harms.retain(|harm| match harm {
            Harm::Flip(_) => true,
            Harm::Gone => !path.starts_with("journal"),
            Harm::Cut(_) | Harm::LastByte => clean || !path.starts_with("journal"),
        });
        cases.extend(harms.into_iter().map(|harm| (path.clone(), harm)));
    }
    cases
}

#[test]
fn damage_to_any_file_is_named_or_does_no_harm() {
    let (mut tally, mut wrong, mut dice) = (BTreeMap::new(), Vec::new(), Dice(47));
    for clean in [true, false] {
        let past = past(clean);
        assert!(acknowledged(std::slice::from_ref(&past.worker)) > 20);
        let cases = cases(past.kept.path(), clean, &mut dice);
        assert!(cases.iter().any(|(path, _)| path.starts_with("blobs")), "{cases:?}");
        // Every day: the last commit after a kill, a blob after a stop.
        let chosen = |(path, harm): &&(PathBuf, Harm)| match clean {
            true => path.starts_with("blobs") && *harm == Harm::Cut(500),
            false => path.starts_with("journal") && *harm == Harm::Flip(1000),
        };
        let cases: Vec<&(PathBuf, Harm)> = match long() {
            Some(_) => cases.iter().collect(),
            None => cases.iter().find(chosen).into_iter().collect(),
        };
        for (path, harm) in cases {
            let _ = fs::remove_dir_all(past.place.data());
            copy(past.kept.path(), &past.place.data());
            let file = past.place.data().join(path);
            harm.apply(&file);
            let kind = path.iter().next().expect("a name").to_string_lossy().into_owned();
            match outcome(&past, &file) {
                Ok(outcome) => *tally.entry((kind, outcome)).or_insert(0) += 1,
                Err(story) => {
                    let left_by = if clean { "stop" } else { "kill" };
                    wrong.push(format!("{harm:?} of {} after a {left_by}: {story}", path.display()));
                }
            }
        }
    }
    if long().is_some() {
        say(&format!("damaged files: {tally:?}, {} in silence", wrong.len()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Who may come in is not guessed.
#[test]
fn a_broken_token_file_is_refused_by_name() {
    let place = Place::new();
    let made =
        place.run(&["token", "new", "站点", "--role", "platform", "--data", &place.data().display().to_string()]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let file = place.data().join("tokens.toml");
    Harm::Cut(600).apply(&file);
    let (status, said) = place.spawn(None).end();
    assert!(status.code() == Some(2) && said.contains("tokens.toml"), "{status:?}\n{said}");
}
