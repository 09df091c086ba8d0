//! Nearly the same text, another unit: the majority of different persons holds, the rest is dropped and reported. What one
//! person says a hundred times is one voice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Lesson, Teacher};
use crate::matter::Signature;
use crate::ticket::TicketId;

/// From this likeness on, in thousandths, two texts are one text sent twice. Of copies with twelve words swapped nearly all
/// lie above it, of different messages hardly any: see `matter`.
const ONE_TEXT: u16 = 800;
/// Where voices are even, a label that stands alone gives way to one that was given so often.
const OFTEN: usize = 3;

/// A lesson that was not taught.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dropped {
    #[schema(value_type = String)]
    pub ticket: TicketId,
    pub unit: String,
    /// What others decided about nearly the same text.
    pub instead: String,
    /// Different persons for the one and for the other; granted returns are taken off.
    pub voices: i32,
    pub voices_instead: i32,
}

/// Lessons without those that others contradict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub lessons: Vec<Lesson>,
    pub dropped: Vec<Dropped>,
}

/// What is said about one text.
struct Dispute<'a> {
    text: &'a Signature,
    lessons: Vec<usize>,
}

/// Drops lessons that the majority contradicts. The order of the lessons given changes nothing.
pub fn settle(mut lessons: Vec<Lesson>) -> Settled {
    lessons.sort_by(|a, b| (a.decided_at, &a.ticket).cmp(&(b.decided_at, &b.ticket)));
    let mut verdicts: BTreeMap<usize, Dropped> = BTreeMap::new();
    for dispute in disputes(&lessons) {
        verdicts.extend(decide(&lessons, &dispute.lessons));
    }
    let mut settled = Settled::default();
    for (at, lesson) in lessons.into_iter().enumerate() {
        match verdicts.remove(&at) {
            Some(dropped) => settled.dropped.push(dropped),
            None => settled.lessons.push(lesson),
        }
    }
    settled
}

/// Under which a text meets those that are nearly the same; short texts meet only their equals.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Band(u64),
    Whole(&'a Signature),
}

fn keys(signature: &Signature) -> Vec<Key<'_>> {
    let bands: Vec<Key<'_>> = signature.bands().into_iter().map(Key::Band).collect();
    if bands.is_empty() && !signature.is_empty() { vec![Key::Whole(signature)] } else { bands }
}

/// Lessons about one text stand together: with the first that they are like enough.
fn disputes(lessons: &[Lesson]) -> Vec<Dispute<'_>> {
    let mut found: Vec<Dispute<'_>> = Vec::new();
    let mut by_key: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
    for (at, lesson) in lessons.iter().enumerate() {
        let near: BTreeSet<usize> =
            keys(&lesson.signature).iter().filter_map(|key| by_key.get(key)).flatten().copied().collect();
        let same = near.into_iter().find(|dispute| found[*dispute].text.likeness(&lesson.signature) >= ONE_TEXT);
        match same {
            Some(dispute) => found[dispute].lessons.push(at),
            None => {
                for key in keys(&lesson.signature) {
                    by_key.entry(key).or_default().push(found.len());
                }
                found.push(Dispute { text: &lesson.signature, lessons: vec![at] });
            }
        }
    }
    found.retain(|dispute| dispute.lessons.iter().any(|at| lessons[*at].unit != lessons[dispute.lessons[0]].unit));
    found
}

#[derive(Default)]
struct Side<'a> {
    voices: BTreeSet<&'a Teacher>,
    against: BTreeSet<&'a str>,
    tickets: usize,
}

impl Side<'_> {
    fn standing(&self) -> i32 {
        let count = |len: usize| i32::try_from(len).unwrap_or(i32::MAX);
        count(self.voices.len()) - count(self.against.len())
    }
}

fn decide(lessons: &[Lesson], among: &[usize]) -> Vec<(usize, Dropped)> {
    let mut sides: BTreeMap<&str, Side<'_>> = BTreeMap::new();
    for lesson in among.iter().map(|at| &lessons[*at]) {
        let side = sides.entry(&lesson.unit).or_default();
        side.voices.insert(&lesson.teacher);
        side.tickets += 1;
        for returned in &lesson.returns {
            sides.entry(&returned.unit).or_default().against.insert(&returned.granted_by);
        }
    }
    let held = sides.iter().filter(|(_, side)| side.tickets > 0);
    let Some((winner, most)) =
        held.max_by_key(|(unit, side)| (side.standing(), side.tickets, std::cmp::Reverse(**unit)))
    else {
        return Vec::new();
    };
    let loses = |side: &Side<'_>| {
        side.standing() < most.standing()
            || (side.standing() == most.standing() && side.tickets == 1 && most.tickets >= OFTEN)
    };
    let dropped = |at: &usize| {
        let lesson = &lessons[*at];
        let side = sides.get(lesson.unit.as_str()).filter(|side| lesson.unit != **winner && loses(side))?;
        let dropped = Dropped {
            ticket: lesson.ticket.clone(),
            unit: lesson.unit.clone(),
            instead: (*winner).to_owned(),
            voices: side.standing(),
            voices_instead: most.standing(),
        };
        Some((*at, dropped))
    };
    among.iter().filter_map(dropped).collect()
}
