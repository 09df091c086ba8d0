//! What is found, what it says, and that order and history change nothing.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::lesson::{AGREED, DECIDED};
use crate::text::{Gazetteer, Lexicon, analyse};

fn signature(text: &str) -> Signature {
    Signature::of(&analyse(Lexicon::plain(), &Gazetteer::empty(), text))
}

fn decided(number: u64, unit: &str) -> Decided {
    let decided_at = DateTime::UNIX_EPOCH + TimeDelta::minutes(number.cast_signed());
    Decided {
        ticket: TicketId::new("LH", DateTime::UNIX_EPOCH.date_naive(), number).expect("an id"),
        unit: unit.into(),
        category: "民生".into(),
        nature: "投诉".into(),
        decided_at,
        weight: DECIDED,
        returned: Vec::new(),
        snippet: String::new(),
    }
}

const HISTORY: [(&str, &str); 6] = [
    ("小区门口的路灯坏了半个月，晚上漆黑一片", "区城管局"),
    ("龙华大道路灯不亮，晚上走路害怕", "区城管局"),
    ("公园里的路灯整夜不亮，希望尽快维修", "区城管局"),
    ("公司拖欠工资三个月，老板不接电话", "区人力资源局"),
    ("工地拖欠农民工工资", "区人力资源局"),
    ("楼下烧烤店油烟扰民，噪音很大", "区生态环境局"),
];

fn index() -> Similar {
    let mut index = Similar::default();
    for (number, (text, unit)) in (1..).zip(HISTORY) {
        index.put(decided(number, unit), signature(text));
    }
    index
}

#[test]
fn what_is_alike_is_found_and_says_where_it_went() {
    let index = index();
    let cases = [
        ("我家楼下的路灯不亮了，请维修", "区城管局"),
        ("老板拖欠我的工资", "区人力资源局"),
        ("烧烤店油烟太大", "区生态环境局"),
        ("想咨询公积金怎么提取", ""),
        ("", ""),
    ];
    for (text, unit) in cases {
        let hits = index.find(&signature(text), ASKED);
        let found = evidence(&hits);
        assert_eq!(found.unit, unit, "{text}: {hits:?}");
        assert!((0..=1_000).contains(&found.score) && (found.score > 0) != unit.is_empty(), "{text}");
        assert!(hits.is_sorted_by_key(|hit| std::cmp::Reverse(hit.likeness)), "{text}");
    }
    let exact = index.find(&signature(HISTORY[4].0), 1);
    assert_eq!((exact[0].likeness, exact[0].decided.ticket.number()), (1_000, 5));
}

#[test]
fn a_ticket_is_found_at_once_and_no_longer_when_it_is_taken_back() {
    let mut index = index();
    let text = signature("校车超载，家长很担心孩子安全");
    assert!(index.find(&text, ASKED).is_empty());
    index.put(decided(7, "区教育局"), text.clone());
    assert_eq!(evidence(&index.find(&text, ASKED)).unit, "区教育局");
    index.put(decided(7, "区交通局"), text.clone());
    assert_eq!(evidence(&index.find(&text, ASKED)).unit, "区交通局");
    index.remove(&decided(7, "").ticket);
    assert!(index.find(&text, ASKED).is_empty() && index.len() == HISTORY.len());
}

#[test]
fn the_newest_are_kept_and_come_first_among_equals() {
    let mut index = Similar::keeping(3);
    let text = signature("路灯不亮");
    for number in [4, 1, 3, 2, 5] {
        index.put(decided(number, "区城管局"), text.clone());
    }
    let numbers: Vec<u64> = index.find(&text, ASKED).iter().map(|hit| hit.decided.ticket.number()).collect();
    assert_eq!((numbers, index.is_full()), (vec![5, 4, 3], true));
}

#[test]
fn few_say_less_than_many_and_a_return_counts_against() {
    let text = signature("路灯不亮");
    let said = |history: &[(Thousandths, &str, &str)]| {
        let hits: Vec<Hit> = (1..)
            .zip(history)
            .map(|(number, (likeness, unit, returned))| {
                let returned = [*returned].into_iter().filter(|it| !it.is_empty()).map(str::to_owned).collect();
                Hit { decided: Decided { returned, ..decided(number, unit) }, likeness: *likeness }
            })
            .collect();
        let found = evidence(&hits);
        (found.unit, found.score, found.count)
    };
    assert_eq!(said(&[(400, "甲局", "")]), ("甲局".into(), 400, 1));
    assert_eq!(said(&[(400, "甲局", ""), (400, "甲局", "")]), ("甲局".into(), 800, 2));
    assert_eq!(said(&[(900, "甲局", ""), (300, "乙局", "")]), ("甲局".into(), 675, 1));
    assert_eq!(said(&[(600, "甲局", ""), (500, "乙局", "甲局")]), ("乙局".into(), 416, 1));
    assert_eq!(said(&[]), (String::new(), 0, 0));
    let weak = Hit { decided: Decided { weight: AGREED, ..decided(1, "甲局") }, likeness: 800 };
    assert_eq!(evidence(&[weak]).score, 400);
    assert!(!text.is_empty());
}

proptest! {
    #[test]
    fn the_order_in_which_tickets_came_changes_nothing(
        order in Just((0..HISTORY.len()).collect::<Vec<_>>()).prop_shuffle(),
        asked in 0..HISTORY.len(),
    ) {
        let mut shuffled = Similar::default();
        for at in order {
            let (text, unit) = HISTORY[at];
            shuffled.put(decided(at as u64 + 1, unit), signature(text));
            shuffled.put(decided(at as u64 + 1, unit), signature(text));
        }
        let asked = signature(HISTORY[asked].0);
        prop_assert_eq!(shuffled.find(&asked, ASKED), index().find(&asked, ASKED));
    }
}
