//! The words of one jurisdiction: jieba's dictionary and ours, synonyms, slips of the pen, stop words.
//! It knows no text: cutting and weighing are in `terms`.

mod source;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};
use jieba_rs::{Jieba, Token};

use super::normal::normalise_word;
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, Hasher};
use source::Files;

/// Parsing jieba's 350,000 words takes much longer than copying them; every lexicon starts from this one.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// A dictionary file: name and content.
pub type File<'a> = (&'a str, &'a str);

/// What a lexicon is made of. In every file `#` starts a comment and empty lines are skipped.
#[derive(Clone, Copy, Default)]
pub struct LexiconSource<'a> {
    /// `词 频次 词性`; frequency and tag may be left out.
    pub words: &'a [File<'a>],
    /// `甲 = 乙 = 丙`: the first is the canonical one.
    pub synonyms: &'a [File<'a>],
    /// One a line; question words and courtesy phrases too.
    pub stop_words: &'a [File<'a>],
    /// `错 = 正`.
    pub variants: &'a [File<'a>],
    /// Names of units and places with their aliases: words of their own.
    pub names: &'a [String],
}

pub struct Lexicon {
    jieba: Jieba,
    /// Any spelling → the canonical one; variants are resolved already.
    canonical: HashMap<String, String>,
    stop_words: HashSet<String>,
    /// Stop phrases that jieba cuts into several words (我想咨询一下).
    stop_phrases: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    digest: Digest,
}

impl Lexicon {
    /// Lines that make no sense are reported and skipped; the rest works.
    pub fn build(source: &LexiconSource<'_>) -> (Self, Vec<Diagnostic>) {
        let mut files = Files::default();
        files.read(source);
        let mut jieba = JIEBA.clone();
        for word in &files.words {
            jieba.add_word(&word.text, word.frequency, Some(&word.tag));
        }
        let names: Vec<String> = source.names.iter().map(|name| normalise_word(name)).collect();
        let spellings = files.canonical.iter().flat_map(|(from, to)| [from, to]);
        for name in names.iter().chain(spellings) {
            if !jieba.has_word(name) {
                jieba.add_word(name, None, None);
            }
        }
        let (words, phrases): (Vec<_>, Vec<_>) =
            files.stop_words.into_iter().partition(|word| is_one_word(&jieba, word));
        let lexicon = Self {
            stop_phrases: automaton(&phrases),
            canonical: files.canonical,
            digest: digest(source),
            stop_words: words.into_iter().collect(),
            jieba,
        };
        (lexicon, files.problems)
    }

    /// Over all that it was built from.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Words in order; before a word of three characters or more, the shorter words in it.
    pub(super) fn cut<'t>(&self, text: &'t str) -> Vec<Token<'t>> {
        // Without jieba's model for unknown words: it glues runs of single characters into words that exist
        // nowhere else (names, slips), which neither rules nor entries can share, and it costs time.
        self.jieba.cut_for_search(text, false)
    }

    pub(super) fn canonical<'a>(&'a self, word: &'a str) -> &'a str {
        self.canonical.get(word).map_or(word, String::as_str)
    }

    pub(super) fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains(word)
    }

    /// Where stop phrases of several words stand, as byte ranges.
    pub(super) fn stop_phrases(&self, text: &str) -> Vec<(usize, usize)> {
        self.stop_phrases
            .as_ref()
            .map(|phrases| phrases.leftmost_find_iter(text).map(|found| (found.start(), found.end())).collect())
            .unwrap_or_default()
    }
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

fn digest(source: &LexiconSource<'_>) -> Digest {
    let mut hasher = Hasher::default();
    let kinds = [source.words, source.synonyms, source.stop_words, source.variants];
    for (kind, files) in ["words", "synonyms", "stop_words", "variants"].iter().zip(kinds) {
        hasher.part(kind.as_bytes());
        for (_, content) in files {
            hasher.part(content.as_bytes());
        }
    }
    hasher.part(b"names");
    for name in source.names {
        hasher.part(name.as_bytes());
    }
    hasher.finish()
}
