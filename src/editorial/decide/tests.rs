//! Who may do what with an entry, and in which order.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::editorial::State;
use crate::knowledge::Published;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn entry(answer: &str) -> Box<Entry> {
    let (question, owner) = ("营业执照怎么办理".to_owned(), "区市场监管局".to_owned());
    Box::new(Entry { id: "a-1".into(), question, owner, answer: answer.into(), ..Entry::default() })
}

fn person(name: &str) -> Actor {
    Actor { person: name.into(), role: Role::KnowledgeMaintainer, ..Actor::default() }
}

fn save(answer: &str) -> Command {
    Command::Save { entry: entry(answer), message: String::new(), restored: None }
}

fn submit() -> Command {
    Command::Submit { findings: Vec::new() }
}

fn because(reason: &str) -> String {
    reason.to_owned()
}

/// The article after these commands of these people; each must be allowed.
#[track_caller]
fn after(commands: Vec<(&str, Command)>) -> Article {
    commands.into_iter().fold(Article::default(), |article, (name, command)| {
        let known = (article.revision > 0).then_some(&article);
        let step = decide(known, "a-1", article.revision, command, &person(name)).expect("allowed");
        article.after(&step, &person(name), NOW)
    })
}

#[track_caller]
fn refused(article: &Article, name: &str, command: Command) -> Refusal {
    decide(Some(article), "a-1", article.revision, command, &person(name)).expect_err("refused")
}

/// RC-13 and HN-45: nothing is published but what another person than its authors has approved.
#[test]
fn rc_13_what_one_wrote_another_publishes() {
    let submitted = after(vec![("甲", save("一")), ("乙", save("二")), ("甲", submit())]);
    for author in ["甲", "乙"] {
        assert_eq!(refused(&submitted, author, Command::Approve), Refusal::OwnWork, "{author}");
    }
    let step = decide(Some(&submitted), "a-1", 3, Command::Approve, &person("丙")).expect("a second person");
    let published = submitted.after(&step, &person("丙"), NOW);
    let live = published.live.as_ref().expect("it is live");
    assert_eq!((live.version, published.versions, published.revision, &published.draft), (2, 2, 4, &None));
    assert_eq!(refused(&published, "丙", Command::Approve).code(), "entry_state", "nothing waits any more");
}

#[test]
fn an_edit_after_the_submission_has_to_be_submitted_again() {
    let edited = after(vec![("甲", save("一")), ("甲", submit()), ("乙", save("二"))]);
    assert_eq!(refused(&edited, "丙", Command::Approve).code(), "entry_state");
    let returned =
        after(vec![("甲", save("一")), ("甲", submit()), ("乙", Command::Return { reason: because("缺依据") })]);
    assert!(
        matches!(returned.draft.as_ref().map(|draft| &draft.stage), Some(Stage::Returned { reason, .. }) if reason == "缺依据")
    );
    assert_eq!(refused(&returned, "乙", Command::Approve).code(), "entry_state");
    assert!(decide(Some(&returned), "a-1", 3, submit(), &person("甲")).is_ok());
}

#[test]
fn whoever_saw_an_older_state_is_told() {
    let article = after(vec![("甲", save("一")), ("乙", save("二"))]);
    let late = decide(Some(&article), "a-1", 1, save("三"), &person("丙"));
    assert_eq!(late, Err(Refusal::Moved { id: "a-1".into(), seen: 1, actual: 2 }));
    let other = decide(None, "a-1", 0, submit(), &person("丙"));
    assert_eq!(other, Err(Refusal::Unknown { id: "a-1".into() }));
}

#[test]
fn what_a_pack_replaced_meanwhile_is_not_undone_unseen() {
    let drafted = after(vec![("甲", save("一")), ("甲", submit()), ("乙", Command::Approve), ("甲", save("二"))]);
    let replaced = drafted.after(&Step::Filed { entry: entry("新") }, &Actor::system(), NOW);
    assert_eq!(refused(&replaced, "甲", submit()), Refusal::Outdated { base: Some(1), live: 3 });
    let again =
        replaced.after(&Step::Saved { entry: entry("二"), message: String::new(), restored: None }, &person("甲"), NOW);
    assert!(decide(Some(&again), "a-1", again.revision, submit(), &person("甲")).is_ok());
}

/// LH-60: 谁提供谁负责.
#[test]
fn lh_60_a_unit_writes_what_it_answers_for() {
    let unit = |unit: &str| Actor { person: "丁".into(), role: Role::Unit, unit: unit.into(), ..Actor::default() };
    assert!(decide(None, "a-1", 0, save("一"), &unit("区市场监管局")).is_ok());
    let owner = "区市场监管局".to_owned();
    assert_eq!(
        decide(None, "a-1", 0, save("一"), &unit("区交通局")),
        Err(Refusal::NotYourUnit { owner: owner.clone() })
    );
    let live = after(vec![("甲", save("一")), ("甲", submit()), ("乙", Command::Approve)]);
    assert_eq!(decide(Some(&live), "a-1", 3, Command::Confirm, &unit("区交通局")), Err(Refusal::NotYourUnit { owner }));
    assert_eq!(decide(Some(&live), "a-1", 3, Command::Confirm, &unit("区市场监管局")), Ok(Step::Confirmed));
    // What is written of a change of owner changes nothing for what is live.
    let mut moved = entry("移交");
    moved.owner = "区交通局".into();
    let moved = live.after(&Step::Saved { entry: moved, message: String::new(), restored: None }, &person("甲"), NOW);
    assert!(decide(Some(&moved), "a-1", 4, Command::Withdraw { reason: because("停") }, &unit("区交通局")).is_err());
    assert_eq!(decide(Some(&moved), "a-1", 4, Command::Confirm, &unit("区市场监管局")), Ok(Step::Confirmed));
    // Nor can it take another unit's entry by naming itself the owner.
    let mut mine = entry("我的");
    mine.owner = "区交通局".into();
    let take = Command::Save { entry: mine, message: String::new(), restored: None };
    assert!(decide(Some(&live), "a-1", 3, take, &unit("区交通局")).is_err());
}

#[test]
fn what_has_no_reason_is_not_done() {
    let live = after(vec![("甲", save("一")), ("甲", submit()), ("乙", Command::Approve)]);
    for reason in ["", "  ", &"长".repeat(201)] {
        let refusal = refused(&live, "甲", Command::Withdraw { reason: because(reason) });
        assert!(["no_reason", "too_long"].contains(&refusal.code()), "{refusal:?}");
    }
    let withdrawn = live.after(&Step::Withdrawn { reason: because("停办") }, &person("甲"), NOW);
    assert!(withdrawn.live.is_none() && withdrawn.kept_out());
    assert_eq!(refused(&withdrawn, "甲", Command::Confirm).code(), "entry_state");
    assert_eq!(refused(&withdrawn, "甲", Command::Drop).code(), "entry_state");
    assert!(decide(Some(&withdrawn), "a-1", 4, save("再来"), &person("甲")).is_ok(), "it can come back");
}

/// LH-60: published, due, expired.
#[test]
fn lh_60_the_state_follows_from_the_day() {
    let live = after(vec![("甲", save("一")), ("甲", submit()), ("乙", Command::Approve)]);
    let day = |text: &str| text.parse().expect("a date");
    let state = |change: fn(&mut Entry), today: &str| {
        let mut entry = *entry("一");
        change(&mut entry);
        let published = Published { jurisdiction: "demo".into(), entry, as_of: day("2026-01-01") };
        live.state(Some(&published), Default::default(), day(today))
    };
    assert_eq!(state(|_| (), "2026-06-30"), State::Published, "180 days after");
    assert_eq!(state(|_| (), "2026-07-01"), State::Due);
    assert_eq!(state(|entry| entry.policy = true, "2026-01-31"), State::Published);
    assert_eq!(state(|entry| entry.policy = true, "2026-02-01"), State::Due);
    assert_eq!(state(|entry| (entry.review_days, entry.policy) = (7, true), "2026-01-09"), State::Due);
    assert_eq!(state(|entry| entry.valid_until = "2026-01-05".into(), "2026-01-06"), State::Expired);
    let drafted = after(vec![("甲", save("一"))]);
    assert_eq!(drafted.state(None, Default::default(), day("2026-01-01")), State::Draft);
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => "[一二三]".prop_map(|answer| save(&answer)),
        3 => Just(submit()),
        3 => Just(Command::Approve),
        1 => Just(Command::Return { reason: because("再改") }),
        1 => Just(Command::Withdraw { reason: because("停办") }),
        1 => Just(Command::Confirm),
        1 => Just(Command::Drop),
    ]
}

proptest! {
    /// RC-13: whatever people do in whatever order, nobody publishes what they wrote themselves.
    #[test]
    fn rc_13_nobody_publishes_their_own_words(commands in prop::collection::vec((0_usize..3, any_command()), 1..40)) {
        let mut article = Article::default();
        let mut authors: std::collections::BTreeMap<u32, &str> = Default::default();
        for (who, command) in commands {
            let name = ["甲", "乙", "丙"][who];
            let known = (article.revision > 0).then_some(&article);
            let Ok(step) = decide(known, "a-1", article.revision, command, &person(name)) else { continue };
            let next = article.after(&step, &person(name), NOW);
            prop_assert_eq!(next.revision, article.revision + 1);
            match step {
                Step::Saved { .. } => {
                    prop_assert_eq!(next.versions, article.versions + 1);
                    authors.insert(next.versions, name);
                }
                Step::Published => {
                    let live = next.live.as_ref().expect("it is live").version;
                    prop_assert_ne!(authors.get(&live), Some(&name));
                    prop_assert_eq!(Some(live), article.draft.as_ref().map(|draft| draft.version));
                }
                _ => prop_assert_eq!(next.versions, article.versions),
            }
            article = next;
        }
    }
}
