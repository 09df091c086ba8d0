//! The words of one jurisdiction: jieba's dictionary and ours, synonyms, slips of the pen, stop words.
//! It knows no text: cutting and weighing are in `terms`.

mod related;
mod small_talk;
mod source;
mod spellings;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};
use jieba_rs::{Jieba, Token};

use super::normal::normalise_word;
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, Hasher};
pub use related::Related;
use related::RelatedWords;
use small_talk::SmallTalk;
use source::Files;
use spellings::Saying;
pub use spellings::Spellings;

/// Parsing jieba's 350,000 words takes much longer than copying them; every lexicon starts from this one.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

static PLAIN: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::build(&LexiconSource::default()).0);

/// A dictionary file: name and content.
pub type File<'a> = (&'a str, &'a str);

/// What a lexicon is made of. In every file `#` starts a comment and empty lines are skipped.
#[derive(Clone, Copy, Default)]
pub struct LexiconSource<'a> {
    /// `词 频次 词性`; frequency and tag may be left out, and a frequency too low to keep the word whole is raised.
    pub words: &'a [File<'a>],
    /// `甲 = 乙 = 丙`: the first is the canonical one.
    pub synonyms: &'a [File<'a>],
    /// One a line; question words and courtesy phrases too.
    pub stop_words: &'a [File<'a>],
    /// `甲 ~ 乙 ~ 丙`: not the same, but often meant alike; the first one names the group.
    pub related: &'a [File<'a>],
    /// What people say to a robot when they want nothing, one a line.
    pub small_talk: &'a [File<'a>],
    /// `错 = 正`.
    pub variants: &'a [File<'a>],
    /// Names of units and places with their aliases: words of their own.
    pub names: &'a [String],
}

/// What is said about a word beyond being one.
#[derive(Default)]
pub(super) struct Known {
    /// Where it is not the canonical spelling; slips of the pen are put right already.
    pub(super) canonical: Option<String>,
    pub(super) stop: bool,
}

pub struct Lexicon {
    jieba: Jieba,
    known: HashMap<String, Known>,
    /// Stop phrases that jieba cuts into several words (我想咨询一下).
    stop_phrases: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    related: RelatedWords,
    small_talk: SmallTalk,
    digest: Digest,
    spellings: Spellings,
}

impl Lexicon {
    /// Jieba's own words and nothing else.
    pub fn plain() -> &'static Self {
        &PLAIN
    }

    /// Lines that make no sense are reported and skipped; the rest works.
    pub fn build(source: &LexiconSource<'_>) -> (Self, Vec<Diagnostic>) {
        let mut files = Files::default();
        files.read(source);
        let mut jieba = JIEBA.clone();
        let mut saying = Saying::default();
        for word in &files.words {
            // A frequency that is too low would not keep the word whole; what keeps it whole is the least.
            let frequency = word.frequency.unwrap_or(0).max(jieba.suggest_freq(&word.text));
            jieba.add_word(&word.text, Some(frequency), Some(&word.tag));
            saying.say(&word.text, ("word", frequency, &word.tag));
        }
        let names: Vec<String> = source.names.iter().map(|name| normalise_word(name)).collect();
        let spellings = files.canonical.iter().flat_map(|(from, to)| [from, to]);
        for name in names.iter().chain(spellings) {
            if !jieba.has_word(name) {
                let frequency = jieba.add_word(name, None, None);
                saying.say(name, ("name", frequency));
            }
        }
        files.canonical.iter().for_each(|(word, canonical)| saying.say(word, ("canonical", canonical)));
        files.stop_words.iter().for_each(|word| saying.say(word, "stop"));
        for group in &files.related {
            group.iter().for_each(|word| saying.say(word, ("related", &group[0])));
        }
        let (words, phrases): (Vec<_>, Vec<_>) =
            files.stop_words.into_iter().partition(|word| is_one_word(&jieba, word));
        let lexicon = Self {
            stop_phrases: automaton(&phrases),
            known: known(&words, files.canonical),
            related: RelatedWords::new(&files.related),
            small_talk: SmallTalk::new(&files.small_talk),
            digest: source.digest(),
            spellings: saying.finish(),
            jieba,
        };
        (lexicon, files.problems)
    }

    /// Over all that it was built from.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What it says beyond jieba.
    pub fn spellings(&self) -> &Spellings {
        &self.spellings
    }

    /// Words in order; before a word of three characters or more, the shorter words in it.
    pub(super) fn cut<'t>(&self, text: &'t str) -> Vec<Token<'t>> {
        // Without jieba's model for unknown words. Names of units and places are words of the dictionary and stay
        // whole either way; of 14,000 words that the model made of 4,000 complaints, four in five stood in one text
        // only: glued slips and names of persons, which no rule and no entry can share.
        self.jieba.cut_for_search(text, false)
    }

    pub(super) fn known(&self, word: &str) -> Option<&Known> {
        self.known.get(word)
    }

    pub(super) fn related(&self) -> &RelatedWords {
        &self.related
    }

    pub(super) fn small_talk(&self) -> &SmallTalk {
        &self.small_talk
    }

    /// Where stop phrases of several words stand, as byte ranges.
    pub(super) fn stop_phrases(&self, text: &str) -> Vec<(usize, usize)> {
        self.stop_phrases
            .as_ref()
            .map(|phrases| phrases.leftmost_find_iter(text).map(|found| (found.start(), found.end())).collect())
            .unwrap_or_default()
    }
}

fn known(stop_words: &[String], canonical: HashMap<String, String>) -> HashMap<String, Known> {
    let mut known: HashMap<String, Known> = HashMap::new();
    for word in stop_words {
        known.entry(word.clone()).or_default().stop = true;
    }
    for (word, canonical) in canonical {
        let stop = known.get(&canonical).is_some_and(|canonical| canonical.stop);
        let word = known.entry(word).or_default();
        word.stop |= stop;
        word.canonical = Some(canonical);
    }
    known
}

fn is_one_word(jieba: &Jieba, word: &str) -> bool {
    jieba.cut(word, false).len() <= 1
}

fn automaton(phrases: &[String]) -> Option<CharwiseDoubleArrayAhoCorasick<u32>> {
    if phrases.is_empty() {
        return None;
    }
    CharwiseDoubleArrayAhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(phrases).ok()
}

impl LexiconSource<'_> {
    /// The content address of what is built from it.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::default();
        let kinds = [self.words, self.synonyms, self.stop_words, self.variants, self.related, self.small_talk];
        for (kind, files) in ["words", "synonyms", "stop_words", "variants", "related", "small_talk"].iter().zip(kinds)
        {
            hasher.part(kind.as_bytes());
            for (_, content) in files {
                hasher.part(content.as_bytes());
            }
        }
        hasher.part(b"names");
        for name in self.names {
            hasher.part(name.as_bytes());
        }
        hasher.finish()
    }
}
