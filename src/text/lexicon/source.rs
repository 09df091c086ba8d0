//! The dictionary files, line by line.

use std::collections::{BTreeSet, HashMap};

use super::{File, LexiconSource};
use crate::diagnostic::Diagnostic;
use crate::text::normal::normalise_word;

pub(super) struct Word {
    pub(super) text: String,
    /// `None`: as frequent as it must be to stay whole.
    pub(super) frequency: Option<usize>,
    pub(super) tag: String,
}

/// Everything the files say, normalised.
#[derive(Default)]
pub(super) struct Files {
    pub(super) words: Vec<Word>,
    pub(super) canonical: HashMap<String, String>,
    pub(super) stop_words: BTreeSet<String>,
    /// Groups of related words, each under the name of its first one.
    pub(super) related: Vec<Vec<String>>,
    pub(super) small_talk: Vec<String>,
    pub(super) problems: Vec<Diagnostic>,
}

/// Where a line stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    line: u32,
}

impl Files {
    pub(super) fn read(&mut self, source: &LexiconSource<'_>) {
        self.each(source.words, Self::word);
        self.each(source.stop_words, |files, _, line| {
            files.stop_words.insert(normalise_word(line));
        });
        self.each(source.related, Self::related);
        self.each(source.small_talk, |files, _, line| files.small_talk.push(normalise_word(line)));
        self.each(source.synonyms, Self::synonyms);
        let synonyms = std::mem::take(&mut self.canonical);
        self.each(source.variants, Self::variant);
        for right in self.canonical.values_mut() {
            if let Some(canonical) = synonyms.get(right) {
                right.clone_from(canonical);
            }
        }
        for (from, to) in synonyms {
            self.canonical.entry(from).or_insert(to);
        }
    }

    fn each(&mut self, files: &[File<'_>], mut take: impl FnMut(&mut Self, Place<'_>, &str)) {
        for &(file, content) in files {
            for (index, line) in content.trim_start_matches('\u{FEFF}').lines().enumerate() {
                let line_number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                let line = line.split('#').next().unwrap_or("").trim();
                if !line.is_empty() {
                    take(self, Place { file, line: line_number }, line);
                }
            }
        }
    }

    fn report(&mut self, place: Place<'_>, message: String, help: &str) {
        self.problems.push(Diagnostic::error(place.file, place.line, message).help(help));
    }

    fn word(&mut self, place: Place<'_>, line: &str) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (word, frequency, tag) = match fields.as_slice() {
            [word] => (*word, Ok(None), ""),
            [word, frequency] => (*word, frequency.parse().map(Some), ""),
            [word, frequency, tag] => (*word, frequency.parse().map(Some), *tag),
            _ => return self.report(place, format!("“{line}”有多余的内容"), "一行一个词：词 频次 词性"),
        };
        let text = normalise_word(word);
        match frequency {
            // Sums of frequencies must not overflow; jieba's own total is 60 million.
            Ok(Some(0 | 1_000_000_000..)) | Err(_) => {
                self.report(place, format!("“{word}”的频次不对"), "频次是 1 到 999999999 的整数，也可以不写");
            }
            Ok(_) if text.chars().count() < 2 => {
                self.report(place, format!("“{word}”太短，不能成词"), "词至少两个字");
            }
            Ok(frequency) => self.words.push(Word { text, frequency, tag: tag.to_owned() }),
        }
    }

    fn synonyms(&mut self, place: Place<'_>, line: &str) {
        let group: Vec<String> = line.split('=').map(|word| normalise_word(word.trim())).collect();
        if group.len() < 2 || group.iter().any(String::is_empty) {
            return self.report(place, format!("“{line}”不成一组同义词"), "写成：甲 = 乙 = 丙，第一个是标准说法");
        }
        let canonical = group[0].clone();
        for word in group.into_iter().skip(1).filter(|word| *word != canonical) {
            let known = self.canonical.get(&word).filter(|known| **known != canonical).cloned();
            if let Some(known) = known {
                self.report(place, format!("“{word}”已经归入“{known}”"), "一个词只能有一个标准说法");
            } else {
                self.canonical.insert(word, canonical.clone());
            }
        }
        self.settle(place, &canonical);
    }

    fn related(&mut self, place: Place<'_>, line: &str) {
        let group: Vec<String> = line.split('~').map(|word| normalise_word(word.trim())).collect();
        if group.len() < 2 || group.iter().any(String::is_empty) {
            return self.report(place, format!("“{line}”不成一组相近的词"), "写成：甲 ~ 乙 ~ 丙，第一个是这一组的名称");
        }
        self.related.push(group);
    }

    /// A canonical word that is itself a synonym elsewhere would need two steps; one is all there is.
    fn settle(&mut self, place: Place<'_>, canonical: &str) {
        if let Some(other) = self.canonical.get(canonical).cloned() {
            self.report(place, format!("标准说法“{canonical}”在别处归入“{other}”"), "把两组合成一组");
            self.canonical.retain(|_, to| to != canonical);
        }
    }

    fn variant(&mut self, place: Place<'_>, line: &str) {
        let sides: Vec<String> = line.split('=').map(|side| normalise_word(side.trim())).collect();
        match sides.as_slice() {
            [wrong, right] if !wrong.is_empty() && !right.is_empty() && wrong != right => {
                self.canonical.insert(wrong.clone(), right.clone());
            }
            _ => self.report(place, format!("“{line}”不是一条纠错"), "写成：错 = 正"),
        }
    }
}
