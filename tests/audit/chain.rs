//! Files: the chain, days, tears, and what tampering looks like.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use paidan::audit::{Act, Audit, Line, Query, What, read, verify};

fn at(hours: i64) -> DateTime<Utc> {
    "2026-03-01T01:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

fn act(target: &str) -> Act {
    Act { client: "热线".into(), person: "热线/001".into(), target: target.into(), status: 200, ..Act::default() }
}

/// Opens, writes one line per hour, closes.
fn day(dir: &Path, hours: impl IntoIterator<Item = i64>) {
    let mut hours = hours.into_iter().peekable();
    let audit = Audit::open(dir, 180, at(*hours.peek().unwrap())).unwrap();
    let mut last = 0;
    for hour in hours {
        audit.note_waiting(at(hour), act(&format!("/v1/tickets/{hour}"))).unwrap();
        last = hour;
    }
    audit.close(at(last));
}

fn lines(dir: &Path, query: &Query) -> Vec<Line> {
    let mut found = Vec::new();
    read(dir, query, &mut |line| {
        found.push(line);
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

fn file(dir: &Path, day: &str) -> PathBuf {
    dir.join(format!("{day}.jsonl"))
}

#[test]
fn a_day_is_sealed_when_the_next_begins_and_the_chain_goes_on_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    day(dir.path(), 0..3);
    // 16:00 UTC is the next day in China.
    day(dir.path(), [4, 15, 16, 40]);
    let checked = verify(dir.path()).unwrap();
    assert_eq!((checked.files, checked.faults.len(), checked.first), (3, 0, 1), "{checked:?}");
    let days: Vec<String> = checked.seals.iter().map(|(day, _)| day.to_string()).collect();
    assert_eq!(days, ["2026-03-01", "2026-03-02"]);
    let all = lines(dir.path(), &Query::default());
    assert_eq!(all.len() as u64, checked.lines);
    assert!(all.iter().zip(1..).all(|(line, n)| line.n == n));
    assert!(matches!(all[0].what, What::Opened { .. }) && matches!(all.last().unwrap().what, What::Closed));
    let mode = |day| fs::metadata(file(dir.path(), day)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("2026-03-01"), mode("2026-03-03")), (0o400, 0o600));
}

#[test]
fn a_clock_set_back_writes_on_in_the_newest_file() {
    let dir = tempfile::tempdir().unwrap();
    day(dir.path(), [0, 30]);
    day(dir.path(), [2, 3]);
    let checked = verify(dir.path()).unwrap();
    assert_eq!((checked.files, checked.faults.len()), (2, 0), "{checked:?}");
    assert_eq!(lines(dir.path(), &Query::default()).len() as u64, checked.lines);
}

/// What is done to the text of a file.
type Tampering = fn(&str) -> String;

#[test]
fn whatever_is_done_to_a_file_is_seen() {
    let tamperings: [(&str, Tampering); 6] = [
        ("a word changed", |text| text.replacen("热线/001", "热线/002", 1)),
        ("a line removed", |text| without(text, 2)),
        ("a line doubled", |text| format!("{}\n{text}", text.lines().next().unwrap())),
        ("two lines swapped", |text| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.swap(1, 2);
            lines.join("\n") + "\n"
        }),
        ("the seal removed", |text| without(text, text.lines().count() - 1)),
        ("a line after the seal", |text| format!("{text}{}\n", text.lines().next().unwrap())),
    ];
    for (what, tamper) in tamperings {
        let dir = tempfile::tempdir().unwrap();
        day(dir.path(), [0, 1, 2, 20]);
        let path = file(dir.path(), "2026-03-01");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, tamper(&text)).unwrap();
        assert!(!verify(dir.path()).unwrap().faults.is_empty(), "{what}");
    }
}

fn without(text: &str, line: usize) -> String {
    let kept = text.lines().enumerate().filter(|(n, _)| *n != line);
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

#[test]
fn every_single_flipped_bit_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    day(dir.path(), [0, 1]);
    let path = file(dir.path(), "2026-03-01");
    let bytes = fs::read(&path).unwrap();
    for bit in (0..bytes.len() * 8).step_by(7) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        let checked = verify(dir.path()).unwrap();
        // A lost end of line at the very end looks like a write in progress: the line itself is not counted then.
        assert!(!checked.faults.is_empty() || checked.lines < 4, "bit {bit}");
    }
}

#[test]
fn a_torn_end_is_kept_aside_and_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    day(dir.path(), [0, 1]);
    let path = file(dir.path(), "2026-03-01");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    day(dir.path(), [2]);
    let checked = verify(dir.path()).unwrap();
    assert_eq!(checked.faults, [], "{checked:?}");
    let torn = lines(dir.path(), &Query::default()).into_iter().any(|line| matches!(line.what, What::Torn { .. }));
    assert!(torn && path.with_extension("jsonl.torn-1").exists());
}

/// 网络安全法: at least six months, whatever is asked for.
#[test]
fn days_are_kept_half_a_year_and_then_removed() {
    let dir = tempfile::tempdir().unwrap();
    for n in [0, 100, 200, 280] {
        day(dir.path(), [n * 24]);
    }
    let checked = verify(dir.path()).unwrap();
    let days: Vec<String> = checked.seals.iter().map(|(day, _)| day.to_string()).collect();
    assert_eq!((checked.faults.len(), days.len(), checked.files), (0, 2, 3), "{checked:?}");
    assert!(checked.first > 1);
}

#[test]
fn queries_find_by_person_client_target_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let audit = Audit::open(dir.path(), 180, at(0)).unwrap();
    audit.note_waiting(at(1), act("/v1/tickets/A")).unwrap();
    audit.note_waiting(at(2), Act { person: "乙".into(), personal: true, ..act("/v1/tickets/B") }).unwrap();
    audit.note_waiting(at(30), Act { jurisdiction: "hunan".into(), ..act("/v1/tickets/A") }).unwrap();
    audit.close(at(31));
    let count = |query: Query| lines(dir.path(), &query).len();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(count(Query { person: some("乙"), ..Query::default() }), 1);
    assert_eq!(count(Query { target: some("tickets/A"), ..Query::default() }), 2);
    assert_eq!(count(Query { personal: true, ..Query::default() }), 1);
    assert_eq!(count(Query { jurisdiction: some("hunan"), ..Query::default() }), 1);
    assert_eq!(count(Query { client: some("热线"), until: Some(at(2)), ..Query::default() }), 1);
    assert_eq!(count(Query { from: Some(at(30)), target: some("A"), ..Query::default() }), 1);
}
