//! The knowledge base as one immutable value: built from all entries, or out of an earlier one by changing a few.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use tantivy::TantivyError;

use super::keyword::Keywords;
use super::member::{Member, Published};
use super::shelf::{Shelf, Shelving};
use super::statistics::{Statistics, Vocabulary};
use crate::digest::Digest;
use crate::text::{Lexicon, Spellings, normalise_word};

/// All entries of all jurisdictions, ready to be searched. Cheap to clone; a change makes a new one.
#[derive(Clone)]
pub struct Knowledge(pub(super) Arc<State>);

pub(super) struct State {
    version: String,
    lexicon: Digest,
    spellings: Spellings,
    pub(super) vocabulary: Vocabulary,
    pub(super) statistics: BTreeMap<Arc<str>, Arc<Statistics>>,
    pub(super) keywords: Arc<Keywords>,
    /// Oldest and largest first.
    pub(super) parts: Vec<Part>,
}

/// A shelf, and which of its entries still stand.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) shelf: Arc<Shelf>,
    pub(super) live: Arc<[bool]>,
}

/// One entry published, changed or taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Publish(Box<Published>),
    Retire { jurisdiction: Arc<str>, id: String },
}

/// The index could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("knowledge index failed")]
pub struct KnowledgeError(#[from] TantivyError);

impl Knowledge {
    /// Knowledge of nothing, for where nothing was ever published.
    pub fn none() -> &'static Self {
        static NONE: LazyLock<Knowledge> = LazyLock::new(Knowledge::empty);
        &NONE
    }

    /// Knowledge of nothing: every search comes back empty.
    pub fn empty() -> Self {
        Self(Arc::new(State {
            version: String::new(),
            lexicon: Digest::default(),
            spellings: Spellings::default(),
            vocabulary: Vocabulary::default(),
            statistics: BTreeMap::new(),
            keywords: Arc::default(),
            parts: Vec::new(),
        }))
    }

    /// Builds from all published entries; of two with one id in one jurisdiction the later counts.
    /// `version` is the caller's (epoch and store sequence) and is only carried along.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn build(version: &str, entries: Vec<Published>, lexicon: &Lexicon) -> Result<Self, KnowledgeError> {
        let changes = entries.into_iter().map(Box::new).map(Change::Publish).collect();
        State::under(lexicon).changed(version, changes, lexicon)
    }

    /// The same with some entries changed. Only those are analysed and indexed, and where the lexicon is another one than
    /// before those in which a word stands that the two mean differently.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn with_changes(&self, version: &str, changes: Vec<Change>, lexicon: &Lexicon) -> Result<Self, KnowledgeError> {
        if self.0.parts.is_empty() || self.0.lexicon != *lexicon.digest() {
            let words = self.0.spellings.differing(lexicon.spellings());
            if self.0.parts.is_empty() || words.len() > MOST_WORDS {
                let all = self.published().cloned().map(Box::new).map(Change::Publish).chain(changes).collect();
                return State::under(lexicon).changed(version, all, lexicon);
            }
            let touched = self.published().filter(|published| has_any(published, &words));
            let again = touched.cloned().map(Box::new).map(Change::Publish).chain(changes).collect();
            return self.0.relearnt(lexicon).changed(version, again, lexicon);
        }
        self.0.changed(version, changes, lexicon)
    }

    /// What the caller called this version.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Digest of the lexicon that it was built with.
    pub fn lexicon(&self) -> &Digest {
        &self.0.lexicon
    }

    /// Number of entries of a jurisdiction, valid today or not.
    pub fn len(&self, jurisdiction: &str) -> usize {
        self.0.statistics.get(jurisdiction).map_or(0, |statistics| statistics.entries() as usize)
    }

    /// The entry as published.
    pub fn find(&self, jurisdiction: &str, id: &str) -> Option<&Published> {
        let (part, place) = self.0.place(jurisdiction, id)?;
        Some(&self.0.parts[part].shelf.members[place].published)
    }

    /// All entries as published, in no particular order.
    pub fn published(&self) -> impl Iterator<Item = &Published> {
        self.0.parts.iter().flat_map(Part::members).map(|member| &member.published)
    }
}

impl Part {
    pub(super) fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        let standing = self.shelf.members.iter().zip(self.live.iter());
        standing.filter(|(_, live)| **live).map(|(member, _)| member)
    }

    fn len(&self) -> usize {
        self.live.iter().filter(|live| **live).count()
    }
}

impl Clone for State {
    fn clone(&self) -> Self {
        Self {
            version: self.version.clone(),
            lexicon: self.lexicon.clone(),
            spellings: self.spellings.clone(),
            vocabulary: self.vocabulary.clone(),
            statistics: self.statistics.clone(),
            keywords: self.keywords.clone(),
            parts: self.parts.clone(),
        }
    }
}

/// A shelf is taken into a newer one that is at least an eighth of its size: few shelves to ask, and an entry
/// is indexed again only a handful of times.
const FEWER_BY: usize = 8;

/// More words than this in one change, and everything is learnt anew.
const MOST_WORDS: usize = 500;

/// Whether a word stands in what is analysed of an entry.
fn has_any(published: &Published, words: &[&str]) -> bool {
    let entry = &published.entry;
    entry.questions().chain([entry.answer.as_str()]).any(|text| {
        let normal = normalise_word(text);
        words.iter().any(|word| normal.contains(word))
    })
}

impl State {
    /// Nothing, to be cut by these words.
    fn under(lexicon: &Lexicon) -> Self {
        Knowledge::none().0.relearnt(lexicon)
    }

    /// The same entries, further ones to be cut by these words.
    fn relearnt(&self, lexicon: &Lexicon) -> Self {
        Self { lexicon: lexicon.digest().clone(), spellings: lexicon.spellings().clone(), ..self.clone() }
    }

    fn changed(&self, version: &str, changes: Vec<Change>, lexicon: &Lexicon) -> Result<Knowledge, KnowledgeError> {
        let mut next = Self { version: version.to_owned(), ..self.clone() };
        let mut touched = BTreeSet::new();
        let mut published: BTreeMap<(Arc<str>, String), Published> = BTreeMap::new();
        for change in changes {
            let (jurisdiction, id) = change.key();
            touched.insert(jurisdiction.clone());
            next.cross_out(&jurisdiction, &id);
            match change {
                Change::Publish(entry) => published.insert((jurisdiction, id), *entry),
                Change::Retire { .. } => published.remove(&(jurisdiction, id)),
            };
        }
        next.shelve(published.into_values().collect(), lexicon)?;
        for jurisdiction in touched {
            Arc::make_mut(next.statistics.entry(jurisdiction).or_default()).settle();
        }
        Ok(Knowledge(Arc::new(next)))
    }

    fn cross_out(&mut self, jurisdiction: &str, id: &str) {
        let Some((part, place)) = self.place(jurisdiction, id) else { return };
        let part = &mut self.parts[part];
        Arc::make_mut(&mut part.live)[place] = false;
        if let Some(statistics) = self.statistics.get_mut(jurisdiction) {
            Arc::make_mut(statistics).remove(&part.shelf.members[place].pieces);
        }
        let published = &part.shelf.members[place].published;
        if !published.entry.keywords.is_empty() {
            Arc::make_mut(&mut self.keywords).remove(published);
        }
    }

    /// Puts new entries on a new shelf, together with those of the small shelves before it.
    fn shelve(&mut self, entries: Vec<Published>, lexicon: &Lexicon) -> Result<(), KnowledgeError> {
        let mut size = entries.len();
        let mut moved = Vec::new();
        while let Some(last) = self.parts.last()
            && last.len() < FEWER_BY * size
        {
            size += last.len();
            moved.extend(last.members().cloned());
            self.parts.pop();
        }
        if size == 0 {
            return Ok(());
        }
        let mut shelving = Shelving::new()?;
        for member in moved {
            shelving.add(member, lexicon)?;
        }
        for entry in entries {
            if !entry.entry.keywords.is_empty() {
                Arc::make_mut(&mut self.keywords).add(&entry);
            }
            let member = Member::new(entry, lexicon, &mut self.vocabulary);
            let statistics = self.statistics.entry(member.published.jurisdiction.clone()).or_default();
            Arc::make_mut(statistics).add(&member.pieces);
            shelving.add(Arc::new(member), lexicon)?;
        }
        let shelf = Arc::new(shelving.finish()?);
        let live = vec![true; shelf.members.len()].into();
        self.parts.push(Part { shelf, live });
        Ok(())
    }

    /// Part and place of a live entry.
    fn place(&self, jurisdiction: &str, id: &str) -> Option<(usize, usize)> {
        self.parts.iter().enumerate().find_map(|(number, part)| {
            let place = part.shelf.place(jurisdiction, id)?;
            part.live[place].then_some((number, place))
        })
    }
}

impl Change {
    fn key(&self) -> (Arc<str>, String) {
        match self {
            Self::Publish(published) => (published.jurisdiction.clone(), published.entry.id.clone()),
            Self::Retire { jurisdiction, id } => (jurisdiction.clone(), id.clone()),
        }
    }
}
