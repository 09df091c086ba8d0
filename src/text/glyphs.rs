//! A text as an array of characters, for recognisers that look both ways. Out of bounds reads as NUL.

pub(super) struct Glyphs {
    chars: Vec<char>,
    /// Byte offset of each character, then the length of the text.
    starts: Vec<usize>,
}

impl Glyphs {
    pub(super) fn new(text: &str) -> Self {
        let mut chars = Vec::with_capacity(text.len() / 2);
        let mut starts = Vec::with_capacity(text.len() / 2 + 1);
        for (at, c) in text.char_indices() {
            chars.push(c);
            starts.push(at);
        }
        starts.push(text.len());
        Self { chars, starts }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn at(&self, index: usize) -> char {
        self.chars.get(index).copied().unwrap_or('\0')
    }

    /// The character before `index`.
    pub(super) fn before(&self, index: usize) -> char {
        index.checked_sub(1).map_or('\0', |before| self.at(before))
    }

    /// Byte offset of the character `index`.
    pub(super) fn byte(&self, index: usize) -> usize {
        self.starts.get(index).or(self.starts.last()).copied().unwrap_or(0)
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &[char] {
        let end = end.min(self.len());
        &self.chars[start.min(end)..end]
    }

    pub(super) fn string(&self, start: usize, end: usize) -> String {
        self.slice(start, end).iter().collect()
    }

    pub(super) fn starts_with(&self, index: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(i, c)| self.at(index + i) == c)
    }

    /// The length of the first of `words` that stands at `index`.
    pub(super) fn any_of(&self, index: usize, words: &[&str]) -> Option<usize> {
        words.iter().find(|word| self.starts_with(index, word)).map(|word| word.chars().count())
    }

    /// Whether one of `words` stands within the `reach` characters before `index`.
    pub(super) fn shortly_before(&self, index: usize, reach: usize, words: &[&str]) -> bool {
        let from = index.saturating_sub(reach);
        (from..index)
            .any(|at| words.iter().any(|word| at + word.chars().count() <= index && self.starts_with(at, word)))
    }
}
