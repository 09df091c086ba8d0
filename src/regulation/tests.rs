//! What a regulation says of itself.

use chrono::NaiveDate;

use super::{Regulation, Text};

fn hunan() -> Regulation {
    let own = Text { path: "regulation.toml", text: include_str!("../../rules/hunan/regulation.toml") };
    let common = Text { path: "common.toml", text: include_str!("../../rules/common/regulation.toml") };
    Regulation::parse(own, Some(common), None).expect("a sound regulation")
}

/// HN-55, A-HN-12: two years, last day 2024-09-05; afterwards it is applied and says so.
#[test]
fn hn_55_a_lapsed_regulation_says_so() {
    let day = |d| NaiveDate::from_ymd_opt(2024, 9, d).expect("a day");
    assert_eq!(hunan().lapsed(day(5)), None);
    assert!(hunan().lapsed(day(6)).is_some_and(|text| text.contains("2024-09-05") && text.contains("确认")));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    let text = include_str!("../../rules/hunan/regulation.toml").replacen("[review]", "[reviwe]", 1);
    let common = Text { path: "common.toml", text: include_str!("../../rules/common/regulation.toml") };
    let own = Text { path: "regulation.toml", text: &text };
    let wrong = Regulation::parse(own, Some(common), None).expect_err("it is refused");
    assert!(wrong.iter().any(|it| it.message.contains("reviwe") && it.help.contains("review") && it.line > 1));
}
