//! 一事一单: a text that tells several matters, cut where it counts them. Only a proposal, and only where at least two parts
//! are each certain of a lead of their own; a person splits.
//!
//! Most people who count give reasons for one matter, so what looks like reasons is left whole. Measured on 4,326 messages of
//! a city none of the jurisdictions belongs to (`cargo bench --bench matter -- FILE`): a split is proposed for 0.2 to 3.2 in
//! 1,000. Of all 15 texts read by hand, 12 were several matters, 3 several sides of one. A sentence that merely goes on
//! (另外, 还有, 此外) was another matter in 3 of 12 texts, so only what names another matter counts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Facts;
use crate::text::{OffsetMap, Span};

/// One matter of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// Byte offsets in the text as sent (title + "\n" + text).
    pub start: u32,
    pub end: u32,
    /// The unit that is certain for this part alone; empty when none is.
    pub lead: String,
}

/// More parts than these are a list of particulars, not matters.
const MOST: usize = 6;
/// Characters before the first number, title included. Who writes more has told the matter and goes on with its reasons.
const LONGEST_OPENING: usize = 80;
/// What is argued is one matter: reasons announced, law cited.
const REASONS: [&str; 5] = ["理由", "原因", "危害", "好处", "不公"];
const CITED: [&str; 6] = ["《", "条例", "依据", "根据", "规定", "规范"];
/// Characters that a matter needs.
const SHORTEST: usize = 10;
/// What begins another matter, at the beginning of a sentence.
const FURTHER: [&str; 12] = [
    "另一个问题",
    "另一件事",
    "另外一个问题",
    "另外一件事",
    "另外还想",
    "另外想反映",
    "另外反映",
    "还有一个问题",
    "还有一件事",
    "还有个问题",
    "还想反映",
    "还要反映",
];
const HAN: [char; 10] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

/// The parts with their leads. `lead` decides one part alone.
pub(super) fn propose(facts: &Facts, lead: impl Fn(Arc<Facts>) -> String) -> Vec<Part> {
    let parts = parts(&facts.text);
    let offsets = OffsetMap::from_pairs(facts.offsets.clone());
    let decided: Vec<Part> = parts
        .into_iter()
        .map(|span| {
            let raw = offsets.raw_span(span);
            Part { start: raw.start, end: raw.end, lead: lead(Arc::new(facts_of(facts, span))) }
        })
        .collect();
    let mut leads: Vec<&str> = decided.iter().map(|part| part.lead.as_str()).filter(|lead| !lead.is_empty()).collect();
    leads.sort_unstable();
    leads.dedup();
    if leads.len() >= 2 { decided } else { Vec::new() }
}

/// The facts as far as they are known of a part: what was found by the whole text speaks for no part of it.
fn facts_of(facts: &Facts, span: Span) -> Facts {
    let inside = facts.cuts.iter().filter(|cut| **cut > span.start && **cut <= span.end);
    Facts {
        text: span.of(&facts.text).to_owned(),
        cuts: inside.map(|cut| cut - span.start).collect(),
        channel: facts.channel.clone(),
        requester: facts.requester.clone(),
        section: facts.section.clone(),
        places: facts.places.clone(),
        place_unit: facts.place_unit.clone(),
        hour: facts.hour,
        workday: facts.workday,
        ..Facts::default()
    }
}

/// Where a text counts its matters, or adds another one; empty when it tells one.
fn parts(text: &str) -> Vec<Span> {
    let counted = Style::ALL.into_iter().map(|style| counted(text, style)).find(|starts| starts.len() >= 2);
    let starts = counted.unwrap_or_else(|| added(text));
    let opening = text.get(..starts.first().copied().unwrap_or(0)).unwrap_or("");
    let says = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let from = text.get(opening.len()..).unwrap_or("");
    if opening.chars().count() > LONGEST_OPENING || says(opening, &REASONS) || says(from, &CITED) {
        return Vec::new();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let parts: Vec<Span> = starts.iter().zip(ends).map(|(start, end)| trimmed(text, *start, end)).collect();
    let long = |part: &Span| part.of(text).chars().count() >= SHORTEST;
    if (2..=MOST).contains(&parts.len()) && parts.iter().all(long) { parts } else { Vec::new() }
}

fn trimmed(text: &str, start: usize, end: usize) -> Span {
    let part = text.get(start..end).unwrap_or("");
    let lead = part.len() - part.trim_start().len();
    Span::new(start + lead, start + lead + part.trim().len())
}

/// How people count, the coarsest first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// 第一, …
    Ordinal,
    /// 一、…
    Han,
    /// (一) …
    HanInBrackets,
    /// 1. … 1、…
    Digit,
    /// (1) …
    DigitInBrackets,
}

impl Style {
    const ALL: [Self; 5] = [Self::Ordinal, Self::Han, Self::HanInBrackets, Self::Digit, Self::DigitInBrackets];

    /// Whether `text` begins with number `n` in this style.
    fn begins(self, text: &str, n: usize) -> bool {
        let Some(han) = n.checked_sub(1).and_then(|at| HAN.get(at)) else { return false };
        let after = |open: &str, number: &str| text.strip_prefix(open).and_then(|rest| rest.strip_prefix(number));
        let (han, digit) = (han.to_string(), n.to_string());
        match self {
            Self::Ordinal => after("第", &han).is_some_and(|rest| {
                let rest = ["个问题", "件事", "点", "个"].iter().find_map(|it| rest.strip_prefix(it)).unwrap_or(rest);
                rest.starts_with([',', '，', ':', '：', '、', '是'])
            }),
            Self::Han => after("", &han).is_some_and(|rest| rest.starts_with(['、', '.', '．', ':', '：'])),
            Self::Digit => after("", &digit).is_some_and(|rest| {
                let mut chars = rest.chars();
                let mark = chars.next().is_some_and(|c| ['、', '.', '．', ',', ':', ')', '。'].contains(&c));
                mark && !chars.next().is_some_and(|c| c.is_ascii_digit())
            }),
            Self::HanInBrackets => after("(", &han).is_some_and(|rest| rest.starts_with(')')),
            Self::DigitInBrackets => after("(", &digit).is_some_and(|rest| rest.starts_with(')')),
        }
    }
}

/// Where 1, 2, 3 … begin, each after the one before and after a stop of some kind.
fn counted(text: &str, style: Style) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut before = '\n';
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or("");
        if !before.is_alphanumeric() && style.begins(rest, starts.len() + 1) {
            starts.push(at);
        }
        before = c;
    }
    starts
}

/// The beginning, and where a sentence adds another matter.
fn added(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let stopped = matches!(before, '。' | '!' | '?' | ';' | '\n' | '！' | '？' | '；');
        let rest = text.get(at..).unwrap_or("");
        if stopped && FURTHER.iter().any(|word| rest.starts_with(word)) {
            starts.push(at);
        }
        if !c.is_whitespace() || c == '\n' {
            before = c;
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        parts(text).into_iter().map(|part| part.of(text)).collect()
    }

    #[test]
    fn cb_05_a_text_is_cut_where_it_counts() {
        for (text, wanted) in [
            ("有两件事。一、小区停车场乱收费很久了。二、门口的路灯坏了三个月。", 2),
            ("反映如下:1.小区停车场乱收费很久了;2.门口的路灯坏了三个月;3.楼下烧烤店油烟扰民。", 3),
            ("(1)小区停车场乱收费很久了(2)门口的路灯坏了三个月没人修", 2),
            ("第一,小区停车场乱收费很久了。第二,门口的路灯坏了三个月。", 2),
            ("小区停车场乱收费很久了。还有一件事,门口的路灯坏了三个月没人修。", 2),
        ] {
            assert_eq!(cut(text).len(), wanted, "{text}: {:?}", cut(text));
        }
        assert_eq!(cut("第一人民医院挂号难的问题。第二小学门口堵车的问题。"), Vec::<&str>::new());
        assert_eq!(cut("收费标准是1.5元,2.5元两档,不知道是不是合理。"), Vec::<&str>::new());
        assert_eq!(cut("反对的理由:1.小区门口车流量太大了;2.门口的路灯坏了三个月。"), Vec::<&str>::new(), "reasons");
        assert_eq!(cut("一、短。二、也短。"), Vec::<&str>::new());
        assert_eq!(cut("小区停车场乱收费很久了。另外,收费员的态度也很恶劣。"), Vec::<&str>::new(), "it goes on");
        assert_eq!(cut("小区停车场乱收费很久了,还有保安态度恶劣。"), Vec::<&str>::new(), "one sentence is one matter");
    }

    proptest::proptest! {
        #[test]
        fn parts_lie_in_the_text_one_after_the_other(text in "[一二1-3、.()第另外还有,。!\n小区路灯 a]{0,60}") {
            let parts = parts(&text);
            proptest::prop_assert!(parts.iter().all(|part| !part.of(&text).is_empty()));
            proptest::prop_assert!(parts.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
