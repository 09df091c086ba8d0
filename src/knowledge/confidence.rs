//! How sure it is that an entry answers a text: 0 to 1000, whole numbers only. Weighs what text and question
//! share against what each has alone, and how far behind the next different entry is. Pure arithmetic over
//! live entries: the same in test and live.

use super::member::{Form, Member};
use super::probe::{Counted, MOST_VIEWS, Probe, Slot, weight};
use super::statistics::Statistics;
use crate::triage::Thousandths;

/// How well one entry fits, by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fit {
    /// 0..=1000.
    pub(super) likeness: u32,
    /// Place of the best question in `Member::forms`.
    pub(super) form: usize,
}

/// The best of the entry's questions against the whole text and against each of its sentences.
pub(super) fn fit(member: &Member, probe: &Probe, bare: &str, statistics: &Statistics) -> Fit {
    let mut around = Around::new(&member.answer, probe);
    let shared: Vec<Shared> =
        member.forms.iter().map(|form| Shared::new(form, probe, statistics, &mut around)).collect();
    let mut best = Fit::default();
    for (form, shared) in shared.iter().enumerate() {
        let exact = *member.forms[form].bare == *bare;
        let likeness = if exact { EXACT } else { shared.likeness(&around, probe) };
        if likeness > best.likeness {
            best = Fit { likeness, form };
        }
    }
    best
}

/// A weight for each view of the text.
type Weights = [u32; MOST_VIEWS];

/// What the text shares with the entry as a whole.
struct Around {
    /// With any of its questions.
    questions: Weights,
    /// With its answer alone.
    answer: Weights,
    /// Pieces of the text that are in `questions` already.
    counted: Counted,
}

impl Around {
    fn new(answer: &[u32], probe: &Probe) -> Self {
        let mut around = Self { questions: [0; MOST_VIEWS], answer: [0; MOST_VIEWS], counted: probe.none_counted() };
        for (_, slot) in answer.iter().filter_map(|piece| probe.find(*piece)) {
            slot.each_view(|view| around.answer[view] += slot.weight);
        }
        around
    }

    fn add(&mut self, place: usize, slot: Slot) {
        if self.counted.first(place) {
            slot.each_view(|view| self.questions[view] += slot.weight);
        }
    }
}

/// What text and question share.
struct Shared {
    /// Weight of the whole question.
    question: u32,
    /// The shared pieces as the text weighs them, and as the question does.
    in_text: Weights,
    in_question: Weights,
}

const EXACT: u32 = 1000;
/// Less than this much weight in common is no evidence, however alike two short texts are.
const ENOUGH: u32 = 9_000;
/// In percent of their weight: words of the text that another question of the entry has, or its answer.
const OTHER_QUESTION: u32 = 80;
const IN_ANSWER: u32 = 40;
/// What each has alone counts in percent: a text tells more than the question it holds, but a question that
/// asks for what the text does not say is another question.
const ONLY_TEXT: u32 = 30;
const ONLY_QUESTION: u32 = 70;
/// A sentence counts in percent of the whole text, which may have said more.
const SENTENCE: u32 = 90;

impl Shared {
    fn new(form: &Form, probe: &Probe, statistics: &Statistics, around: &mut Around) -> Self {
        let mut shared = Self { question: 0, in_text: [0; MOST_VIEWS], in_question: [0; MOST_VIEWS] };
        for (piece, share) in &form.pieces {
            let of_question = weight(statistics.worth(*piece), *share);
            shared.question += of_question;
            let Some((place, slot)) = probe.find(*piece) else { continue };
            around.add(place, slot);
            slot.each_view(|view| {
                shared.in_text[view] += slot.weight;
                shared.in_question[view] += of_question;
            });
        }
        shared
    }

    fn likeness(&self, around: &Around, probe: &Probe) -> u32 {
        let views = 0..probe.totals.len();
        views.map(|view| self.likeness_in(view, around, probe.totals[view])).max().unwrap_or(0)
    }

    fn likeness_in(&self, view: usize, around: &Around, text: u32) -> u32 {
        let (in_text, in_question) = (self.in_text[view], self.in_question[view]);
        let direct = in_text + in_question;
        let other = around.questions[view].saturating_sub(in_text);
        let related = other * OTHER_QUESTION / 100 + around.answer[view] * IN_ANSWER / 100;
        let only_text = text.saturating_sub(in_text + related) * ONLY_TEXT / 100;
        let only_question = self.question.saturating_sub(in_question) * ONLY_QUESTION / 100;
        let both = direct + related;
        let alike = both * 1000 / (both + only_text + only_question).max(1) * direct.min(ENOUGH) / ENOUGH;
        if view == 0 { alike } else { alike * SENTENCE / 100 }
    }
}

/// Confidence out of an entry's own likeness and that of its strongest different rival.
pub(super) fn confidence(likeness: u32, rival: u32) -> Thousandths {
    /// So far ahead (thousandths of its own likeness) a rival takes nothing; at its side it takes `DOUBT`.
    const CLEAR: u32 = 450;
    const DOUBT: u32 = 250;
    if likeness == 0 || (likeness == EXACT && rival < EXACT) {
        return Thousandths::try_from(likeness).unwrap_or(0);
    }
    let ahead = (likeness.saturating_sub(rival) * 1000 / likeness).min(CLEAR);
    calibrated(likeness * (1000 - DOUBT + DOUBT * ahead / CLEAR) / 1000)
}

/// Stretches the scale so that 800 is where answers begin to be right at least 19 times in 20.
fn calibrated(sure: u32) -> Thousandths {
    const POINTS: [(u32, u32); 4] = [(0, 0), (300, 300), (620, 800), (1000, 1000)];
    let after = POINTS.iter().position(|(from, _)| sure <= *from).unwrap_or(POINTS.len() - 1).max(1);
    let ((x0, y0), (x1, y1)) = (POINTS[after - 1], POINTS[after]);
    Thousandths::try_from(y0 + (sure.min(x1) - x0) * (y1 - y0) / (x1 - x0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_rival_lowers_confidence_and_nothing_exceeds_1000() {
        assert_eq!(confidence(0, 0), 0);
        assert_eq!(confidence(1000, 990), 1000);
        assert!(confidence(1000, 1000) < 1000);
        assert!(confidence(700, 690) < confidence(700, 400));
        for likeness in 0..=1000 {
            for rival in [0, likeness / 2, likeness, 1000] {
                assert!((0..=1000).contains(&confidence(likeness, rival)));
            }
        }
    }

    #[test]
    fn confidence_grows_with_likeness() {
        let all: Vec<Thousandths> = (0..=1000).map(|likeness| confidence(likeness, 0)).collect();
        assert!(all.is_sorted());
    }
}
