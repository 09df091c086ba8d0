//! Does a rule fire only where another fires? Told from the conditions alone, and only where that is certain.

use crate::rules::{Key, Rule, Word};

/// Whether `stronger` fires wherever `weaker` fires. False also where functions keep it from being certain.
pub(super) fn covers(stronger: &Rule, weaker: &Rule) -> bool {
    !stronger.guarded()
        && stronger.fixed().is_some()
        && stronger
            .valid()
            .is_none_or(|(from, until)| weaker.valid().is_some_and(|(since, end)| from <= since && end <= until))
        && facets_cover(stronger, weaker)
        && words_cover(stronger, weaker)
        && exceptions_cover(stronger, weaker)
}

/// Every facet that the stronger asks for, the weaker asks for at least as strictly.
fn facets_cover(stronger: &Rule, weaker: &Rule) -> bool {
    stronger.facets().all(|(facet, accepted)| {
        let theirs = weaker.facets().find(|(name, _)| *name == facet);
        theirs.is_some_and(|(_, values)| values.iter().all(|value| accepted.contains(value)))
    })
}

/// Each list of the stronger is met whenever some list of the weaker is met.
fn words_cover(stronger: &Rule, weaker: &Rule) -> bool {
    if stronger.within_sentence() && !weaker.within_sentence() && lists(stronger).len() > 1 {
        return false;
    }
    lists(stronger).iter().all(|wanted| {
        lists(weaker).iter().any(|given| given.iter().all(|word| wanted.iter().any(|it| stands_in(it, word))))
    })
}

/// Whatever keeps the stronger silent keeps the weaker silent too.
fn exceptions_cover(stronger: &Rule, weaker: &Rule) -> bool {
    let exceptions =
        |rule: &'_ Rule| -> Vec<String> { list(rule, Key::Unless).iter().map(|it| it.text.to_owned()).collect() };
    let (ours, theirs) = (exceptions(stronger), exceptions(weaker));
    if ours.is_empty() {
        return true;
    }
    let same_reach = stronger.within_sentence() == weaker.within_sentence();
    let plain = list(weaker, Key::Unless).iter().all(|word| !word.whole_word);
    same_reach && plain && ours.iter().all(|word| theirs.iter().any(|it| word.contains(it.as_str())))
}

/// Whether `wanted` is found wherever `given` is found.
fn stands_in(wanted: &Word<'_>, given: &Word<'_>) -> bool {
    if wanted.whole_word { given.whole_word && wanted.text == given.text } else { given.text.contains(wanted.text) }
}

pub(super) fn lists(rule: &Rule) -> Vec<Vec<Word<'_>>> {
    let mut keys: Vec<Key> = rule.words().map(|word| word.key).filter(|key| *key != Key::Unless).collect();
    keys.dedup();
    keys.into_iter().map(|key| list(rule, key)).collect()
}

pub(super) fn list(rule: &Rule, key: Key) -> Vec<Word<'_>> {
    rule.words().filter(|word| word.key == key).collect()
}
