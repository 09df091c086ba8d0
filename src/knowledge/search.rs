//! Text in, matches out: the index proposes, `confidence` judges, the best come first.

use std::sync::Arc;

use chrono::NaiveDate;

use super::confidence::{self, Fit};
use super::member::{Member, bare};
use super::probe::{self, Probe, Told};
use super::shelf::{Asked, strongest};
use super::sound::Heard;
use super::state::{Knowledge, Part, State};
use super::statistics::Statistics;
use crate::text::{Analysis, Kind};
use crate::triage::{Match, Thousandths};

/// So many words, related words, pairs and single characters of a text the index is asked for at most: the most telling ones.
const MOST_ASKED: [(Kind, usize); 4] = [(Kind::Word, 12), (Kind::Related, 6), (Kind::Pair, 8), (Kind::Single, 4)];
/// So many entries the asked pieces may stand in, added up: what it costs to propose must not grow with the
/// number of entries. The most telling pieces come first, and one of them is always asked for.
const MOST_POSTINGS: u32 = 8_000;
/// Words shown as matched or missing.
const MOST_SHOWN: usize = 16;
/// Candidates that are judged; those that tie with the last are judged too, lest the order of the index decide.
const MOST_CANDIDATES: usize = 32;

/// Entries whose words can cast doubt on the best; counted whatever the caller's limit, so that confidence means the same.
const RUNNERS_UP: usize = 5;
/// A notice that is at most so much behind the best entry stands above it, in thousandths of likeness.
const AS_WELL: u32 = 150;
/// Up to this likeness with small talk a text may be meant, in thousandths.
const CHATTING: Thousandths = 300;
/// Only entries less than this behind the best cast doubt on it, in thousandths.
const NEAR: i32 = 400;

/// One question to the knowledge base.
struct Inquiry<'a> {
    jurisdiction: &'a str,
    today: NaiveDate,
    told: Vec<Told<'a>>,
    statistics: &'a Statistics,
}

struct Candidate<'a> {
    member: &'a Arc<Member>,
    fit: Fit,
}

impl Knowledge {
    /// The at most `limit` entries of the jurisdiction that fit best and are valid `today`, best first, ties by
    /// entry id; a notice (提前报备) stands above entries that fit about as well. Picks the candidates by the text's most telling words and characters only; judges by all of them.
    pub fn search(&self, analysis: &Analysis, jurisdiction: &str, today: NaiveDate, limit: usize) -> Vec<Match> {
        let state = &*self.0;
        let Some(statistics) = state.statistics.get(jurisdiction) else { return Vec::new() };
        let told = Told::all(analysis, &state.heard(analysis), &state.vocabulary, statistics);
        let probe = Probe::new(analysis, &told);
        let inquiry = Inquiry { jurisdiction, today, told, statistics };
        let ranking = state.ranking(&inquiry, &probe, &bare(&analysis.normal));
        let words = Told::words(&inquiry.told, MOST_SHOWN);
        let shown = ranking.len().min(limit.max(RUNNERS_UP));
        let mut matches: Vec<Match> = (0..shown).map(|place| describe(&ranking, place, &words)).collect();
        doubt_contested(&mut matches);
        quieten(&mut matches, analysis.small_talk);
        self.put_keyword_first(&mut matches, &words, jurisdiction, today, &bare(&analysis.normal));
        matches.truncate(limit);
        matches
    }
}

/// A runner-up that has a word of the text which the best lacks says that the best may answer another question: asked is
/// how to close a shop, found is how to open one. The best then loses a quarter of its confidence, never its place.
fn doubt_contested(matches: &mut [Match]) {
    let Some((best, others)) = matches.split_first_mut() else { return };
    let near = others.iter().take(RUNNERS_UP - 1).filter(|other| best.confidence - other.confidence < NEAR);
    let lacks = |word: &String| best.missing.contains(word) && word.chars().count() > 1;
    if near.flat_map(|other| &other.matched).any(lacks) {
        let second = others.first().map_or(0, |other| other.confidence);
        // A notice may stand above an entry that is surer than it is.
        best.confidence = (best.confidence * 3 / 4).max(second.min(best.confidence));
    }
}

/// How like small talk a text is, if that counts.
pub(super) fn chatting(analysis: &Analysis) -> u16 {
    if Thousandths::from(analysis.small_talk) > CHATTING { analysis.small_talk } else { 0 }
}

/// Who wants nothing gets no answer: the more a text is like small talk, the less sure is anything found for it.
fn quieten(matches: &mut [Match], small_talk: u16) {
    let over = (Thousandths::from(small_talk) - CHATTING).max(0);
    for found in matches {
        found.confidence = found.confidence * (1_000 - CHATTING - over) / (1_000 - CHATTING);
    }
}

impl<'a> Inquiry<'a> {
    /// What the index is asked for.
    fn asked(&self) -> Vec<Asked<'a>> {
        let telling = |(kind, most)| probe::telling(&self.told, kind, most);
        let mut asked: Vec<Asked<'a>> = MOST_ASKED.into_iter().flat_map(telling).collect();
        asked.sort_by_key(|asked| std::cmp::Reverse(asked.worth));
        let mut postings = 0;
        let affordable = asked.iter().take_while(|asked| {
            postings += asked.frequency;
            postings <= MOST_POSTINGS || postings == asked.frequency
        });
        let affordable = affordable.count();
        asked.truncate(affordable);
        asked
    }
}

impl State {
    pub(super) fn heard(&self, analysis: &Analysis) -> Vec<Heard<'_>> {
        let mut heard: Vec<Heard<'_>> = self.parts.iter().flat_map(|part| part.shelf.sounds.heard(analysis)).collect();
        heard.sort_unstable();
        heard.dedup();
        heard
    }

    fn ranking(&self, inquiry: &Inquiry<'_>, probe: &Probe, bare: &str) -> Vec<Candidate<'_>> {
        let asked = inquiry.asked();
        let proposed: Vec<(u32, &Arc<Member>)> =
            self.parts.iter().flat_map(|part| part.proposed(inquiry, &asked)).collect();
        let proposed = strongest(proposed, MOST_CANDIDATES, |(score, _)| *score);
        let judged = proposed.into_iter().map(|(_, member)| {
            let fit = confidence::fit(member, probe, bare, inquiry.statistics);
            Candidate { member, fit }
        });
        let mut ranking: Vec<Candidate<'_>> = judged.filter(|candidate| candidate.fit.likeness > 0).collect();
        ranking.sort_unstable_by(|a, b| {
            b.fit.likeness.cmp(&a.fit.likeness).then_with(|| a.member.id().cmp(b.member.id()))
        });
        notice_first(&mut ranking);
        ranking
    }
}

/// The best notice comes first where it fits about as well as the best entry.
fn notice_first(ranking: &mut [Candidate<'_>]) {
    let best = ranking.first().map_or(0, |best| best.fit.likeness);
    let notice = ranking.iter().position(|it| it.is_notice() && it.fit.likeness + AS_WELL >= best);
    if let Some(notice) = notice {
        ranking[..=notice].rotate_right(1);
    }
}

impl Candidate<'_> {
    fn is_notice(&self) -> bool {
        self.member.published.entry.pre_notice
    }

    /// Whether `other` says something else and can be meant instead. An entry is no rival of a notice: where they fit alike
    /// the notice is meant, by order of whoever filed it.
    fn rivals(&self, other: &Self) -> bool {
        let ours = &self.member.published.entry;
        other.member.published.entry.answer != ours.answer && (other.is_notice() || !ours.pre_notice)
    }
}

fn describe(ranking: &[Candidate<'_>], place: usize, words: &[&Told<'_>]) -> Match {
    let Candidate { member, fit } = &ranking[place];
    let entry = &member.published.entry;
    let rivals = ranking.iter().filter(|other| ranking[place].rivals(other));
    let rival = rivals.map(|other| other.fit.likeness).max().unwrap_or(0);
    let has = |told: &&&Told<'_>| told.number.is_some_and(|number| member.pieces.binary_search(&number).is_ok());
    let (matched, missing): (Vec<&Told<'_>>, Vec<&Told<'_>>) = words.iter().partition(has);
    let texts = |words: Vec<&Told<'_>>| words.iter().map(|told| told.piece.text.to_owned()).collect();
    Match {
        entry: entry.id.clone(),
        question: entry.question.clone(),
        owner: entry.owner.clone(),
        category: entry.category.clone(),
        pre_notice: entry.pre_notice,
        overdue: false,
        confidence: confidence::confidence(fit.likeness, rival),
        matched_question: entry.questions().nth(member.forms[fit.form].question).unwrap_or_default().to_owned(),
        matched: texts(matched),
        missing: texts(missing),
    }
}

impl Part {
    /// Candidates with their scores; all live entries of the jurisdiction should the index not be readable.
    fn proposed(&self, inquiry: &Inquiry<'_>, asked: &[Asked<'_>]) -> Vec<(u32, &Arc<Member>)> {
        let proposed = self.shelf.propose(&self.live, inquiry.today, inquiry.jurisdiction, asked, MOST_CANDIDATES);
        let Ok(proposed) = proposed else { return self.all_of(inquiry) };
        proposed.into_iter().map(|(score, place)| (score, &self.shelf.members[place as usize])).collect()
    }

    fn all_of(&self, inquiry: &Inquiry<'_>) -> Vec<(u32, &Arc<Member>)> {
        let fits =
            |member: &&Arc<Member>| member.jurisdiction() == inquiry.jurisdiction && member.valid_on(inquiry.today);
        self.members().filter(fits).map(|member| (u32::MAX, member)).collect()
    }
}
