//! Publishing from end to end: the index follows the store entry by entry, and agrees with it again after any crash.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use paidan::access::{Access, Caller, Claims};
use paidan::app::{App, EntryWish, Live, Loader, Pool};
use paidan::knowledge::{Entry, Knowledge};
use paidan::packs::Source;
use paidan::releases::Policy;
use paidan::store::{Options, Store};
use paidan::text::{Gazetteer, analyse};
use paidan::triage::Match;
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::demo::{NOW, pack};
use crate::store::fixture::{start, try_open};
use crate::store::kill::rounds;

const QUESTIONS: [&str; 6] = [
    "营业执照怎么注销",
    "营业执照怎么变更",
    "租房怎么提取公积金",
    "社保怎么转移到外地",
    "停车位怎么申请",
    "公司改名字要办什么手续",
];

fn now() -> chrono::DateTime<chrono::Utc> {
    NOW.parse().expect("an instant")
}

/// The packs, with two entries beside the rules.
static PACKS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files = pack("").files;
    let entry = |id: usize| {
        let (question, owner) = (QUESTIONS[id], "区市场监管局");
        format!(
            "[[entry]]\nid = \"e{id}\"\nquestion = \"{question}\"\nanswer = \"包里的答案{id}\"\nowner = \"{owner}\"\n"
        )
    };
    files.insert("kb-index/demo/a.toml".into(), format!("{}\n{}", entry(0), entry(1)));
    for (path, text) in files {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
        fs::write(file, text).expect("a file");
    }
    folder
});

struct Site {
    live: Arc<Live>,
    app: App,
    runtime: Runtime,
}

fn serve(store: Store) -> Site {
    let source = Source::Folder(PACKS.path().to_owned());
    let (_, live) = Loader::start(source, store.clone(), Policy::default(), now()).expect("it starts");
    let app = App::new(live.clone(), store, Pool::start(1, 8).expect("threads"), 60, now);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    Site { live, app, runtime }
}

fn entry(id: &str, question: &str, answer: &str) -> Entry {
    let owner = "区市场监管局".into();
    Entry { id: id.into(), question: question.into(), answer: answer.into(), owner, ..Entry::default() }
}

fn caller(person: &str) -> Caller {
    let claims = Claims { person: Some(person.as_bytes()), ..Claims::default() };
    Access::new(Vec::new()).caller(&claims, now()).expect("a local caller")
}

impl Site {
    fn revision(&self, id: &str) -> u32 {
        self.app.store().article("demo", id).expect("read").map_or(0, |article| article.revision)
    }

    fn save(&self, entry: Entry) -> bool {
        let seen = self.revision(&entry.id);
        self.runtime.block_on(self.app.write_entry(&caller("甲"), "demo", seen, entry, String::new())).is_ok()
    }

    fn act(&self, person: &str, id: &str, wish: EntryWish) -> bool {
        let seen = self.revision(id);
        self.runtime.block_on(self.app.act_on_entry(&caller(person), "demo", id, seen, wish)).is_ok()
    }

    fn publish(&self, entry: Entry) {
        let id = entry.id.clone();
        assert!(self.save(entry) && self.act("甲", &id, EntryWish::Submit) && self.act("乙", &id, EntryWish::Approve));
    }
}

/// Everything that all questions find, with confidences, and the version that says so.
fn all_matches(live: &Live) -> (String, Vec<Vec<Match>>) {
    let snapshot = live.snapshot();
    let (knowledge, lexicon): (&Knowledge, _) = (snapshot.knowledge("demo"), snapshot.lexicon("demo"));
    let find =
        |text: &&str| knowledge.search(&analyse(lexicon, &Gazetteer::empty(), text), "demo", now().date_naive(), 5);
    (knowledge.version().to_owned(), QUESTIONS.iter().map(find).collect())
}

/// The index as a restart makes it of the store.
#[track_caller]
fn agrees_with_a_fresh_one(site: &Site) {
    assert_eq!(all_matches(&site.live), all_matches(&serve(site.app.store().clone()).live));
}

/// RC-13: published is answerable at once, and nothing else is touched.
#[test]
fn rc_13_what_is_approved_answers_at_once() {
    let site = serve(Store::memory(|| 0));
    assert!(site.save(entry("e2", QUESTIONS[2], "网上提取")) && site.act("甲", "e2", EntryWish::Submit));
    let before = all_matches(&site.live);
    assert!(before.1[2].iter().all(|found| found.entry != "e2"), "{before:?}");
    assert!(!site.act("甲", "e2", EntryWish::Approve), "not by its author");
    assert!(site.act("乙", "e2", EntryWish::Approve));
    let after = all_matches(&site.live);
    assert_eq!((after.1[2][0].entry.as_str(), after.1[2][0].confidence), ("e2", 1000));
    assert_eq!(after.1[0][0].entry, before.1[0][0].entry);
    assert!(site.act("乙", "e2", EntryWish::Withdraw { reason: "停办".into() }));
    assert!(all_matches(&site.live).1[2].iter().all(|found| found.entry != "e2"));
    agrees_with_a_fresh_one(&site);
}

/// A crash after each step of publishing: the process ends, the store is opened again, and both agree.
#[test]
fn a_crash_after_any_step_leaves_store_and_index_agreeing() {
    type Step = fn(&Site) -> bool;
    let steps: [Step; 9] = [
        |site| site.save(entry("e2", QUESTIONS[2], "一")),
        |site| site.act("甲", "e2", EntryWish::Submit),
        |site| site.act("乙", "e2", EntryWish::Approve),
        |site| site.save(entry("e0", QUESTIONS[3], "改了问题")),
        |site| site.act("甲", "e0", EntryWish::Submit),
        |site| site.act("乙", "e0", EntryWish::Approve),
        |site| site.act("乙", "e2", EntryWish::Confirm),
        |site| site.act("乙", "e1", EntryWish::Withdraw { reason: "停办".into() }),
        |site| site.act("甲", "e0", EntryWish::Restore { version: 1 }),
    ];
    let data = tempfile::tempdir().expect("a data folder");
    let open = || try_open(data.path(), &Options::default()).expect("the store opens");
    for (at, step) in steps.into_iter().enumerate() {
        let site = serve(open());
        let told = |site: &Site| -> Vec<_> {
            ["e0", "e1", "e2"].map(|id| site.app.store().article("demo", id).expect("read")).to_vec()
        };
        assert!(step(&site), "step {at}");
        let (before, articles) = (all_matches(&site.live), told(&site));
        drop(site);
        if at % 3 == 2 {
            fs::remove_dir_all(data.path().join("view")).expect("the view goes");
        }
        let again = serve(open());
        assert_eq!((all_matches(&again.live), told(&again)), (before, articles), "step {at}");
    }
    // The store has it and the process ends before the index knows: the restart shows it.
    let site = serve(open());
    let seen = site.revision("e2");
    let withdraw = paidan::editorial::Command::Withdraw { reason: "停办".into() };
    let actor = paidan::ticket::Actor { person: "甲".into(), ..paidan::ticket::Actor::default() };
    site.app.store().act_on_entry("demo", "e2", seen, withdraw, actor, now()).expect("stored");
    assert!(all_matches(&site.live).1[2].iter().any(|found| found.entry == "e2"), "not shown yet");
    drop(site);
    let again = serve(open());
    assert!(all_matches(&again.live).1[2].iter().all(|found| found.entry != "e2"));
}

#[derive(Clone, Debug)]
enum Move {
    Publish { id: usize, question: usize, answer: String },
    Act { id: usize, wish: usize },
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (0_usize..4, 0_usize..6, "[一二三]").prop_map(|(id, question, answer)| Move::Publish { id, question, answer }),
        2 => (0_usize..4, 0_usize..4).prop_map(|(id, wish)| Move::Act { id, wish }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// However entries came and went, the index that followed them is the index that a restart makes.
    #[test]
    fn the_index_that_followed_is_the_one_a_restart_makes(moves in prop::collection::vec(any_move(), 1..12)) {
        let site = serve(Store::memory(|| 0));
        for one in moves {
            match one {
                Move::Publish { id, question, answer } => {
                    site.publish(entry(&format!("e{id}"), QUESTIONS[question], &answer));
                }
                Move::Act { id, wish } => {
                    let wish = match wish {
                        0 => EntryWish::Withdraw { reason: "停办".into() },
                        1 => EntryWish::Confirm,
                        2 => EntryWish::Restore { version: 1 },
                        _ => EntryWish::Drop,
                    };
                    site.act("甲", &format!("e{id}"), wish);
                }
            }
        }
        prop_assert_eq!(all_matches(&site.live), all_matches(&serve(site.app.store().clone()).live));
    }
}

const FOLDER: &str = "PAIDAN_KILL_ENTRIES";

/// Not a test of its own: does nothing unless the parent started it.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let site = serve(try_open(Path::new(&folder), &Options::default()).expect("the store opens"));
    let run = site.app.store().articles("demo").expect("read").len();
    for n in 0.. {
        let id = format!("k{run}-{}", n % 3);
        let answer = format!("{run}-{n}");
        site.publish(entry(&id, QUESTIONS[n % 6], &answer));
        // Past the test harness, which would keep the output to itself. The parent may be gone: then it does not matter.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "\nack {id} {answer}").and_then(|()| out.flush());
    }
}

/// SIGKILL at random moments of publishing: what was acknowledged answers after the restart.
#[test]
fn what_was_published_is_there_after_a_kill() {
    let data = tempfile::tempdir().expect("a data folder");
    let mut acknowledged: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..rounds(2) {
        let mut command = Process::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "editorial::child", "--nocapture", "--test-threads=1"]);
        command.env(FOLDER, OsString::from(data.path())).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = start(&mut command);
        let (lines, heard) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let reader = thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| drop(lines.send(line))));
        let mut note = |line: &str| {
            let Some((id, answer)) = line.strip_prefix("ack ").and_then(|rest| rest.split_once(' ')) else {
                return false;
            };
            let number = answer.rsplit('-').next().and_then(|it| it.parse().ok()).expect("a number");
            acknowledged.insert(id.to_owned(), number);
            true
        };
        let first = std::iter::from_fn(|| heard.recv_timeout(Duration::from_secs(60)).ok()).find(|line| note(line));
        assert!(first.is_some(), "the child acknowledges something");
        let (_timer, expired) = mpsc::channel::<()>();
        let _ = expired.recv_timeout(Duration::from_millis(30 + 97 * round % 200));
        child.kill().expect("killed");
        child.wait().expect("ended");
        reader.join().expect("read to its end");
        for line in heard.try_iter() {
            note(&line);
        }
        let site = serve(try_open(data.path(), &Options::default()).expect("the store opens"));
        agrees_with_a_fresh_one(&site);
        for (id, number) in &acknowledged {
            let stored = site.app.store().entry("demo", id).expect("read").expect("acknowledged and lost");
            let answer: usize =
                stored.entry.answer.rsplit('-').next().and_then(|it| it.parse().ok()).expect("a number");
            assert!(answer >= *number, "{id}: {answer} is older than {number}");
            assert_eq!(
                site.live.snapshot().knowledge("demo").find("demo", id).map(|it| &it.entry),
                Some(&stored.entry)
            );
        }
    }
}
