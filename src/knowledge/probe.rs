//! A text prepared for asking: its pieces with their worth, by sentence, in a small table that a question's
//! pieces are looked up in.

use super::shelf::Asked;
use super::sound::Heard;
use super::statistics::{Statistics, Vocabulary};
use crate::text::{Analysis, Kind, Piece, Span, pieces};

/// A text is compared as a whole (view 0) and part by part: a story holds one question.
pub(super) const MOST_VIEWS: usize = 16;

/// A piece of the text, and what the knowledge base makes of it.
pub(super) struct Told<'a> {
    pub(super) piece: Piece<'a>,
    /// Its number, if some live entry of the jurisdiction has it.
    pub(super) number: Option<u32>,
    /// In how many live entries it stands.
    pub(super) frequency: u32,
    pub(super) weight: u32,
}

impl<'a> Told<'a> {
    /// What is written, and what it sounds like.
    pub(super) fn all(
        analysis: &'a Analysis,
        heard: &[Heard<'a>],
        vocabulary: &Vocabulary,
        statistics: &Statistics,
    ) -> Vec<Self> {
        // A word that no entry has may mean that none fits, or just that people talk: it counts seven tenths.
        let unseen = statistics.worth_unseen() / 10 * 7;
        let tell = |piece: Piece<'a>| {
            let number = vocabulary.number(&piece).filter(|number| statistics.frequency(*number) > 0);
            let worth = number.map_or(unseen, |number| statistics.worth(number));
            let frequency = number.map_or(0, |number| statistics.frequency(number));
            Self { piece, number, frequency, weight: weight(worth, piece.share) }
        };
        let mut told: Vec<Self> = pieces(analysis).into_iter().map(tell).collect();
        // A word that no entry of the jurisdiction has was not meant.
        let heard = heard.iter().flat_map(|heard| heard.pieces()).map(tell);
        told.extend(heard.filter(|told| told.number.is_some()));
        told
    }

    /// The weightiest words of the text, each once, in order of appearance.
    pub(super) fn words(told: &[Self], most: usize) -> Vec<&Self> {
        let words = told.iter().enumerate().filter(|(_, told)| told.piece.kind == Kind::Word);
        let mut words: Vec<(usize, &Self)> = words.collect();
        words.sort_by(|a, b| b.1.weight.cmp(&a.1.weight).then_with(|| a.1.piece.text.cmp(b.1.piece.text)));
        words.dedup_by(|a, b| a.1.piece.text == b.1.piece.text);
        words.truncate(most);
        words.sort_unstable_by_key(|(order, _)| *order);
        words.into_iter().map(|(_, told)| told).collect()
    }
}

/// What one piece of the text weighs and in which views it stands (bit 0: the whole text).
#[derive(Clone, Copy, Default)]
pub(super) struct Slot {
    piece: u32,
    pub(super) weight: u32,
    pub(super) views: u16,
}

impl Slot {
    pub(super) fn each_view(self, mut act: impl FnMut(usize)) {
        let mut views = self.views;
        while views != 0 {
            act(views.trailing_zeros() as usize);
            views &= views - 1;
        }
    }
}

/// One bit for each place of a probe's table.
pub(super) struct Counted(Vec<u64>);

impl Counted {
    /// True the first time it is asked for a place.
    pub(super) fn first(&mut self, place: usize) -> bool {
        let bit = 1 << (place % 64);
        let first = self.0[place / 64] & bit == 0;
        self.0[place / 64] |= bit;
        first
    }
}

pub(super) struct Probe {
    slots: Vec<Slot>,
    mask: usize,
    /// Total weight of each view.
    pub(super) totals: Vec<u32>,
}

/// No piece has this number.
const FREE: u32 = u32::MAX;

impl Probe {
    pub(super) fn new(analysis: &Analysis, told: &[Told<'_>]) -> Self {
        let views = views(analysis);
        let size = (told.len() * 2).next_power_of_two().max(16);
        let mut probe = Self {
            slots: vec![Slot { piece: FREE, ..Slot::default() }; size],
            mask: size - 1,
            totals: vec![0; views.len() + 1],
        };
        for told in told {
            probe.add(told.number, told.weight, views_of(&told.piece, &views));
        }
        probe
    }

    /// What the text has of this piece, and its place in the table.
    pub(super) fn find(&self, piece: u32) -> Option<(usize, Slot)> {
        let place = self.place(piece);
        let slot = self.slots[place];
        (slot.piece == piece).then_some((place, slot))
    }

    pub(super) fn none_counted(&self) -> Counted {
        Counted(vec![0; self.slots.len().div_ceil(64)])
    }

    /// Counts the piece once in each view that it has not been seen in.
    fn add(&mut self, number: Option<u32>, weight: u32, views: u16) {
        let mut new = Slot { piece: FREE, weight, views };
        if let Some(piece) = number {
            let place = self.place(piece);
            let slot = &mut self.slots[place];
            let known = if slot.piece == FREE { Slot { piece, weight, views: 0 } } else { *slot };
            *slot = Slot { views: known.views | views, ..known };
            new = Slot { views: views & !known.views, ..known };
        }
        new.each_view(|view| self.totals[view] = self.totals[view].saturating_add(new.weight));
    }

    /// Where the piece stands or would stand. The table is at most half full, so a free slot is near.
    fn place(&self, piece: u32) -> usize {
        let mut place = (piece.wrapping_mul(0x9e37_79b1) >> 7) as usize & self.mask;
        while self.slots[place].piece != piece && self.slots[place].piece != FREE {
            place = (place + 1) & self.mask;
        }
        place
    }
}

/// Worth times share, in thousandths.
pub(super) fn weight(worth: u16, share: u16) -> u32 {
    u32::from(worth) * u32::from(share) / 1000
}

/// The sentences to look at one by one: the first and the last ones, where people put their question. Clauses
/// are too short to be judged alone: 「怎么办手续」 fits anything.
fn views(analysis: &Analysis) -> Vec<Span> {
    let sentences = &analysis.sentences;
    if sentences.len() < 2 {
        return Vec::new();
    }
    let most = MOST_VIEWS - 1;
    let (first, last) = sentences.split_at(sentences.len().min(most) / 2);
    let last = &last[last.len().saturating_sub(most - first.len())..];
    first.iter().chain(last).copied().collect()
}

fn views_of(piece: &Piece<'_>, views: &[Span]) -> u16 {
    let inside = |view: &Span| view.contains(piece.span);
    views.iter().enumerate().fold(1, |bits, (order, view)| bits | u16::from(inside(view)) << (order + 1))
}

/// The most telling pieces of one kind, for the index: those that some live entry has, weightiest first.
pub(super) fn telling<'a>(told: &[Told<'a>], kind: Kind, most: usize) -> Vec<Asked<'a>> {
    let known = told.iter().filter(|told| told.piece.kind == kind && told.frequency > 0 && told.weight > 0);
    let mut found: Vec<Asked<'a>> = known
        .map(|told| Asked { kind, text: told.piece.text, worth: told.weight, frequency: told.frequency })
        .collect();
    found.sort_unstable_by(|a, b| b.worth.cmp(&a.worth).then_with(|| a.text.cmp(b.text)));
    found.dedup_by(|a, b| a.text == b.text);
    found.truncate(most);
    found
}
