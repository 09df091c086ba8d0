//! Where a name is used: a unit with its aliases, a word, a rule, a place, a value of the regulation.

mod files;

use serde::Serialize;
use utoipa::ToSchema;

use crate::knowledge::Entry;
use crate::rules::{How, Rule, Script};
use crate::text::normalise_word;
use crate::triage::{Case, Release};

/// All uses of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refs {
    pub name: String,
    /// What it is: 单位, 规则, 地点, or the lists of the regulation that hold it; empty for a plain word.
    pub kinds: Vec<String>,
    /// Every spelling that was looked for.
    pub spellings: Vec<String>,
    pub uses: Vec<Use>,
}

/// One use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = InsightUse)]
pub struct Use {
    pub place: Place,
    /// The rule, case, entry, unit … that uses it.
    pub id: String,
    /// Under which key: `any`, `all[1]`, `then.lead`, `when`, `owner`, `duties` …
    pub key: String,
    /// Empty for entries, which live in the store.
    pub file: String,
    pub line: u32,
    /// What is written there.
    pub text: String,
    pub likeness: Likeness,
}

/// In what kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InsightPlace)]
pub enum Place {
    Rule,
    Case,
    Entry,
    Regulation,
    Unit,
    Places,
    Dictionary,
}

/// What is written, against the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InsightLikeness)]
pub enum Likeness {
    Same,
    /// A longer word that contains the name.
    Longer,
    /// A shorter word inside the name.
    Shorter,
}

/// Where a name is used. `entries` are those of the jurisdiction.
pub fn refs<'a>(release: &Release, entries: impl IntoIterator<Item = &'a Entry>, name: &str) -> Refs {
    let finder = Finder::new(release, name);
    let mut uses = finder.in_rules(release);
    uses.extend(finder.in_gone(release));
    uses.extend(release.cases.iter().flat_map(|case| finder.in_case(case)));
    uses.extend(entries.into_iter().flat_map(|entry| finder.in_entry(entry)));
    uses.extend(release.files.iter().flat_map(|(path, text)| finder.in_file(path, text)));
    uses.sort();
    uses.dedup();
    Refs { name: name.to_owned(), kinds: kinds(release, name), spellings: finder.spellings, uses }
}

fn kinds(release: &Release, name: &str) -> Vec<String> {
    let regulation = &release.regulation;
    let lists = [
        ("单位", release.units.find(name).is_some()),
        ("规则", release.rules.find(name).is_some() || release.rules.gone().iter().any(|gone| gone.id == name)),
        ("地点", release.gazetteer.names().any(|place| place == name)),
        ("性质", crate::regulation::NATURES.contains(&name)),
        ("类别", regulation.categories.iter().any(|it| it == name)),
        ("主题", regulation.topics.iter().any(|it| it == name)),
        ("渠道", regulation.channels.iter().any(|it| it == name)),
        ("来件人类别", regulation.requesters.iter().any(|it| it == name)),
        ("栏目", regulation.sections.iter().any(|it| it == name)),
        ("坐席", regulation.skills.iter().any(|it| it == name)),
    ];
    lists.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind.to_owned()).collect()
}

struct Finder {
    /// As written: the name, and of a unit all its names.
    spellings: Vec<String>,
    /// The name alone in the text's own form, for longer and shorter words.
    normal: String,
}

impl Finder {
    fn new(release: &Release, name: &str) -> Self {
        let unit = release.units.find(name);
        let aliases =
            unit.into_iter().flat_map(|unit| [&unit.name, &unit.full, &unit.id].into_iter().chain(&unit.aliases));
        let mut spellings = vec![name.to_owned()];
        spellings.extend(aliases.filter(|it| !it.is_empty()).cloned());
        spellings.sort();
        spellings.dedup();
        Self { spellings, normal: normalise_word(name) }
    }

    /// A name that has to be the same.
    fn is(&self, text: &str) -> bool {
        self.spellings.iter().any(|it| it == text)
    }

    /// A word, which may also be longer or shorter.
    fn like(&self, text: &str) -> Option<Likeness> {
        let word = normalise_word(text);
        if self.is(text) || word == self.normal {
            Some(Likeness::Same)
        } else if word.chars().count() < 2 || self.normal.chars().count() < 2 {
            None
        } else if word.contains(&self.normal) {
            Some(Likeness::Longer)
        } else if self.normal.contains(&word) {
            Some(Likeness::Shorter)
        } else {
            None
        }
    }

    fn in_rules(&self, release: &Release) -> Vec<Use> {
        let mut uses = Vec::new();
        let mut script: Option<(&str, Script<'_>)> = None;
        let group = release.rules.find(&self.normal).map(|rule| rule.group.as_str());
        // Rules stand in the order of their files.
        for rule in release.rules.rules() {
            if script.as_ref().is_none_or(|(file, _)| *file != &*rule.file) {
                let source = release.files.get(&*rule.file).map_or("", String::as_str);
                script = Some((&rule.file, Script::read(source)));
            }
            let use_of = |key: &str, text: &str, likeness, line| Use {
                place: Place::Rule,
                id: rule.id.clone(),
                key: key.to_owned(),
                file: rule.file.to_string(),
                line,
                text: text.to_owned(),
                likeness,
            };
            if rule.id == self.normal {
                uses.push(use_of("id", &rule.id, Likeness::Same, rule.line));
            } else if group == Some(&rule.group) {
                uses.push(use_of("group", &rule.group, Likeness::Same, rule.line));
            }
            uses.extend(self.words(rule).map(|(key, text, how)| use_of(&key, text, how, rule.line)));
            uses.extend(self.names(rule).map(|(key, text)| use_of(&key, text, Likeness::Same, rule.line)));
            let quoted = script.iter().flat_map(|(_, script)| script.quoted(rule));
            uses.extend(quoted.filter_map(|it| Some(use_of("函数", it.text, self.like(it.text)?, it.line))));
        }
        uses
    }

    fn words<'r>(&'r self, rule: &'r Rule) -> impl Iterator<Item = (String, &'r str, Likeness)> {
        rule.words().filter_map(|word| Some((word.key.to_string(), word.text, self.like(word.text)?)))
    }

    /// Facets, and what a fixed outcome names.
    fn names<'r>(&'r self, rule: &'r Rule) -> impl Iterator<Item = (String, &'r str)> {
        let facets =
            rule.facets().flat_map(|(facet, values)| values.iter().map(move |it| (facet.to_owned(), it.as_str())));
        let outcome = rule.names().into_iter().map(|(key, name)| (format!("then.{key}"), name));
        facets.chain(outcome).filter(|(_, name)| self.is(name))
    }

    fn in_gone(&self, release: &Release) -> Vec<Use> {
        let of_id = release.rules.gone().iter().filter(|gone| gone.id == self.normal);
        of_id
            .flat_map(|gone| {
                let use_at = |key: &str, file: &str, line, text: &str| Use {
                    place: Place::Rule,
                    id: gone.id.clone(),
                    key: key.to_owned(),
                    file: file.to_owned(),
                    line,
                    text: text.to_owned(),
                    likeness: Likeness::Same,
                };
                match &gone.how {
                    How::Off { file, line, reason } => {
                        [use_at("被停用", &gone.file, gone.line, ""), use_at("off", file, *line, reason)]
                    }
                    How::Overridden { file, line } => {
                        [use_at("被替换", &gone.file, gone.line, ""), use_at("override", file, *line, "")]
                    }
                }
            })
            .collect()
    }

    fn in_case(&self, case: &Case) -> Vec<Use> {
        let use_of = |key: &str, text: &str| Use {
            place: Place::Case,
            id: case.name.clone(),
            key: key.to_owned(),
            file: case.file.clone(),
            line: case.line,
            text: text.to_owned(),
            likeness: Likeness::Same,
        };
        let named = case.names().into_iter().filter(|(_, name)| self.is(name)).map(|(key, name)| use_of(key, name));
        let told = [("title", &case.title), ("text", &case.text)].into_iter();
        let told = told.filter(|(_, text)| self.in_text(text)).map(|(key, text)| use_of(key, text));
        named.chain(told).collect()
    }

    fn in_text(&self, text: &str) -> bool {
        self.normal.chars().count() >= 2 && normalise_word(text).contains(&self.normal)
    }

    fn in_entry(&self, entry: &Entry) -> Vec<Use> {
        let use_of = |key: &str, text: &str| Use {
            place: Place::Entry,
            id: entry.id.clone(),
            key: key.to_owned(),
            file: String::new(),
            line: 0,
            text: text.to_owned(),
            likeness: Likeness::Same,
        };
        let named = [("owner", &entry.owner), ("category", &entry.category), ("topic", &entry.topic)];
        let named = named.into_iter().filter(|(_, name)| self.is(name)).map(|(key, name)| use_of(key, name));
        let asked = entry.questions().filter(|question| self.in_text(question));
        named.chain(asked.map(|question| use_of("question", question))).collect()
    }
}
