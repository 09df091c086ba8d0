//! Cutting: marks stay whole, jieba cuts what lies between, and every word becomes terms with weights.

use super::lexicon::Lexicon;
use super::marks::{Mark, MarkKind};
use super::offsets::{Span, offset};

/// A word, a sign or white space; together they tile the normalised text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub span: Span,
}

/// What search and comparison see of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The canonical synonym, slips of the pen put right.
    pub text: String,
    pub span: Span,
    /// Ordinal of the word in `Analysis::words`; the words inside a word share it.
    pub position: u32,
    /// 1000 for a content word, less for what tells less, 0 for stop words and courtesy.
    pub weight: u16,
}

const CONTENT: u16 = 1000;
/// A word inside a longer word: 执照 in 营业执照.
const INNER: u16 = 500;
const SINGLE: u16 = 200;
const NUMBER: u16 = 100;

/// Words tile the text. Personal data gives a word but no term: nobody can search for it.
pub(super) fn cut(lexicon: &Lexicon, normal: &str, marks: &[Mark]) -> (Vec<Word>, Vec<Term>) {
    let mut cutter = Cutter { lexicon, normal, words: Vec::new(), terms: Vec::new() };
    let mut from = 0;
    for mark in marks {
        cutter.segment(from, mark.span.start as usize);
        cutter.mark(mark);
        from = mark.span.end as usize;
    }
    cutter.segment(from, normal.len());
    cutter.silence_phrases();
    (cutter.words, cutter.terms)
}

/// Byte ends of the words.
pub(super) fn ends(words: &[Word]) -> Vec<u32> {
    words.iter().map(|word| word.span.end).collect()
}

struct Cutter<'a> {
    lexicon: &'a Lexicon,
    normal: &'a str,
    words: Vec<Word>,
    terms: Vec<Term>,
}

impl Cutter<'_> {
    fn mark(&mut self, mark: &Mark) {
        let position = self.begin(mark.span);
        let weight = match mark.kind {
            kind if kind.personal() => return,
            MarkKind::DocumentNumber | MarkKind::Hotline => CONTENT,
            _ => NUMBER,
        };
        let text = match mark.kind {
            MarkKind::Amount { .. } => mark.span.of(self.normal).to_owned(),
            _ => mark.value.clone(),
        };
        self.terms.push(Term { text, span: mark.span, position, weight });
    }

    fn segment(&mut self, start: usize, end: usize) {
        let Some(text) = self.normal.get(start..end).filter(|text| !text.is_empty()) else { return };
        let tokens = self.lexicon.cut(text);
        // The words inside a word come before it: a token is a word of its own unless a later one covers it.
        let mut whole = vec![false; tokens.len()];
        let mut covered_from = usize::MAX;
        for (index, token) in tokens.iter().enumerate().rev() {
            whole[index] = token.byte_end <= covered_from;
            if whole[index] {
                covered_from = token.byte_start;
            }
        }
        let mut position = offset(self.words.len());
        for (token, whole) in tokens.iter().zip(whole) {
            let span = Span::new(start + token.byte_start, start + token.byte_end);
            if whole {
                self.begin(span);
            }
            self.term(token.word, span, position, whole);
            position = offset(self.words.len());
        }
    }

    fn begin(&mut self, span: Span) -> u32 {
        self.words.push(Word { span });
        offset(self.words.len() - 1)
    }

    fn term(&mut self, word: &str, span: Span, position: u32, whole: bool) {
        if !word.chars().any(char::is_alphanumeric) {
            return;
        }
        let known = self.lexicon.known(word);
        let text = known.and_then(|known| known.canonical.as_deref()).unwrap_or(word).to_owned();
        let weight = if known.is_some_and(|known| known.stop) { 0 } else { weigh(word, whole) };
        self.terms.push(Term { text, span, position, weight });
    }

    /// A courtesy phrase weighs nothing where it covers whole words.
    fn silence_phrases(&mut self) {
        for (start, end) in self.lexicon.stop_phrases(self.normal) {
            let phrase = Span::new(start, end);
            let words = &self.words;
            let word = |term: &Term| words.get(term.position as usize).map(|word| word.span).unwrap_or_default();
            let first = self.terms.partition_point(|term| word(term).start < phrase.start);
            for term in self.terms.iter_mut().skip(first).take_while(|term| word(term).start < phrase.end) {
                if phrase.contains(word(term)) {
                    term.weight = 0;
                }
            }
        }
    }
}

fn weigh(word: &str, whole: bool) -> u16 {
    let mut chars = word.chars();
    let single = chars.next().is_some() && chars.next().is_none();
    if word.chars().all(|c| c.is_ascii_digit()) {
        NUMBER
    } else if single {
        SINGLE
    } else if whole {
        CONTENT
    } else {
        INNER
    }
}
