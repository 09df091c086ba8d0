//! A text made up of the words of two rules, and what the rules really say of it.

use chrono::{DateTime, NaiveDate, Utc};

use super::pairs::{Pair, Shared};
use super::shadow::{list, lists};
use super::{Overlap, decided, judged, questions, witness as shown};
use crate::calendar::local_date;
use crate::regulation::NATURES;
use crate::rules::{Key, Rule};
use crate::ticket::Request;
use crate::triage::{Release, Snapshot};

/// What a function may be waiting for.
const ADDED: [&str; 2] = ["", ",涉及金额100万元"];
/// Words of a list that are tried.
const CHOICES: usize = 8;

/// The pair with a text on which both fire; `None`: no such text was found, or they get along on it.
pub(super) fn witness(
    snapshot: &Snapshot,
    release: &Release,
    shared: &Shared<'_>,
    now: DateTime<Utc>,
) -> Option<Overlap> {
    let Pair { one, other } = shared.pair;
    let rules = release.rules.rules();
    let pair = [&**rules.get(one as usize)?, &**rules.get(other as usize)?];
    let text = words_of_both(pair, shared.word)?;
    let now = day_of_both(pair).map_or(now, |day| now + (day - local_date(now)));
    ADDED.iter().filter(|added| added.is_empty() || pair.iter().any(|rule| rule.guarded())).find_map(|added| {
        let request = request(release, pair, format!("{text}{added}"));
        let decision = decided(snapshot, &request, now);
        questions(&decision).find_map(|(question, ruling)| {
            let vote = |rule: &Rule| ruling.votes.iter().find(|vote| vote.rule == rule.id);
            let judged = judged(release, question, vote(pair[0])?, vote(pair[1])?)?;
            Some(judged.overlap(question, 0, shown("", &request, &decision, ruling)))
        })
    })
}

/// One word of every list, the shared one first; none of the exceptions.
fn words_of_both(pair: [&Rule; 2], shared: &str) -> Option<String> {
    let exceptions: Vec<&str> = pair.iter().flat_map(|rule| list(rule, Key::Unless)).map(|word| word.text).collect();
    let free = |text: &str| !exceptions.iter().any(|word| text.contains(word));
    let mut text = shared.to_owned();
    for words in pair.iter().flat_map(|rule| lists(rule)) {
        // A word of its own is bounded by commas; part of another word is none.
        let there = |word: &crate::rules::Word<'_>| match word.whole_word {
            true => text.split(',').any(|part| part == word.text),
            false => text.contains(word.text),
        };
        if words.iter().any(there) {
            continue;
        }
        let longer = |word: &crate::rules::Word<'_>| format!("{text},{}", word.text);
        text = words.iter().take(CHOICES).map(longer).find(|text| free(text))?;
    }
    free(&text).then_some(text)
}

fn request(release: &Release, pair: [&Rule; 2], mut text: String) -> Request {
    let of_both = |facet: &str| {
        let lists: Vec<&[String]> =
            pair.iter().flat_map(|rule| rule.facets()).filter(|(name, _)| *name == facet).map(|(_, it)| it).collect();
        let first = lists.first()?;
        first.iter().find(|value| lists.iter().all(|list| list.contains(value))).cloned()
    };
    for (_, places) in pair.iter().flat_map(|rule| rule.facets()).filter(|(name, _)| *name == "place") {
        if let Some(place) = places.first().filter(|place| !text.contains(place.as_str())) {
            text = format!("{text},{place}");
        }
    }
    let regulation = &release.regulation;
    let nature = of_both("nature").filter(|nature| NATURES.contains(&nature.as_str()));
    let by_nature = nature.map(|nature| {
        let own = regulation.categories.contains(&nature);
        if own { nature } else { regulation.category_of(&nature).to_owned() }
    });
    let mut request = Request {
        jurisdiction: release.jurisdiction.clone(),
        text,
        channel: of_both("channel").unwrap_or_default(),
        section: of_both("section").unwrap_or_default(),
        category: by_nature.or_else(|| of_both("category")).unwrap_or_default(),
        topic: of_both("topic").unwrap_or_default(),
        ..Request::default()
    };
    request.requester.kind = of_both("requester").unwrap_or_default();
    request
}

/// A day on which both are valid, where that matters.
fn day_of_both(pair: [&Rule; 2]) -> Option<NaiveDate> {
    pair.iter().filter_map(|rule| rule.valid()).map(|(from, _)| from).max()
}
