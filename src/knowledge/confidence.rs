//! How sure it is that an entry answers a text: 0 to 1000, whole numbers only. Weighs what text and question
//! share against what each has alone, and how far behind the next different entry is. Pure arithmetic over
//! live entries: the same in test and live.

use super::member::{Form, Member};
use super::probe::{MOST_VIEWS, Probe, weight};
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
    let mut best = Fit::default();
    for (form, asked) in member.forms.iter().enumerate() {
        let likeness = if *asked.bare == *bare { 1000 } else { likeness(asked, probe, statistics) };
        if likeness > best.likeness {
            best = Fit { likeness, form };
        }
    }
    best
}

/// What one question shares with the text.
struct Shared {
    /// Weight of the question.
    question: u32,
    /// Weight shared with each view, as the text and as the question weigh it, added up.
    both: [u32; MOST_VIEWS],
}

fn likeness(form: &Form, probe: &Probe, statistics: &Statistics) -> u32 {
    let shared = shared(form, probe, statistics);
    let views = probe.totals.iter().zip(shared.both).enumerate();
    views.map(|(view, (total, both))| overlap(view, *total, shared.question, both)).max().unwrap_or(0)
}

fn shared(form: &Form, probe: &Probe, statistics: &Statistics) -> Shared {
    let mut shared = Shared { question: 0, both: [0; MOST_VIEWS] };
    for (piece, share) in &form.pieces {
        let of_question = weight(statistics.worth(*piece), *share);
        shared.question += of_question;
        let Some(slot) = probe.find(*piece) else { continue };
        let mut views = slot.views;
        while views != 0 {
            shared.both[views.trailing_zeros() as usize] += of_question + slot.weight;
            views &= views - 1;
        }
    }
    shared
}

/// Less than this much weight in common is no evidence, however alike two short texts are.
const ENOUGH: u32 = 9_000;
/// A single sentence counts a little less than the whole text, which may have said more.
const SENTENCE: u32 = 950;

fn overlap(view: usize, text: u32, question: u32, both: u32) -> u32 {
    if both == 0 {
        return 0;
    }
    let alike = u64::from(both) * 1000 / u64::from(text.saturating_add(question)).max(1);
    let alike = u32::try_from(alike).unwrap_or(1000).min(1000);
    let alike = if view == 0 { alike } else { alike * SENTENCE / 1000 };
    alike * both.min(ENOUGH) / ENOUGH
}

/// Confidence out of an entry's own likeness and that of its strongest different rival.
pub(super) fn confidence(likeness: u32, rival: u32) -> Thousandths {
    const CLEAR: u32 = 250;
    const DOUBT: u32 = 250;
    if likeness == 0 {
        return 0;
    }
    if likeness == 1000 && rival < 1000 {
        return 1000;
    }
    let ahead = (likeness.saturating_sub(rival) * 1000 / likeness).min(CLEAR);
    let kept = 1000 - DOUBT + DOUBT * ahead / CLEAR;
    Thousandths::try_from(likeness * kept / 1000).unwrap_or(0)
}
