//! Which rules of a file are written as they were in another version of it.

use std::collections::BTreeMap;

use super::scan::scan;
use crate::digest::{Digest, Hasher};

/// Id → a digest of the rule's own statement and of every definition of the file. Two versions of a file in which these
/// agree register the same rule. Ids that are not written out, or stand twice, are left out.
pub fn fingerprints(source: &str) -> BTreeMap<String, Digest> {
    let script = scan(source);
    let mut definitions = Hasher::default();
    for statement in script.statements().iter().filter(|it| it.id().is_none()) {
        definitions.part(script.meant(statement).trim_end().as_bytes());
    }
    let definitions = definitions.finish();
    let mut prints: BTreeMap<String, Option<Digest>> = BTreeMap::new();
    let mut before = 0_u32;
    for statement in script.statements() {
        let Some(id) = statement.id() else {
            before += 1;
            continue;
        };
        let mut hasher = Hasher::default();
        // A definition may hide an earlier one: how many stand before the rule counts.
        hasher
            .part(definitions.as_str().as_bytes())
            .part(&before.to_le_bytes())
            .part(script.meant(statement).trim_end().as_bytes());
        let print = hasher.finish();
        prints.entry(id.to_owned()).and_modify(|it| *it = None).or_insert(Some(print));
    }
    prints.into_iter().filter_map(|(id, print)| Some((id, print?))).collect()
}
