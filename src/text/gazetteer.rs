//! The places of one jurisdiction, and where they stand in a text.

use std::collections::{BTreeMap, HashMap};

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};
use serde::Deserialize;
use toml::Spanned;

use super::normal::normalise_word;
use super::offsets::Span;
use crate::diagnostic::Diagnostic;

/// A place found: the first time it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceHit {
    /// The canonical name.
    pub name: String,
    pub span: Span,
}

#[derive(Default)]
pub struct Gazetteer {
    places: Vec<Place>,
    by_name: HashMap<String, usize>,
    /// Names and aliases → index of the place; `None` without places.
    automaton: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    spellings: Vec<String>,
}

struct Place {
    name: String,
    parent: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    place: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    kind: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    r#in: Option<String>,
}

const KINDS: [&str; 14] =
    ["市", "县", "街道", "镇", "乡", "区", "社区", "村", "道路", "地标", "园区", "小区", "学校", "医院"];

impl Gazetteer {
    pub fn empty() -> Self {
        Self::default()
    }

    /// `dictionaries/places/<jurisdiction>.toml`. All problems at once; with any, there is no gazetteer.
    pub fn parse(file: &str, toml: &str) -> Result<Self, Vec<Diagnostic>> {
        let parsed: File = toml::from_str(toml).map_err(|error| {
            vec![Diagnostic::from_toml(file, toml, &error).help("每个地名一节 [[place]]，键只有 name kind aliases in")]
        })?;
        let mut reader = Reader { file, toml, problems: Vec::new(), spellings: BTreeMap::new() };
        let gazetteer = reader.read(&parsed.place);
        if reader.problems.is_empty() { Ok(gazetteer) } else { Err(reader.problems) }
    }

    /// The place itself, then what it lies in, outwards; empty for an unknown name.
    pub fn chain(&self, place: &str) -> Vec<&str> {
        let mut chain = Vec::new();
        let mut next = self.by_name.get(place).copied();
        while let Some(place) = next.and_then(|index| self.places.get(index)) {
            chain.push(place.name.as_str());
            next = place.parent;
        }
        chain
    }

    /// Canonical names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| place.name.as_str())
    }

    /// Names and aliases, normalised: words of their own for the lexicon.
    pub fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// Places in order of appearance, one hit each, the longest name first. `cuts` are the byte ends of the words.
    pub(super) fn find(&self, normal: &str, cuts: &[u32]) -> Vec<PlaceHit> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut hits: Vec<PlaceHit> = Vec::new();
        let mut seen = vec![false; self.places.len()];
        for found in automaton.leftmost_find_iter(normal) {
            let span = Span::new(found.start(), found.end());
            let index = found.value() as usize;
            if seen[index] || !stands_alone(span, span.of(normal), cuts) {
                continue;
            }
            seen[index] = true;
            hits.push(PlaceHit { name: self.places[index].name.clone(), span });
        }
        hits
    }
}

/// Two characters are often parts of two neighbouring words (黄【金贸】易): such a name may not straddle a cut.
fn stands_alone(span: Span, name: &str, cuts: &[u32]) -> bool {
    if name.chars().count() > 2 {
        return true;
    }
    let is_cut = |at: u32| at == 0 || cuts.binary_search(&at).is_ok();
    let inside = cuts.partition_point(|&cut| cut <= span.start) == cuts.partition_point(|&cut| cut < span.end);
    inside || (is_cut(span.start) && is_cut(span.end))
}

struct Reader<'a> {
    file: &'a str,
    toml: &'a str,
    problems: Vec<Diagnostic>,
    /// Normalised spelling → place.
    spellings: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn read(&mut self, entries: &[Spanned<Entry>]) -> Gazetteer {
        let by_name: HashMap<String, usize> =
            entries.iter().enumerate().map(|(index, entry)| (entry.get_ref().name.clone(), index)).collect();
        let mut places = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let line = line_of(self.toml, entry.span().start);
            let entry = entry.get_ref();
            self.check_kind(line, entry);
            for spelling in std::iter::once(&entry.name).chain(&entry.aliases) {
                self.spell(line, spelling, index);
            }
            places.push(Place { name: entry.name.clone(), parent: self.parent(line, entry, &by_name) });
        }
        self.break_circles(entries, &mut places);
        let spellings = self.spellings.keys().cloned().collect();
        Gazetteer { places, by_name, automaton: self.automaton(), spellings }
    }

    fn report(&mut self, line: u32, message: String, help: &str) {
        self.problems.push(Diagnostic::error(self.file, line, message).help(help));
    }

    fn check_kind(&mut self, line: u32, entry: &Entry) {
        if !KINDS.contains(&entry.kind.as_str()) {
            let message = format!("“{}”的类型“{}”不认识", entry.name, entry.kind);
            self.report(line, message, &format!("可用的类型：{}", KINDS.join("、")));
        }
    }

    fn spell(&mut self, line: u32, spelling: &str, index: usize) {
        let normal = normalise_word(spelling);
        if normal.chars().count() < 2 {
            self.report(line, format!("“{spelling}”太短，会到处误认"), "名称和别名至少两个字");
            return;
        }
        if self.spellings.insert(normal, index).is_some() {
            self.report(line, format!("“{spelling}”已经出现过"), "名称和别名在一个辖区里只能指一个地方");
        }
    }

    fn parent(&mut self, line: u32, entry: &Entry, by_name: &HashMap<String, usize>) -> Option<usize> {
        let parent = entry.r#in.as_ref()?;
        let index = by_name.get(parent).copied();
        if index.is_none() {
            self.report(
                line,
                format!("“{}”的上级“{parent}”没有列出", entry.name),
                "先为上级写一节 [[place]]，或去掉 in",
            );
        }
        index
    }

    /// A place that lies in itself by way of others would make `chain` endless.
    fn break_circles(&mut self, entries: &[Spanned<Entry>], places: &mut [Place]) {
        for start in 0..places.len() {
            let mut next = places[start].parent;
            let mut steps = 0;
            while let Some(index) = next.filter(|_| steps <= places.len()) {
                next = places[index].parent;
                steps += 1;
            }
            if steps > places.len() {
                places[start].parent = None;
                let line = line_of(self.toml, entries[start].span().start);
                self.report(line, format!("“{}”绕一圈又在自己里面", places[start].name), "检查各级的 in");
            }
        }
    }

    fn automaton(&mut self) -> Option<CharwiseDoubleArrayAhoCorasick<u32>> {
        if self.spellings.is_empty() {
            return None;
        }
        let patterns = self.spellings.iter().map(|(spelling, &index)| (spelling, index as u32));
        let built = CharwiseDoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build_with_values(patterns);
        match built {
            Ok(automaton) => Some(automaton),
            Err(error) => {
                self.report(0, format!("地名太多或太长，无法建立索引：{error}"), "");
                None
            }
        }
    }
}

fn line_of(text: &str, at: usize) -> u32 {
    let before = text.get(..at).unwrap_or(text);
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
}
