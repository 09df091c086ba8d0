//! 知识缺口: alike questions together, the most asked first.

use chrono::{DateTime, TimeDelta, Utc};
use paidan::knowledge::gaps::{Asked, Lack, group};
use paidan::matter::Signature;
use paidan::text::{Gazetteer, Lexicon, analyse};
use proptest::prelude::*;

fn asked(day: i64, text: &str, unit: &str) -> Asked {
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("an instant");
    Asked {
        lack: Lack::Unanswered,
        text: text.into(),
        at: start + TimeDelta::days(day),
        ticket: format!("DM-20260101-{day:05}"),
        signature: Signature::of(&analyse(Lexicon::plain(), &Gazetteer::empty(), text)),
        entry: String::new(),
        confidence: 0,
        unit: unit.into(),
        said: String::new(),
    }
}

/// HN-45: 查漏纠错: what is asked most and is not answered comes first, with the unit that gets it most often.
#[test]
fn hn_45_alike_questions_make_one_gap() {
    let gaps = group(vec![
        asked(3, "电动自行车上牌需要带什么材料去哪里办理", "交警"),
        asked(1, "我想问电动自行车上牌要带什么材料，去哪里办理", "交警"),
        asked(2, "宠物犬登记在哪里办", "综合执法局"),
        asked(5, "电动自行车上牌需要带什么材料，到哪里办理", "行政审批局"),
        asked(4, "露营基地怎么备案", ""),
    ]);
    let shown: Vec<_> = gaps.iter().map(|gap| (gap.count, gap.unit.as_str())).collect();
    assert_eq!(shown, [(3, "交警"), (1, "综合执法局"), (1, "")], "{gaps:#?}");
    assert_eq!(gaps[0].tickets, ["DM-20260101-00005", "DM-20260101-00003", "DM-20260101-00001"], "the newest first");
    assert!(gaps[1].first < gaps[2].first, "of one size the oldest first");
}

#[test]
fn a_wrong_answer_is_a_gap_of_its_entry() {
    let wrong = |day, text: &str, said: &str| Asked {
        lack: Lack::Wrong,
        entry: "a".into(),
        confidence: 900,
        said: said.into(),
        ..asked(day, text, "甲局")
    };
    let gaps = group(vec![
        wrong(1, "怎么年报", "地址是旧的"),
        wrong(2, "个体户年报截止时间", ""),
        asked(3, "怎么年报", "甲局"),
    ]);
    let shown: Vec<_> = gaps.iter().map(|gap| (gap.lack, gap.count, gap.said.clone())).collect();
    assert_eq!(shown, [(Lack::Wrong, 2, vec!["地址是旧的".to_owned()]), (Lack::Unanswered, 1, vec![])]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// However they come in, the gaps are the same, and no question is lost.
    #[test]
    fn the_order_changes_nothing(days in prop::collection::vec(0_i64..6, 1..12)) {
        let texts = ["怎么年报", "宠物犬登记", "露营备案手续", "电动车上牌"];
        let all: Vec<Asked> = (0..).zip(&days).map(|(n, day)| asked(*day * 20 + n, texts[*day as usize % 4], "甲局")).collect();
        let mut reversed = all.clone();
        reversed.reverse();
        let gaps = group(all);
        prop_assert_eq!(&gaps, &group(reversed));
        prop_assert_eq!(gaps.iter().map(|gap| gap.count).sum::<usize>(), days.len());
    }
}
