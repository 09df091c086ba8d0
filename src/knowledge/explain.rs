//! 命中测试: why a text hits an entry or does not. The matches and their confidence are [`Knowledge::search`]'s own; beside
//! them stands how the words were read. Scores nothing.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Abstain;
use super::folds::{Fold, folds};
use super::keyword::keyword;
use super::meant::{Meant, meant, telling};
use super::member::bare;
use super::search::chatting;
use super::state::Knowledge;
use crate::regulation::{CONSULT, ReviewTerms};
use crate::text::{Analysis, Gazetteer, Lexicon, analyse};
use crate::triage::{Answer, Match, Thousandths};

/// In what world a text is asked.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub jurisdiction: &'a str,
    pub lexicon: &'a Lexicon,
    pub gazetteer: &'a Gazetteer,
    pub today: NaiveDate,
    /// From here on an entry answers, in thousandths.
    pub threshold: Thousandths,
    /// When entries have to be looked at again.
    pub review: ReviewTerms,
}

/// Everything there is to say about one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    /// Best first; the same entries and numbers as in a decision.
    pub matches: Vec<Compared>,
    /// What a 咨询 with these words is answered.
    pub answer: Option<Answer>,
    /// Why it is not answered, and what would be needed; Chinese, empty when it is.
    pub why_not: String,
    pub needed: Vec<String>,
    pub threshold: Thousandths,
    /// Characters of the text that were read as others: 繁体, 异体, 全角, capitals.
    pub folded: Vec<Fold>,
    /// Thousandths: how like small talk the text is, where that makes everything found less sure; else 0.
    #[serde(default)]
    pub small_talk: u16,
    /// Words of the text that weigh nothing: courtesy and stop words.
    pub silent: Vec<String>,
    /// Entries that would fit on another day and are not in force today.
    pub out_of_force: Vec<OutOfForce>,
    /// Version of the knowledge that was asked.
    pub knowledge: String,
}

/// A match with how its words met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Compared {
    #[serde(flatten)]
    pub found: Match,
    /// The text is one of its keywords, or one of its questions to the letter.
    pub keyword: bool,
    pub exact: bool,
    /// Words that met though they are written differently.
    pub meant: Vec<Meant>,
    /// Telling words of the matched question that the text does not say.
    pub unasked: Vec<String>,
    /// First and last day, `YYYY-MM-DD`; empty: open. It is in force today, or it would not be a match.
    pub valid_from: String,
    pub valid_until: String,
}

/// An entry that fits and is not in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutOfForce {
    pub entry: String,
    pub question: String,
    /// What it would be on the day that was tried.
    pub confidence: Thousandths,
    #[schema(value_type = String)]
    pub on: NaiveDate,
    pub valid_from: String,
    pub valid_until: String,
}

/// Other days that are tried for entries out of force.
const MOST_DAYS: usize = 8;
/// Entries out of force that are shown.
const MOST_OUT: usize = 3;
/// Less than this is no fit worth showing, in thousandths.
const WORTH_SHOWING: Thousandths = 300;
/// Two matches closer than this are hard to tell apart, in thousandths.
const CLOSE: Thousandths = 100;

impl Knowledge {
    /// Asks as a decision does, and says why it comes out so.
    pub fn explain(&self, asking: &Asking<'_>, text: &str, limit: usize) -> Explained {
        let analysis = analyse(asking.lexicon, asking.gazetteer, text);
        let mut matches = self.search(&analysis, asking.jurisdiction, asking.today, limit);
        self.mark_overdue(asking.jurisdiction, &mut matches, asking.review, asking.today);
        let answer = self.answered(asking, &matches);
        let compared = matches.iter().map(|found| self.compare(asking, &analysis, found)).collect::<Vec<_>>();
        let out_of_force = self.out_of_force(asking, &analysis);
        let (why_not, needed) = match &answer {
            Ok(_) => (String::new(), Vec::new()),
            Err(abstain) => (abstain.to_string(), needed(abstain, &compared, &out_of_force)),
        };
        let silent = analysis.terms.iter().filter(|term| term.weight == 0).map(|term| term.text.clone());
        Explained {
            matches: compared,
            answer: answer.ok(),
            why_not,
            needed,
            threshold: asking.threshold,
            folded: folds(&analysis.raw, &analysis.normal, &analysis.offsets),
            small_talk: chatting(&analysis),
            silent: distinct(silent),
            out_of_force,
            knowledge: self.version().to_owned(),
        }
    }

    /// The answer to a 咨询, or why there is none.
    ///
    /// # Errors
    /// See [`Knowledge::answer`].
    pub fn answered(&self, asking: &Asking<'_>, matches: &[Match]) -> Result<Answer, Abstain> {
        self.answer(asking.jurisdiction, CONSULT, matches, asking.threshold, asking.review, asking.today)
    }

    fn compare(&self, asking: &Asking<'_>, analysis: &Analysis, found: &Match) -> Compared {
        let mut compared = Compared {
            found: found.clone(),
            keyword: false,
            exact: false,
            meant: Vec::new(),
            unasked: Vec::new(),
            valid_from: String::new(),
            valid_until: String::new(),
        };
        let Some(published) = self.find(asking.jurisdiction, &found.entry) else { return compared };
        let entry = &published.entry;
        let read = |text: &str| analyse(asking.lexicon, &Gazetteer::empty(), text);
        let whole = bare(&analysis.normal);
        let (said, matched) = (telling(analysis), read(&found.matched_question));
        compared.keyword = entry.keywords.iter().any(|word| keyword(word) == whole);
        compared.exact = entry.questions().any(|question| keyword(question) == whole);
        let questions: Vec<Analysis> = entry.questions().map(read).collect();
        compared.meant = meant(analysis, &self.0.heard(analysis), &questions);
        let unasked = telling(&matched).filter(|term| !said.clone().any(|ours| ours.text == term.text));
        compared.unasked = distinct(unasked.map(|term| term.text.clone()));
        compared.valid_from.clone_from(&entry.valid_from);
        compared.valid_until.clone_from(&entry.valid_until);
        compared
    }

    /// Entries of the jurisdiction that would match on a day on which they are in force.
    fn out_of_force(&self, asking: &Asking<'_>, analysis: &Analysis) -> Vec<OutOfForce> {
        let ours = self.published().filter(|it| *it.jurisdiction == *asking.jurisdiction);
        let days: BTreeSet<(u64, NaiveDate)> = ours
            .filter_map(|it| it.entry.day_in_force(asking.today))
            .filter(|day| *day != asking.today)
            .map(|day| ((day - asking.today).num_days().unsigned_abs(), day))
            .collect();
        let mut found: Vec<OutOfForce> = Vec::new();
        for (_, on) in days.into_iter().take(MOST_DAYS) {
            for it in self.search(analysis, asking.jurisdiction, on, MOST_OUT) {
                let Some(published) = self.find(asking.jurisdiction, &it.entry) else { continue };
                let entry = &published.entry;
                let known = found.iter().any(|known| known.entry == it.entry);
                if known || it.confidence < WORTH_SHOWING || entry.day_in_force(asking.today) == Some(asking.today) {
                    continue;
                }
                found.push(OutOfForce {
                    entry: it.entry,
                    question: it.question,
                    confidence: it.confidence,
                    on,
                    valid_from: entry.valid_from.clone(),
                    valid_until: entry.valid_until.clone(),
                });
            }
        }
        found.sort_by(|a, b| b.confidence.cmp(&a.confidence).then_with(|| a.entry.cmp(&b.entry)));
        found.truncate(MOST_OUT);
        found
    }
}

/// What would make it answer, for a maintainer.
fn needed(abstain: &Abstain, matches: &[Compared], out_of_force: &[OutOfForce]) -> Vec<String> {
    let mut needed = Vec::new();
    for out in
        out_of_force.iter().filter(|out| matches.first().is_none_or(|best| best.found.confidence < out.confidence))
    {
        let span = match (out.valid_from.as_str(), out.valid_until.as_str()) {
            (from, "") => format!("{from} 起"),
            ("", until) => format!("至 {until}"),
            (from, until) => format!("{from} 至 {until}"),
        };
        needed.push(format!(
            "条目「{}」（{span}）今天不在有效期内，有效时可信度 {}‰：如果内容仍然适用，请核对后延长有效期",
            out.entry, out.confidence
        ));
    }
    match (abstain, matches) {
        (Abstain::TooUnsure { confidence, needed: threshold, .. }, [best, others @ ..]) => {
            needed.push(format!("还差 {}‰", threshold - confidence));
            let name = &best.found.entry;
            if best.found.missing.is_empty() {
                needed.push(format!("把这句话加为条目「{name}」的相似问，下次就能直接答复"));
            } else {
                needed.push(format!(
                    "条目「{name}」没有「{}」：它确能回答的，把这句话加为它的相似问；不能回答的，请新增条目",
                    best.found.missing.join("」「")
                ));
            }
            if !best.unasked.is_empty() {
                needed.push(format!("来件没有说到「{}」，可请来件人补充", best.unasked.join("」「")));
            }
            for rival in others.iter().filter(|it| best.found.confidence - it.found.confidence < CLOSE) {
                needed.push(format!(
                    "条目「{}」（{}‰）与它难分：把两条合并，或在问法里写明各自的区别",
                    rival.found.entry, rival.found.confidence
                ));
            }
        }
        (Abstain::Overdue { entry, owner, .. }, _) => {
            needed.push(format!("{owner}复核条目「{entry}」后，它就恢复自动答复"));
        }
        (Abstain::NoMatch, _) => {
            needed.push("请新增条目；已有条目能回答的，把这句话加为它的相似问".to_owned());
        }
        _ => {}
    }
    needed
}

/// Each once, in order.
fn distinct(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    words.for_each(|word| {
        if !all.contains(&word) {
            all.push(word);
        }
    });
    all
}
