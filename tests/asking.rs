//! The knowledge base as it is asked beside tickets: hit tests, keywords, guides, regression questions, gaps.

mod commands;
mod gaps;
mod guide;
mod hit;
mod regression;

use chrono::NaiveDate;
use paidan::knowledge::{Asking, Entry, Knowledge, Published};
use paidan::text::{Gazetteer, Lexicon, LexiconSource};

const PLACE: &str = "demo";

fn today() -> NaiveDate {
    "2026-01-15".parse().expect("a date")
}

/// With two synonyms, one group of related words, one slip of the pen and a few stop words.
fn lexicon() -> Lexicon {
    let source = LexiconSource {
        synonyms: &[("synonyms.txt", "营业执照 = 执照本\n注销 = 销户")],
        variants: &[("variants.txt", "职照 = 执照")],
        related: &[("related.txt", "提取 ~ 取出来")],
        small_talk: &[("smalltalk.txt", "讲个笑话")],
        stop_words: &[("stopwords.txt", "请问\n怎么\n的\n吗\n您好")],
        ..LexiconSource::default()
    };
    Lexicon::build(&source).0
}

fn entry(id: &str, question: &str, similar: &[&str]) -> Entry {
    Entry {
        id: id.into(),
        question: question.into(),
        similar: similar.iter().map(ToString::to_string).collect(),
        answer: format!("{id} 的答案"),
        owner: "区市场监管局".into(),
        ..Entry::default()
    }
}

fn build(entries: Vec<Entry>, lexicon: &Lexicon) -> Knowledge {
    let as_of = "2025-12-01".parse().expect("a date");
    let published = entries.into_iter().map(|entry| Published { jurisdiction: PLACE.into(), entry, as_of }).collect();
    Knowledge::build("1-7", published, lexicon).expect("an index in memory")
}

fn asking<'a>(lexicon: &'a Lexicon, gazetteer: &'a Gazetteer) -> Asking<'a> {
    Asking { jurisdiction: PLACE, lexicon, gazetteer, today: today(), threshold: 800, review: Default::default() }
}
