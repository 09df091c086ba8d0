//! From places in the normalised text back to places in the text as it was sent.

/// Byte offsets `start..end` into a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: offset(start), end: offset(end) }
    }

    /// The part of `text` it covers; empty when it does not lie on characters of `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A byte offset as stored. Requests are at most 64 KiB; a text beyond 4 GiB would only lose its tail.
pub(super) fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Breakpoints `(normal, raw)`, rising: from each to the next both texts advance byte by byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap(Vec<(u32, u32)>);

impl OffsetMap {
    /// The offset in the raw text; `normal` must be a character boundary of the normalised text.
    pub fn raw(&self, normal: u32) -> u32 {
        let after = self.0.partition_point(|&(at, _)| at <= normal);
        match after.checked_sub(1).and_then(|last| self.0.get(last)) {
            Some(&(at, raw)) => raw + (normal - at),
            None => normal,
        }
    }

    /// The raw text behind a span, with what was dropped inside it and directly after it.
    pub fn raw_span(&self, span: Span) -> Span {
        Span { start: self.raw(span.start), end: self.raw(span.end) }
    }

    pub fn as_pairs(&self) -> &[(u32, u32)] {
        &self.0
    }

    pub fn from_pairs(pairs: Vec<(u32, u32)>) -> Self {
        Self(pairs)
    }
}

/// Writes a text character by character and remembers where each came from.
#[derive(Default)]
pub(super) struct Tracked {
    text: String,
    pairs: Vec<(u32, u32)>,
    raw_end: usize,
}

impl Tracked {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// One character that stands for `raw_start..raw_end`.
    pub(super) fn push(&mut self, c: char, raw_start: usize, raw_end: usize) {
        self.align(raw_start);
        self.text.push(c);
        self.raw_end = raw_end;
    }

    pub(super) fn finish(mut self) -> (String, OffsetMap) {
        self.align(self.raw_end);
        (self.text, OffsetMap(self.pairs))
    }

    fn align(&mut self, raw: usize) {
        let (normal, raw) = (offset(self.text.len()), offset(raw));
        let expected = self.pairs.last().map_or(normal, |&(at, from)| from + (normal - at));
        if expected != raw {
            self.pairs.push((normal, raw));
        }
    }
}
