//! The automaton may never change a result: on random rules and texts it fires exactly the rules that a plain search of
//! every word fires.

mod real;

use proptest::prelude::*;

use crate::demo::{ask, request, snapshot};

/// Words that overlap and contain each other, of one alphabet with the texts.
pub(super) const WORDS: [&str; 12] =
    ["停车", "停车费", "车费", "费用", "车费用", "涨价", "超市涨价", "超市", "市涨", "物业", "物业费", "业费用"];
pub(super) const PIECES: [&str; 10] = ["停车", "费", "用", "涨价", "超市", "物业", "。", "，", "好", "停"];

#[derive(Clone, Debug)]
pub(super) struct Conditions {
    any: Vec<usize>,
    all: Vec<Vec<usize>>,
    unless: Vec<usize>,
    sentence: bool,
}

pub(super) fn conditions() -> impl Strategy<Value = Conditions> {
    let list = |least| prop::collection::vec(0..WORDS.len(), least..4);
    let all = prop::collection::vec(prop::collection::vec(0..WORDS.len(), 1..3), 0..3);
    (list(0), all, prop::collection::vec(0..WORDS.len(), 0..2), any::<bool>())
        .prop_filter("a rule needs words", |(any, all, _, _)| !any.is_empty() || !all.is_empty())
        .prop_map(|(any, all, unless, sentence)| Conditions { any, all, unless, sentence })
}

impl Conditions {
    pub(super) fn source(&self, id: usize) -> String {
        let list = |words: &[usize]| {
            let quoted: Vec<String> = words.iter().map(|&word| format!("\"{}\"", WORDS[word])).collect();
            format!("[{}]", quoted.join(", "))
        };
        let mut keys = Vec::new();
        if !self.any.is_empty() {
            keys.push(format!("any: {}", list(&self.any)));
        }
        if !self.all.is_empty() {
            let groups: Vec<String> = self.all.iter().map(|group| list(group)).collect();
            keys.push(format!("all: [{}]", groups.join(", ")));
        }
        if !self.unless.is_empty() {
            keys.push(format!("unless: {}", list(&self.unless)));
        }
        if self.sentence {
            keys.push("within: \"sentence\"".into());
        }
        format!(
            "route(\"r.n{id}\", #{{ {}, then: #{{ lead: \"区交通局\", weight: 1 }}, basis: \"示\" }});\n",
            keys.join(", ")
        )
    }

    /// The meaning, with nothing but `contains`.
    fn fires(&self, text: &str) -> bool {
        let parts: Vec<&str> = if self.sentence { text.split('。').collect() } else { vec![text] };
        let has = |part: &str, words: &[usize]| words.iter().any(|&word| part.contains(WORDS[word]));
        parts.iter().any(|part| {
            (self.any.is_empty() || has(part, &self.any))
                && self.all.iter().all(|group| has(part, group))
                && !has(part, &self.unless)
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_prefilter_changes_nothing(
        rules in prop::collection::vec(conditions(), 1..20),
        texts in prop::collection::vec(prop::collection::vec(0..PIECES.len(), 0..30), 1..8),
    ) {
        let source: String = rules.iter().enumerate().map(|(id, rule)| rule.source(id)).collect();
        let snapshot = snapshot(&source);
        for pieces in texts {
            let text: String = pieces.iter().map(|&piece| PIECES[piece]).collect();
            let decision = ask(&snapshot, &request(&text));
            let mut wanted: Vec<String> =
                rules.iter().enumerate().filter(|(_, rule)| rule.fires(&text)).map(|(id, _)| format!("r.n{id}")).collect();
            wanted.sort();
            prop_assert_eq!(decision.fired_rules(), wanted, "{}", text);
        }
    }
}
