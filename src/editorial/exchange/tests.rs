//! Files out and in again, what is wrong with them, and what an import would change.

use proptest::prelude::*;

use super::*;
use crate::editorial::{Article, Step, Version};
use crate::ticket::Actor;

fn read(format: Format, bytes: &[u8]) -> Result<Vec<Entry>, Vec<Diagnostic>> {
    let placed = match format {
        Format::Xlsx => read_book("a.xlsx", bytes),
        _ => read_text(format, &format!("a.{}", format.ending()), std::str::from_utf8(bytes).expect("UTF-8")),
    };
    placed.map(|placed| placed.into_iter().map(|it| it.entry).collect())
}

fn some(chars: &'static str) -> impl Strategy<Value = String> {
    chars.prop_map(|text: String| text)
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let words = "[一二三问答，。“”,;\"'#=\\[\\]{}<>&a-z0-9 \n]{0,12}";
    let plain = "[一-龥a-z0-9,\"]{1,6}";
    let texts = (some(plain), prop::collection::vec(some(plain), 0..4), some(words), some(words), some(words));
    let rest = (some(words), some(words), any::<bool>(), 0_u32..400, any::<bool>());
    (texts, rest).prop_map(
        |((question, similar, answer, basis, source), (category, topic, policy, review_days, dated))| {
            let day = |day: &str| if dated { day.to_owned() } else { String::new() };
            Entry {
                question,
                similar,
                answer: format!("答{answer}"),
                basis,
                source,
                owner: "区市场监管局".into(),
                category,
                topic,
                valid_from: day("2026-01-01"),
                valid_until: day("2026-12-31"),
                policy,
                review_days,
                ..Entry::default()
            }
        },
    )
}

/// A cell that holds blanks only is an empty one.
fn without_blanks(mut entry: Entry) -> Entry {
    for text in [&mut entry.basis, &mut entry.source, &mut entry.category, &mut entry.topic] {
        if text.trim().is_empty() {
            text.clear();
        }
    }
    entry
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// HN-45: what is exported can be imported again, and is the same.
    #[test]
    fn hn_45_entries_written_and_read_are_the_same(entries in prop::collection::vec(any_entry(), 0..5)) {
        let numbered = entries.into_iter().enumerate();
        let entries: Vec<Entry> =
            numbered.map(|(at, entry)| without_blanks(Entry { id: format!("e-{at}"), ..entry })).collect();
        for format in Format::ALL {
            let bytes = write(format, &entries).expect("it can be written");
            let again = read(format, &bytes);
            prop_assert_eq!(again.as_ref(), Ok(&entries), "{:?}", format);
            prop_assert_eq!(&write(format, &entries).expect("again"), &bytes, "{:?}", format);
        }
    }
}

#[track_caller]
fn problems(csv: &str) -> Vec<(u32, u32, String)> {
    let wrong = read_text(Format::Csv, "a.csv", csv).expect_err("problems");
    wrong.into_iter().map(|it| (it.line, it.column, it.message)).collect()
}

#[test]
fn what_is_wrong_has_its_row_and_column() {
    let head = "编号,问题,答案,责任单位,失效日期,复核周期,政策\n";
    let found = problems(&format!("{head}a-1,问,答,甲局,,半年,\na-2,问,答,,2026-13-01,,也许\na-1,问,答,甲局,,,\n"));
    assert!(found[0].2.contains("第 2 行“复核周期”：复核周期“半年”读不懂"), "{found:?}");
    assert_eq!((found[0].0, found[0].1), (2, 13));
    assert!(found.iter().any(|it| it.2.contains("第 3 行“政策”")), "{found:?}");
    assert!(found.iter().any(|it| it.2.contains("第 3 行“责任单位”：责任单位 owner 为空")), "{found:?}");
    assert!(found.iter().any(|it| it.2.contains("第 3 行“失效日期”") && it.2.contains("不是日期")), "{found:?}");
    assert!(found.iter().any(|it| it.2.contains("第 4 行的编号「a-1」与第 2 行重复")), "{found:?}");
    assert!(problems("编号,问题,答案,负责单位\n")[0].2.contains("不认识的列“负责单位”"));
    assert!(problems("编号,问题,答案\n")[0].2.contains("没有“责任单位”这一列"));
    assert!(problems(&format!("{head}a-1,问,答,甲局,,,,多了\n"))[0].2.contains("不在任何一列下面"));
    let lines = read_text(Format::Jsonl, "a.jsonl", "{\"id\":1}\n\n{\"id\":\"a\"}\n").expect_err("problems");
    assert_eq!(lines.iter().map(|it| it.line).collect::<Vec<_>>(), [1, 3]);
    assert!(read_book("a.xlsx", b"PK").expect_err("no workbook")[0].message.contains("不是 XLSX 工作簿"));
}

#[test]
fn columns_may_be_named_as_in_toml_and_stand_in_any_order() {
    let csv = "owner,answer,id,question,similar,policy\n甲局,答,a-1,问,\"一\n二\",是\n";
    let entry = &read(Format::Csv, csv.as_bytes()).expect("sound")[0];
    assert_eq!((entry.owner.as_str(), entry.similar.len(), entry.policy), ("甲局", 2, true));
}

fn entry(answer: &str, basis: &str) -> Entry {
    let (question, owner) = ("问".into(), "甲局".into());
    Entry { id: "a".into(), question, owner, answer: answer.into(), basis: basis.into(), ..Entry::default() }
}

fn known(versions: &[(&str, Entry)]) -> Known {
    let actor = |name: &str| Actor { person: name.into(), ..Actor::system() };
    let mut article = Article::default();
    let mut kept = Vec::new();
    for (number, (author, entry)) in (1..).zip(versions) {
        let at = chrono::DateTime::UNIX_EPOCH;
        article = article.after(&Step::Filed { entry: Box::new(entry.clone()) }, &actor(author), at);
        kept.push(Version { number, entry: entry.clone(), author: (*author).into(), ..Version::default() });
    }
    Known { article, live: versions.last().map(|(_, entry)| entry.clone()), versions: kept }
}

#[test]
fn a_plan_says_what_would_change_and_what_would_undo_people() {
    let of = |entry: Entry, known: Option<&Known>| {
        let planned = plan(&Placed { line: 1, row: 1, entry }, known);
        (planned.fate, planned.changes.into_iter().map(|it| it.field).collect::<Vec<_>>().join(","), planned.why)
    };
    assert_eq!(of(entry("一", ""), None).0, Fate::New);
    let edited = known(&[("", entry("一", "旧法")), ("乙", entry("二", "旧法"))]);
    assert_eq!(of(entry("二", "旧法"), Some(&edited)).0, Fate::Unchanged);
    assert_eq!(of(entry("二", "新法"), Some(&edited)), (Fate::Changed, "basis".into(), String::new()));
    let (fate, fields, why) = of(entry("一", "新法"), Some(&edited));
    assert_eq!((fate, fields.as_str()), (Fate::Conflict, "answer,basis"));
    assert!(why.contains("第1版") && why.contains("乙"), "{why}");
    let mut drafted = edited;
    let saved = Step::Saved { entry: Box::new(entry("三", "")), message: String::new(), restored: None };
    let by = Actor { person: "丙".into(), ..Actor::system() };
    drafted.article = drafted.article.after(&saved, &by, chrono::DateTime::UNIX_EPOCH);
    drafted.versions.push(Version { number: 3, entry: entry("三", ""), author: "丙".into(), ..Version::default() });
    assert_eq!(of(entry("三", ""), Some(&drafted)).0, Fate::Unchanged, "it is the draft already");
    let (fate, _, why) = of(entry("四", ""), Some(&drafted));
    assert!(fate == Fate::Conflict && why.contains('丙'), "{why}");
}
