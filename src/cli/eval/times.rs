//! How long texts took.

use serde::Serialize;

use crate::clock;

/// Times of all texts, kept only if they are wanted.
#[derive(Default)]
pub(super) struct Watch {
    took: Vec<(u64, String)>,
    wanted: bool,
}

#[derive(Serialize)]
pub(super) struct Times {
    /// Microseconds.
    pub(super) p50: u64,
    pub(super) p99: u64,
    pub(super) slowest: Vec<Slow>,
}

#[derive(Serialize)]
pub(super) struct Slow {
    pub(super) microseconds: u64,
    /// How it begins.
    pub(super) text: String,
    pub(super) characters: usize,
}

const SLOWEST: usize = 5;
const BEGINNING: usize = 30;

impl Watch {
    pub(super) fn new(wanted: bool) -> Self {
        Self { took: Vec::new(), wanted }
    }

    pub(super) fn time<T>(&mut self, text: &str, work: impl FnOnce() -> T) -> T {
        if !self.wanted {
            return work();
        }
        let from = clock::monotonic_ns();
        let done = work();
        self.took.push((clock::monotonic_ns() - from, text.to_owned()));
        done
    }

    pub(super) fn finish(mut self) -> Option<Times> {
        self.took.sort_unstable_by(|a, b| b.cmp(a));
        let at = |percent: usize| self.took.get(self.took.len() * (100 - percent) / 100).map(|it| it.0 / 1_000);
        let slow = |(took, text): &(u64, String)| Slow {
            microseconds: took / 1_000,
            text: text.chars().take(BEGINNING).collect(),
            characters: text.chars().count(),
        };
        let (p50, p99) = (at(50)?, at(99)?);
        Some(Times { p50, p99, slowest: self.took.iter().take(SLOWEST).map(slow).collect() })
    }
}
