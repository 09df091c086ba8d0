//! Rules cannot hurt: a catalogue of scripts that mean harm (`attacks.toml`), on small, usual and large stacks. Each is refused,
//! or fails by itself, or does nothing; none brings the process down, holds it, or fills its memory.
//!
//! A stack that overflows ends the process, so the catalogue runs in children: this test binary, running the test `child`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;

use paidan::app::Pool;
use paidan::rules::compile_file;
use paidan::triage::{Cache, Facts, Files, Given, Release, decide};
use serde::Deserialize;

use crate::demo::pack;

const STACK: &str = "PAIDAN_ATTACK_STACK";
/// 256 KiB, what tokio gives a thread, and what ours have. What fits into the first fits into all: the others run where
/// `PAIDAN_ATTACKS` is set.
const STACKS: [usize; 3] = [256 << 10, 2 << 20, 16 << 20];
/// Resident memory that a child may reach, in KiB; a test binary with its dictionaries holds 100 MiB of it.
const MOST_MEMORY: u64 = 512 << 10;

#[derive(Deserialize)]
struct Catalogue {
    attack: Vec<Attack>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    name: String,
    #[serde(default)]
    guard: String,
    #[serde(default)]
    then: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    before: String,
    #[serde(default)]
    part: String,
    #[serde(default)]
    times: usize,
    #[serde(default)]
    after: String,
    expect: String,
    #[serde(default)]
    code: String,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/attacks.toml");
    toml::from_str(&std::fs::read_to_string(path).expect("a file")).expect("the catalogue")
});

const GOOD: &str = r#"route("good.one", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 3 }, basis: "示" });"#;
const HELPERS: &str = "fn deep(n) { if n <= 0 { 0 } else { 1 + deep(n - 1) } }
fn ping(n) { pong(n - 1) }
fn pong(n) { ping(n - 1) }
fn fold(n) { let a = [1, 2]; a.map(|x| fold(x + 1)).len() }
fn many(n) { if n <= 0 { return 0; } let a = []; a.pad(256, 1); a.for_each(|| { let n = 0; for i in 0..1000 { n += 1; } }); a.for_each(|| many(8)); n }
";

impl Attack {
    /// As a rule file; a guard passes on blank facts, so that it is a real request that meets it.
    fn source(&self) -> String {
        let rule = |when: &str, then: &str| {
            format!("{HELPERS}route(\"bad.one\", #{{ any: [\"涨价\"], {when}then: {then}, basis: \"示\" }});\n{GOOD}")
        };
        if !self.guard.is_empty() {
            let when = format!("when: |t| {{ if t.text == \"\" {{ return false; }} {} }}, ", self.guard);
            rule(&when, "#{ lead: \"区交通局\", weight: 9 }")
        } else if !self.then.is_empty() {
            rule("", &format!("|t| {{ if t.text == \"\" {{ return (); }} {} }}", self.then))
        } else if !self.file.is_empty() {
            format!("{}\n{GOOD}", self.file)
        } else {
            format!("{}{}{}\n{GOOD}", self.before, self.part.repeat(self.times), self.after)
        }
    }
}

static BASE: LazyLock<Files> = LazyLock::new(|| pack("").release_files("demo"));

/// What becomes of it: refused with its codes, or what the decision says.
fn outcome(attack: &Attack, facts: &Arc<Facts>, cache: &Mutex<Cache>) -> String {
    let source = attack.source();
    // On the stack of this thread, as long as it is.
    let _ = compile_file("rules/demo/attack.rhai", &source);
    let mut files = BASE.clone();
    files.insert("rules/demo/attack.rhai".to_owned(), source);
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    cache.next_round();
    let (release, found) = Release::compile("demo", &files, &mut cache);
    drop(cache);
    assert!(found.iter().all(|it| it.render().len() < 20_000), "{}: it says too much", attack.name);
    let Some(release) = release.filter(|_| !found.iter().any(|it| it.is_error())) else {
        let mut codes: Vec<String> =
            found.iter().filter(|it| it.is_error()).map(|it| it.code.name().to_owned()).collect();
        codes.sort();
        codes.dedup();
        return format!("refused {}", codes.join(","));
    };
    let now = crate::demo::NOW.parse().expect("an instant");
    let (matches, earlier, precedents, made_with, trace) = Default::default();
    let given = Given { facts: facts.clone(), matches, answer: None, now, made_with, earlier, precedents, trace };
    let decision = decide(&release, given);
    let bad: Vec<_> = decision.failed_rules.iter().filter(|it| it.rule == "bad.one").collect();
    assert!(decision.failed_rules.len() == bad.len(), "{:?}", decision.failed_rules);
    assert!(bad.iter().all(|it| it.message.len() < 2_000 && !it.message.contains("13812345678")), "{bad:?}");
    assert_eq!(decision.lead.value, "区市场监管局", "{}: the good rule goes on", attack.name);
    if bad.is_empty() { "harmless".to_owned() } else { "fails".to_owned() }
}

/// Not a test of its own: does nothing unless the parent started it.
#[test]
fn child() {
    let Some(stack) = std::env::var_os(STACK).and_then(|it| it.to_str()?.parse::<usize>().ok()) else { return };
    // Its watchdog: what a step may cost is bounded by time alone.
    let _pool = Pool::start(1, 1).expect("threads");
    let text = format!("超市涨价500元，电话13812345678。{}", "价格长得很长。".repeat(2_500));
    let decided = crate::demo::decide(GOOD, &text);
    let facts = Arc::new(decided.facts.clone());
    let cache = Arc::new(Mutex::new(Cache::default()));
    for attack in &CATALOGUE.attack {
        say(&format!("begin {}", attack.name));
        let (facts, cache) = (facts.clone(), cache.clone());
        let run = move || say(&format!("end {} => {}", attack.name, outcome(attack, &facts, &cache)));
        let ended = thread::Builder::new().stack_size(stack).spawn(run).expect("a thread").join();
        if ended.is_err() {
            say(&format!("end {} => panicked", attack.name));
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    say(&format!("memory {}", peak.trim().trim_end_matches(" kB").trim()));
}

fn say(line: &str) {
    // Past the test harness, which would keep the output to itself.
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "\n{line}").and_then(|()| out.flush());
}

/// What one child says, by attack; an attack that ended the process is told as such, and its memory.
fn run(stack: usize) -> (BTreeMap<String, String>, u64) {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(["--exact", "rules::attacks::child", "--nocapture", "--test-threads", "1"]);
    command.env(STACK, stack.to_string()).env_remove("RUST_MIN_STACK").stderr(Stdio::null());
    let output = command.output().expect("a child");
    let (mut told, mut memory) = (BTreeMap::new(), 0);
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some(name) = line.strip_prefix("begin ") {
            told.insert(name.to_owned(), "ended the process".to_owned());
        } else if let Some((name, outcome)) = line.strip_prefix("end ").and_then(|it| it.split_once(" => ")) {
            told.insert(name.to_owned(), outcome.to_owned());
        } else if let Some(peak) = line.strip_prefix("memory ") {
            memory = peak.parse().unwrap_or(u64::MAX);
        }
    }
    (told, memory)
}

#[test]
fn no_script_hurts() {
    let stacks = if std::env::var_os("PAIDAN_ATTACKS").is_some() { &STACKS[..] } else { &STACKS[..1] };
    let children: Vec<_> = stacks.iter().map(|&stack| thread::spawn(move || (stack, run(stack)))).collect();
    let mut wrong = Vec::new();
    for child in children {
        let (stack, (told, memory)) = child.join().expect("a child");
        for attack in &CATALOGUE.attack {
            let outcome = told.get(&attack.name).map_or("not reached", String::as_str);
            let as_expected = match outcome.strip_prefix("refused ") {
                Some(codes) => attack.expect == "refused" && codes.contains(&attack.code),
                None => outcome == attack.expect,
            };
            if !as_expected {
                wrong.push(format!(
                    "{} KiB: {}: {outcome}, not {} {}",
                    stack >> 10,
                    attack.name,
                    attack.expect,
                    attack.code
                ));
            }
        }
        if memory == 0 || memory > MOST_MEMORY {
            wrong.push(format!("{} KiB: {memory} KiB of memory", stack >> 10));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CATALOGUE.attack.len(), wrong.join("\n"));
}

#[test]
fn every_attack_has_a_name_of_its_own() {
    let mut names: Vec<&str> = CATALOGUE.attack.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert!(names.len() == all && all >= 91, "{all}");
}
