//! Request, analysis and history → the facts that rules see.

use chrono::{DateTime, Utc};

use super::{Facts, History, Learned, Match, Release};
use crate::calendar::{local_date, local_hour};
use crate::similar::Evidence;
use crate::text::Analysis;
use crate::ticket::Request;

/// Everything a rule may ask about, as values.
pub fn gather(
    release: &Release,
    analysis: &Analysis,
    request: &Request,
    history: &History,
    best: Option<&Match>,
    learned: Learned,
    now: DateTime<Utc>,
) -> Facts {
    let places = places(release, analysis);
    let place_unit = places.iter().find_map(|place| release.units.of_place(place));
    let duty = release.duties.best(analysis.terms.iter().filter(|term| term.weight > 0).map(|term| term.text.as_str()));
    let regulation = &release.regulation;
    Facts {
        text: analysis.normal.clone(),
        cuts: analysis.cuts(),
        offsets: analysis.offsets.as_pairs().to_vec(),
        channel: or_first(&request.channel, &regulation.channels),
        requester: or_first(&request.requester.kind, &regulation.requesters),
        section: request.section.clone(),
        place_unit: place_unit.map(|unit| unit.name.clone()).unwrap_or_default(),
        places,
        amounts: analysis.amounts(),
        best_entry: best.map(|it| it.entry.clone()).unwrap_or_default(),
        best_owner: best.map(|it| it.owner.clone()).unwrap_or_default(),
        best_category: best.map(|it| it.category.clone()).unwrap_or_default(),
        best_confidence: best.map_or(0, |it| it.confidence),
        duty_unit: duty.unit,
        duty_score: duty.score,
        similar: known_unit(release, &history.similar),
        learned,
        repeats: history.repeats,
        chosen_category: request.category.clone(),
        chosen_topic: request.topic.clone(),
        matter: request.matter.clone(),
        repeat_open: history.repeat_open,
        repeat_done: history.repeat_done,
        same_matter: history.same_matter,
        terminated: history.terminated,
        hour: local_hour(now),
        workday: release.calendar.day(local_date(now)).working,
        mark: String::new(),
        clock: String::new(),
        flags: Vec::new(),
    }
}

/// Units come and go: what speaks for one that the jurisdiction has no longer speaks for nobody.
fn known_unit(release: &Release, similar: &Evidence) -> Evidence {
    match release.units.find(&similar.unit) {
        Some(unit) => Evidence { unit: unit.name.clone(), ..similar.clone() },
        None => Evidence::default(),
    }
}

/// Places found, in order of appearance, each followed by what it lies in.
fn places(release: &Release, analysis: &Analysis) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for name in analysis.places.iter().flat_map(|place| release.gazetteer.chain(&place.name)) {
        if !places.iter().any(|it| it == name) {
            places.push(name.to_owned());
        }
    }
    places
}

fn or_first(given: &str, list: &[String]) -> String {
    if given.is_empty() { list.first().cloned().unwrap_or_default() } else { given.to_owned() }
}
