//! `matters.toml`: the catalogue of matters with their promised times (承诺时效), and laws that set another limit (HN-15).

use serde::Deserialize;

use crate::calendar::{Kind, Length};
use crate::diagnostic::Diagnostic;

/// An item of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    pub id: String,
    pub name: String,
    /// Any of these in the text means this matter; the longest word found wins.
    #[serde(default)]
    pub words: Vec<String>,
    pub promise: Length,
    #[serde(default = "working_days")]
    pub kind: Kind,
    pub article: String,
}

fn working_days() -> Kind {
    Kind::WorkingDays
}

/// All matters of a jurisdiction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matters(Vec<Matter>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    matter: Vec<Matter>,
}

impl Matters {
    pub fn parse(file: &str, source: &str) -> Result<Self, Vec<Diagnostic>> {
        let parsed: File = toml::from_str(source).map_err(|err| vec![Diagnostic::from_toml(file, source, &err)])?;
        let mut wrong = Vec::new();
        for (at, matter) in parsed.matter.iter().enumerate() {
            let again = parsed.matter[..at].iter().filter(|other| other.id == matter.id).count();
            let named = |(_, line): &(usize, &str)| line.contains(&format!("\"{}\"", matter.id));
            let line = source.lines().enumerate().filter(named).nth(again).map(|(at, _)| at);
            let mut say = |message: String, help: &str| {
                let problem = Diagnostic::error(file, line.map_or(1, |at| at as u32 + 1), message);
                wrong.push(problem.help(help).at_named(source));
            };
            if let Err(err) = matter.kind.check(matter.promise) {
                say(format!("事项“{}”：{err}", matter.name), "改正 promise 或 kind");
            }
            if again > 0 {
                say(format!("事项编号“{}”写了两次", matter.id), "换一个编号");
            }
            if matter.words.iter().any(|word| word.chars().count() < 2) {
                say(format!("事项“{}”的词语太短", matter.name), "每个词至少两个字");
            }
        }
        if wrong.is_empty() { Ok(Self(parsed.matter)) } else { Err(wrong) }
    }

    /// By id or name.
    pub fn find(&self, name: &str) -> Option<&Matter> {
        self.0.iter().find(|matter| matter.id == name || matter.name == name)
    }

    /// The matter that a text speaks of.
    pub fn in_text(&self, text: &str) -> Option<&Matter> {
        let longest = |matter: &&Matter| {
            let found = matter.words.iter().chain([&matter.name]).filter(|word| text.contains(word.as_str()));
            found.map(|word| word.len()).max().unwrap_or(0)
        };
        self.0.iter().rev().max_by_key(longest).filter(|matter| longest(matter) > 0)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|matter| matter.name.as_str())
    }
}
