//! 命中测试: the numbers of the live path, and what stands behind them.

use paidan::knowledge::guide::Guided;
use paidan::knowledge::regression::parse;
use paidan::knowledge::{Abstain, Asking, Entry, FoldKind, How};
use paidan::packs::Source;
use paidan::text::Gazetteer;
use paidan::ticket::Request;
use paidan::triage::{History, MATCHES, Probe, triage};

use super::{asking, build, entry, lexicon};

/// The score of a hit test is the score of a decision, digit for digit.
#[test]
fn a_hit_test_gives_what_a_decision_gives() {
    let world = crate::shipped::world();
    let pack = Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read().expect("the packs");
    let (path, text) = pack.questions("longhua").expect("questions are shipped");
    let release = world.snapshot.release("longhua").expect("a release");
    let now = "2026-01-01T02:00:00Z".parse().expect("an instant");
    let asking = Asking {
        jurisdiction: "longhua",
        lexicon: &release.lexicon,
        gazetteer: &release.gazetteer,
        today: "2026-01-01".parse().expect("a date"),
        threshold: release.answer_threshold(),
        review: release.review_terms(),
    };
    let knowledge = world.snapshot.knowledge("longhua");
    for question in parse(path, text).expect("sound questions").iter().step_by(7) {
        let request = Request { jurisdiction: "longhua".into(), text: question.text.clone(), ..Request::default() };
        let (decision, ..) = triage(&world.snapshot, &request, &History::default(), now, Probe::Off);
        let explained = knowledge.explain(&asking, &question.text, MATCHES);
        let found: Vec<_> = explained.matches.into_iter().map(|it| it.found).collect();
        assert_eq!(found, decision.matches, "{}", question.text);
        assert_eq!(explained.answer.is_some(), explained.why_not.is_empty());
    }
}

/// HK-11: a ticket that is a keyword and nothing else is answered at once.
#[test]
fn hk_11_a_ticket_that_is_a_keyword_is_answered() {
    let world = crate::shipped::world();
    let now = "2026-01-01T02:00:00Z".parse().expect("an instant");
    for (jurisdiction, text, entry) in [
        ("longhua", "社保卡", "lh-shbx-008"),
        ("longhua", "居住証", "lh-hjjt-002"),
        ("haikou", "企业年报", "hk-qykb-003"),
    ] {
        let request = Request { jurisdiction: jurisdiction.into(), text: text.into(), ..Request::default() };
        let (decision, ..) = triage(&world.snapshot, &request, &History::default(), now, Probe::Off);
        let answer = decision.answer.as_ref().map(|answer| answer.entry.as_str());
        assert_eq!((decision.matches[0].confidence, answer), (1000, Some(entry)), "{text}: {decision:?}");
    }
}

/// HK-13: the shipped guides lead somewhere, whatever is chosen.
#[test]
fn hk_13_every_shipped_guide_ends_in_an_answer() {
    let world = crate::shipped::world();
    let today = "2026-01-01".parse().expect("a date");
    let mut guides = 0;
    for (jurisdiction, knowledge) in &world.snapshot.knowledge {
        let entries: Vec<_> = knowledge.published().map(|it| &it.entry).collect();
        let loose = paidan::knowledge::links::loose_ends(entries.iter().copied());
        assert!(loose.is_empty(), "{jurisdiction}: {loose:?}");
        for entry in entries.iter().filter(|entry| !entry.guide.is_empty()) {
            guides += 1;
            let mut open = vec![Vec::<String>::new()];
            while let Some(choices) = open.pop() {
                match knowledge.guided(jurisdiction, &entry.id, &choices, today) {
                    Ok(Guided::Answer { text, .. }) => assert!(!text.trim().is_empty(), "{choices:?}"),
                    Ok(Guided::Ask { step, .. }) => {
                        open.extend(step.options.iter().map(|it| [choices.clone(), vec![it.text.clone()]].concat()));
                    }
                    Err(astray) => panic!("{}: {astray}", entry.id),
                }
            }
        }
    }
    assert!(guides >= 6, "{guides}");
}

#[test]
fn it_shows_synonyms_folded_forms_and_what_was_not_said() {
    let (lexicon, gazetteer) = (lexicon(), Gazetteer::empty());
    let knowledge = build(
        vec![
            entry("a", "营业执照怎么注销", &[]),
            entry("b", "营业执照怎么变更", &[]),
            entry("c", "公积金怎么提取", &[]),
        ],
        &lexicon,
    );
    let explained = knowledge.explain(&asking(&lexicon, &gazetteer), "請問執照本怎么銷户ＡＢ", 5);
    let best = &explained.matches[0];
    assert_eq!(best.found.entry, "a");
    let said: Vec<_> = best.meant.iter().map(|it| (it.said.as_str(), it.entry.as_str())).collect();
    assert!(said.contains(&("执照本", "营业执照")) && said.contains(&("销户", "注销")), "{said:?}");
    let folds: Vec<_> = explained.folded.iter().map(|it| (it.said.as_str(), it.read.as_str(), it.kind)).collect();
    assert!(folds.contains(&("請問執", "请问执", FoldKind::Glyph)), "{folds:?}");
    assert!(folds.contains(&("ＡＢ", "ab", FoldKind::Width)), "{folds:?}");
    assert!(explained.silent.iter().any(|word| word == "怎么"), "{:?}", explained.silent);
    let money = knowledge.explain(&asking(&lexicon, &gazetteer), "gongjijin怎么取出来", 5);
    let met: Vec<_> = money.matches[0].meant.iter().map(|it| (it.how, it.said.as_str(), it.entry.as_str())).collect();
    assert_eq!(met, [(How::Related, "取出来", "提取"), (How::Sound, "gongjijin", "公积金")]);
    assert_eq!(knowledge.explain(&asking(&lexicon, &gazetteer), "讲个笑话吧", 5).small_talk, 1_000);
    let half = knowledge.explain(&asking(&lexicon, &gazetteer), "营业执照", 5);
    assert!(half.answer.is_none() && half.why_not.contains("低于门槛 800‰"), "{}", half.why_not);
    assert!(half.matches[0].unasked.iter().any(|word| word == "注销" || word == "变更"), "{half:?}");
    assert!(half.needed[0].contains("还差"), "{:?}", half.needed);
    assert!(half.needed.iter().any(|line| line.contains("难分")), "{:?}", half.needed);
}

#[test]
fn what_nothing_answers_says_what_would_help() {
    let (lexicon, gazetteer) = (lexicon(), Gazetteer::empty());
    let mut old = entry("old", "消费券怎么领取", &[]);
    old.valid_until = "2025-12-31".into();
    let mut next = entry("next", "春运车票怎么买", &[]);
    next.valid_from = "2026-02-01".into();
    let knowledge = build(vec![old, next, entry("c", "公积金怎么提取", &[])], &lexicon);
    let asking = asking(&lexicon, &gazetteer);
    let explained = knowledge.explain(&asking, "消费券怎么领取", 5);
    assert!(explained.matches.iter().all(|it| it.found.entry != "old"));
    assert_eq!((explained.out_of_force[0].entry.as_str(), explained.out_of_force[0].confidence), ("old", 1000));
    assert!(explained.needed[0].contains("至 2025-12-31"), "{:?}", explained.needed);
    assert_eq!(knowledge.explain(&asking, "春运车票怎么买", 5).out_of_force[0].entry, "next");
    let nothing = knowledge.explain(&asking, "火星旅行", 5);
    assert_eq!(nothing.why_not, Abstain::NoMatch.to_string());
    assert!(nothing.needed[0].contains("新增条目"));
}

fn with_keywords(id: &str, question: &str, keywords: &[&str]) -> Entry {
    Entry { keywords: keywords.iter().map(ToString::to_string).collect(), ..entry(id, question, &[]) }
}

/// HK-11: a message that is a keyword and nothing else is answered by its entry.
#[test]
fn hk_11_a_keyword_alone_is_answered_by_its_entry() {
    let (lexicon, gazetteer) = (lexicon(), Gazetteer::empty());
    let entries = vec![
        with_keywords("a", "社保业务有哪些办理渠道", &["社保", "五险"]),
        entry("b", "社保怎么转移", &["社保转移"]),
        Entry { valid_until: "2025-12-31".into(), ..with_keywords("0", "旧的", &["社保"]) },
    ];
    let knowledge = build(entries, &lexicon);
    let asking = asking(&lexicon, &gazetteer);
    for text in ["社保", " 社 保 。", "社保！", "五險"] {
        let explained = knowledge.explain(&asking, text, 5);
        let best = &explained.matches[0];
        assert_eq!((best.found.entry.as_str(), best.found.confidence, best.keyword), ("a", 1000, true), "{text}");
        assert_eq!(explained.answer.map(|it| it.text), Some("a 的答案".to_owned()));
        assert_eq!(explained.matches.iter().filter(|it| it.found.entry == "a").count(), 1);
    }
    let more = knowledge.explain(&asking, "社保怎么转移", 5);
    assert_eq!((more.matches[0].found.entry.as_str(), more.matches[0].keyword), ("b", false));
    let gone = knowledge
        .with_changes(
            "1-8",
            vec![paidan::knowledge::Change::Retire { jurisdiction: "demo".into(), id: "a".into() }],
            &lexicon,
        )
        .expect("an index");
    assert!(gone.explain(&asking, "五险", 5).matches.is_empty(), "a keyword goes with its entry");
}

/// HK-11: entries are linked to entries, and links that lead nowhere are told.
#[test]
fn hk_11_linked_entries_are_shown_with_the_answer() {
    let (lexicon, gazetteer) = (lexicon(), Gazetteer::empty());
    let first =
        Entry { related: vec!["b".into(), "gone".into()], ..with_keywords("a", "开店要办什么", &["开店"]) };
    let entries = vec![first, with_keywords("b", "食品许可怎么办", &["开店"])];
    let loose = paidan::knowledge::links::loose_ends(&entries);
    let said: Vec<_> = loose.iter().map(|(id, message)| (id.as_str(), message.contains("gone"))).collect();
    assert_eq!(said, [("a", true), ("b", false)], "{loose:?}");
    let knowledge = build(entries, &lexicon);
    let answer = knowledge.explain(&asking(&lexicon, &gazetteer), "开店要办什么", 5).answer.expect("an answer");
    let related: Vec<_> = answer.related.iter().map(|it| (it.entry.as_str(), it.question.as_str())).collect();
    assert_eq!(related, [("b", "食品许可怎么办")]);
}

#[test]
fn keywords_links_and_tags_are_checked() {
    let broken = Entry {
        keywords: vec!["社保".into(), "社 保".into(), "！".into(), "字".repeat(31)],
        related: vec!["a".into()],
        tags: vec!["高新".into(), "高新".into()],
        ..entry("a", "问", &[])
    };
    let wrong = broken.check().join("\n");
    for part in ["「社 保」重复", "「！」没有文字", "最多 30 字", "条目自己", "「高新」重复"]
    {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
}
