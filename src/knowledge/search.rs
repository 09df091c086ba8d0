//! Text in, matches out: the index proposes, `confidence` judges, the best come first.

use std::sync::Arc;

use chrono::NaiveDate;

use super::confidence::{self, Fit};
use super::member::{Member, bare};
use super::probe::{Probe, telling};
use super::shelf::Asked;
use super::state::{Knowledge, Part, State};
use super::statistics::Statistics;
use super::tokenizer::{Kind, Piece, pieces};
use crate::text::Analysis;
use crate::triage::Match;

/// Most words and most pairs of a text that the index is asked for: the most telling ones.
const MOST_ASKED: usize = 12;
/// Candidates of one shelf that are judged.
const MOST_CANDIDATES: usize = 48;

/// One question to the knowledge base.
struct Inquiry<'a> {
    jurisdiction: &'a str,
    today: NaiveDate,
    pieces: Vec<Piece<'a>>,
    statistics: &'a Statistics,
}

struct Candidate<'a> {
    member: &'a Arc<Member>,
    fit: Fit,
}

impl Knowledge {
    /// The at most `limit` entries of the jurisdiction that fit best and are valid `today`, best first, ties by
    /// entry id. Looks at the text's most telling words only, at most 12 of them and as many pairs of
    /// characters, when it picks the candidates; at all of them when it judges.
    pub fn search(&self, analysis: &Analysis, jurisdiction: &str, today: NaiveDate, limit: usize) -> Vec<Match> {
        let state = &*self.0;
        let Some(statistics) = state.statistics.get(jurisdiction) else { return Vec::new() };
        let inquiry = Inquiry { jurisdiction, today, pieces: pieces(analysis), statistics };
        let probe = Probe::new(analysis, &inquiry.pieces, &state.vocabulary, statistics);
        let ranking = state.ranking(&inquiry, &probe, &bare(&analysis.normal));
        let matches = (0..ranking.len().min(limit)).map(|place| state.describe(&ranking, place, &inquiry));
        matches.collect()
    }
}

impl State {
    fn ranking(&self, inquiry: &Inquiry<'_>, probe: &Probe, bare: &str) -> Vec<Candidate<'_>> {
        let asked = self.asked(inquiry);
        let proposed = self.parts.iter().flat_map(|part| part.proposed(inquiry, &asked));
        let judged = proposed.map(|member| {
            let fit = confidence::fit(member, probe, bare, inquiry.statistics);
            Candidate { member, fit }
        });
        let mut ranking: Vec<Candidate<'_>> = judged.filter(|candidate| candidate.fit.likeness > 0).collect();
        ranking.sort_unstable_by(|a, b| {
            b.fit.likeness.cmp(&a.fit.likeness).then_with(|| a.member.id().cmp(b.member.id()))
        });
        ranking
    }

    fn asked<'a>(&self, inquiry: &Inquiry<'a>) -> Vec<Asked<'a>> {
        let of = |kind| telling(&inquiry.pieces, kind, &self.vocabulary, inquiry.statistics, MOST_ASKED);
        let both = of(Kind::Word).into_iter().chain(of(Kind::Pair)).chain(of(Kind::Single));
        both.map(|(piece, worth)| Asked { kind: piece.kind, text: piece.text, worth }).collect()
    }

    fn describe(&self, ranking: &[Candidate<'_>], place: usize, inquiry: &Inquiry<'_>) -> Match {
        let Candidate { member, fit } = &ranking[place];
        let entry = &member.published.entry;
        let different = |other: &&Candidate<'_>| other.member.published.entry.answer != entry.answer;
        let rival = ranking.iter().find(different).map_or(0, |other| other.fit.likeness);
        let (matched, missing) = self.telling_words(member, inquiry);
        Match {
            entry: entry.id.clone(),
            question: entry.question.clone(),
            owner: entry.owner.clone(),
            category: entry.category.clone(),
            confidence: confidence::confidence(fit.likeness, rival),
            matched_question: entry.questions().nth(member.forms[fit.form].question).unwrap_or_default().to_owned(),
            matched,
            missing,
        }
    }

    /// Words of the text that the entry has and lacks, in order of appearance.
    fn telling_words(&self, member: &Member, inquiry: &Inquiry<'_>) -> (Vec<String>, Vec<String>) {
        let mut words: Vec<&Piece<'_>> = Vec::new();
        for word in inquiry.pieces.iter().filter(|piece| piece.kind == Kind::Word) {
            if !words.iter().any(|known| known.text == word.text) {
                words.push(word);
            }
        }
        let has = |word: &&Piece<'_>| {
            self.vocabulary.number(word).is_some_and(|number| member.pieces.binary_search(&number).is_ok())
        };
        let (matched, missing): (Vec<&Piece<'_>>, Vec<&Piece<'_>>) = words.into_iter().partition(has);
        let texts = |words: Vec<&Piece<'_>>| words.iter().map(|word| word.text.to_owned()).collect();
        (texts(matched), texts(missing))
    }
}

impl Part {
    /// Candidates; all live entries of the jurisdiction should the index not be readable.
    fn proposed(&self, inquiry: &Inquiry<'_>, asked: &[Asked<'_>]) -> Vec<&Arc<Member>> {
        let proposed = self.shelf.propose(&self.live, inquiry.today, inquiry.jurisdiction, asked, MOST_CANDIDATES);
        match proposed {
            Ok(places) => places.into_iter().map(|place| &self.shelf.members[place as usize]).collect(),
            Err(_) => {
                let fits = |member: &&Arc<Member>| {
                    member.jurisdiction() == inquiry.jurisdiction && member.valid_on(inquiry.today)
                };
                self.members().filter(fits).collect()
            }
        }
    }
}
