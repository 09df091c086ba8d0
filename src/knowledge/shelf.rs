//! The tantivy index: proposes the entries that share telling pieces with a text. It ranks roughly and
//! decides nothing. tantivy's own scores count deleted documents until a merge, so they are not used: a
//! proposal's score adds up our worths, depends on live entries alone and is the same however often the
//! index was changed.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use chrono::NaiveDate;
use tantivy::directory::RamDirectory;
use tantivy::index::InvertedIndexReader;
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, ReloadPolicy, SingleSegmentIndexWriter, TantivyDocument, TantivyError, Term};

use super::member::Member;
use super::sound::Sounds;
use super::tokenizer;
use crate::text::{Gazetteer, Kind, Lexicon, analyse, pieces};

/// Sets the starting size of the writer's tables, which grow by themselves. A large one is cleared for every
/// single entry that is published.
const WRITER_BYTES: usize = 1_000_000;

/// Entries indexed together, in one segment, so that document numbers are places in `members`.
/// Never changed: changed entries stand in a newer shelf and are crossed out here (`Part::live`).
pub(super) struct Shelf {
    pub(super) members: Vec<Arc<Member>>,
    /// Beside the members, because it is asked for many that are not looked at further.
    validity: Vec<(NaiveDate, NaiveDate)>,
    by_id: HashMap<Key, usize>,
    pub(super) sounds: Sounds,
    words: (Field, Arc<InvertedIndexReader>),
    characters: (Field, Arc<InvertedIndexReader>),
}

/// A piece to look for, and what finding it is worth.
pub(super) struct Asked<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) worth: u32,
    /// In how many live entries it stands.
    pub(super) frequency: u32,
}

/// Collects entries for a new shelf.
pub(super) struct Shelving {
    members: Vec<Arc<Member>>,
    sounds: Sounds,
    writer: SingleSegmentIndexWriter,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    words: Field,
    characters: Field,
}

impl Shelving {
    pub(super) fn new() -> Result<Self, TantivyError> {
        let (schema, fields) = schema();
        let directory = RamDirectory::create();
        let writer = Index::builder().schema(schema).single_segment_index_writer(directory, WRITER_BYTES)?;
        Ok(Self { members: Vec::new(), sounds: Sounds::default(), writer, fields })
    }

    /// Adds an entry with the words, characters and pairs of each of its questions.
    pub(super) fn add(&mut self, member: Arc<Member>, lexicon: &Lexicon) -> Result<(), TantivyError> {
        let mut document = TantivyDocument::new();
        for question in member.published.entry.questions() {
            let analysis = analyse(lexicon, &Gazetteer::empty(), question);
            let pieces = pieces(&analysis);
            let words = pieces.iter().filter(|piece| piece.kind == Kind::Word && piece.text.chars().count() > 1);
            words.for_each(|word| self.sounds.learn(word.text));
            let fields = self.fields;
            for (field, kind) in [
                (fields.words, Kind::Word),
                (fields.words, Kind::Related),
                (fields.characters, Kind::Pair),
                (fields.characters, Kind::Single),
            ] {
                document.add_pre_tokenized_text(field, tokenizer::tokens(&pieces, kind, member.jurisdiction()));
            }
        }
        self.writer.add_document(document)?;
        self.members.push(member);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Shelf, TantivyError> {
        let index = self.writer.finalize()?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let searcher = reader.searcher();
        let segment = searcher.segment_reader(0);
        let open = |field| segment.inverted_index(field).map(|postings| (field, postings));
        let by_id = self.members.iter().zip(0..).map(|(member, place)| (member.key(), place)).collect();
        let validity = self.members.iter().map(|member| (member.valid_from, member.valid_until)).collect();
        Ok(Shelf {
            validity,
            members: self.members,
            by_id,
            sounds: self.sounds,
            words: open(self.fields.words)?,
            characters: open(self.fields.characters)?,
        })
    }
}

/// Words with positions, several of which may share one; characters and their pairs only by presence.
fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let mut field = |name, record| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(false).set_index_option(record);
        schema.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
    };
    let words = field("words", IndexRecordOption::WithFreqsAndPositions);
    let characters = field("characters", IndexRecordOption::Basic);
    (schema.build(), Fields { words, characters })
}

/// Jurisdiction and id of an entry.
type Key = (Arc<str>, Box<str>);

impl Shelf {
    pub(super) fn place(&self, jurisdiction: &str, id: &str) -> Option<usize> {
        self.by_id.get(&(Arc::from(jurisdiction), Box::from(id))).copied()
    }

    /// Scores and places of the `most` live entries (and those that tie with the last) that share most with
    /// what is asked, in no particular order.
    ///
    /// # Errors
    /// The index cannot be read.
    pub(super) fn propose(
        &self,
        live: &[bool],
        today: NaiveDate,
        jurisdiction: &str,
        asked: &[Asked<'_>],
        most: usize,
    ) -> io::Result<Vec<(u32, u32)>> {
        let mut scores = vec![0_u32; self.members.len()];
        let postings: usize = asked.iter().map(|asked| asked.frequency as usize).sum();
        let mut touched = Vec::with_capacity(postings.min(self.members.len()));
        for asked in asked {
            self.collect(jurisdiction, asked, &mut scores, &mut touched)?;
        }
        let standing = touched.into_iter().filter(|place| {
            let (from, until) = self.validity[*place as usize];
            live[*place as usize] && from <= today && today <= until
        });
        let scored = standing.map(|place| (scores[place as usize], place)).collect();
        Ok(strongest(scored, most, |(score, _)| *score))
    }

    fn collect(
        &self,
        jurisdiction: &str,
        asked: &Asked<'_>,
        scores: &mut [u32],
        touched: &mut Vec<u32>,
    ) -> io::Result<()> {
        let (field, postings) =
            if matches!(asked.kind, Kind::Word | Kind::Related) { &self.words } else { &self.characters };
        let term = Term::from_field_text(*field, &tokenizer::indexed(jurisdiction, asked.text));
        let Some(mut block) = postings.read_block_postings(&term, IndexRecordOption::Basic)? else { return Ok(()) };
        while !block.docs().is_empty() {
            for place in block.docs() {
                let score = &mut scores[*place as usize];
                if *score == 0 {
                    touched.push(*place);
                }
                *score += asked.worth;
            }
            block.advance();
        }
        Ok(())
    }
}

/// Keeps the `most` with the highest scores and all that tie with the lowest of them: cutting a tie would let
/// the order of the index decide.
pub(super) fn strongest<T>(mut scored: Vec<T>, most: usize, score: impl Fn(&T) -> u32) -> Vec<T> {
    const STEPS: usize = 256;
    if scored.len() <= most || most == 0 {
        return scored;
    }
    // Counting by steps throws out nearly all in two passes; the few left are cut exactly.
    let width = scored.iter().map(&score).max().unwrap_or(0) / 256 + 1;
    let mut counts = [0_usize; STEPS];
    for one in &scored {
        counts[(score(one) / width) as usize] += 1;
    }
    let mut above = 0;
    let step = (0..STEPS).rev().find(|step| {
        above += counts[*step];
        above >= most
    });
    let least = u32::try_from(step.unwrap_or(0)).unwrap_or(0) * width;
    scored.retain(|one| score(one) >= least);
    let (_, last, _) = scored.select_nth_unstable_by_key(most - 1, |one| std::cmp::Reverse(score(one)));
    let least = score(last);
    scored.retain(|one| score(one) >= least);
    scored
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::strongest;

    proptest! {
        #[test]
        fn the_strongest_are_those_of_a_full_sort(scores in prop::collection::vec(0_u32..5_000, 0..400), most in 1_usize..50) {
            let mut sorted = scores.clone();
            sorted.sort_unstable_by_key(|score| std::cmp::Reverse(*score));
            let least = sorted.get(most - 1).or(sorted.last()).copied().unwrap_or(0);
            let expected: Vec<u32> = sorted.into_iter().filter(|score| *score >= least).collect();
            let mut found = strongest(scores, most, |score| *score);
            found.sort_unstable_by_key(|score| std::cmp::Reverse(*score));
            prop_assert_eq!(found, expected);
        }
    }
}
