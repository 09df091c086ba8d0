//! One rule as data: its conditions, facets and outcome, read from a registration.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rhai::{AST, Dynamic, FnPtr, Map};

use super::outcome::{Outcome, Wrong, items};
use super::register::Registration;
use super::times::Spent;
use crate::diagnostic::{Diagnostic, nearest};
use crate::regulation::{NATURES, Regulation, Units};
use crate::text::normalise_word;

/// The four questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    Admit,
    Classify,
    Route,
    Warn,
}

impl Verb {
    pub const ALL: [Self; 4] = [Self::Admit, Self::Classify, Self::Route, Self::Warn];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Classify => "classify",
            Self::Route => "route",
            Self::Warn => "warn",
        }
    }
}

/// A word of a condition, in the text's own normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern {
    pub(super) text: String,
    /// `word:`: both ends must be word boundaries.
    pub(super) whole_word: bool,
}

/// Facets: OR inside one, AND between them; an absent fact does not fit.
pub(super) type Facets = BTreeMap<&'static str, Vec<String>>;

const FACETS: [&str; 8] = ["nature", "category", "topic", "channel", "requester", "place", "section", "mark"];

const KEYS: [&str; 18] = [
    "any",
    "all",
    "unless",
    "within",
    "nature",
    "category",
    "topic",
    "channel",
    "requester",
    "place",
    "section",
    "mark",
    "when",
    "then",
    "basis",
    "valid",
    "auto",
    "group",
];

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub verb: Verb,
    pub id: String,
    pub file: Arc<str>,
    pub line: u32,
    /// Votes of one group do not add up.
    pub group: String,
    pub basis: String,
    /// False: its outcome is never automatic.
    pub auto: bool,
    pub(super) any: Vec<Pattern>,
    pub(super) all: Vec<Vec<Pattern>>,
    pub(super) unless: Vec<Pattern>,
    pub(super) within_sentence: bool,
    pub(super) facets: Facets,
    /// First and last day, both included.
    pub(super) valid: Option<(NaiveDate, NaiveDate)>,
    pub(super) when: Option<Function>,
    pub(super) then: Then,
    pub(super) overrides: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Then {
    Fixed(Outcome),
    Computed(Function),
}

/// A function of a script, with the file's own helpers.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) pointer: FnPtr,
    pub(super) ast: Arc<AST>,
    pub(super) spent: Arc<Spent>,
}

/// The names a jurisdiction's rules may use.
#[derive(Clone, Debug)]
pub struct Names {
    pub(super) regulation: Arc<Regulation>,
    pub(super) units: Arc<Units>,
    pub(super) places: Vec<String>,
    pub(super) refusals: Vec<u16>,
}

impl Names {
    pub fn new(regulation: Arc<Regulation>, units: Arc<Units>, places: Vec<String>) -> Self {
        let refusals = regulation.refusal.iter().map(|class| class.code).collect();
        Self { regulation, units, places, refusals }
    }

    /// The values that may stand on an axis or a facet.
    pub(super) fn axis(&self, name: &str) -> Vec<&str> {
        let list = match name {
            "nature" => return NATURES.to_vec(),
            "category" => &self.regulation.categories,
            "topic" => &self.regulation.topics,
            "urgency" => &self.regulation.urgencies,
            "impact" => &self.regulation.impacts,
            "skill" => &self.regulation.skills,
            "channel" => &self.regulation.channels,
            "requester" => &self.regulation.requesters,
            "section" => &self.regulation.sections,
            "place" => &self.places,
            _ => return Vec::new(),
        };
        list.iter().map(String::as_str).collect()
    }
}

impl Rule {
    /// Reads a registration; every problem of the rule is reported.
    pub(super) fn parse(registration: &Registration, names: &Names) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = Reader { map: &registration.map, wrong: Vec::new() };
        reader.keys();
        let id = registration.id.clone();
        reader.id(&id);
        let group = reader.text("group");
        let valid = reader.valid();
        let rule = Self {
            verb: registration.verb,
            group: if group.is_empty() { id.split('.').take(2).collect::<Vec<_>>().join(".") } else { group },
            id,
            file: registration.file.clone(),
            line: registration.line,
            basis: reader.text("basis"),
            auto: reader.flag("auto", true),
            any: reader.words("any"),
            all: reader.groups(),
            unless: reader.words("unless"),
            within_sentence: reader.within(),
            facets: reader.facets(names),
            valid,
            when: reader.function("when", &registration.ast),
            then: reader.then(registration, names),
            overrides: reader.flag("override", false),
        };
        if rule.basis.is_empty() {
            reader.wrong("规则没有写依据 basis".into(), "加上 basis: \"某办法第几条\"".into());
        }
        if !rule.has_words() && rule.facets.is_empty() && rule.when.is_none() {
            reader.wrong(
                "规则没有任何条件，会对每件办件生效".into(),
                "至少写 any、all、一个限定项（如 channel）或 when".into(),
            );
        }
        if reader.wrong.is_empty() {
            return Ok(rule);
        }
        let place = |(message, help): Wrong| {
            Diagnostic::error(&registration.file, registration.line, format!("规则 {}：{message}", rule.id)).help(help)
        };
        Err(reader.wrong.into_iter().map(place).collect())
    }

    /// Whether words decide if the rule is looked at.
    pub fn has_words(&self) -> bool {
        !self.any.is_empty() || !self.all.is_empty()
    }
}

struct Reader<'a> {
    map: &'a Map,
    wrong: Vec<Wrong>,
}

impl Reader<'_> {
    fn wrong(&mut self, message: String, help: String) {
        self.wrong.push((message, help));
    }

    fn keys(&mut self) {
        for key in self.map.keys().filter(|key| !KEYS.contains(&key.as_str()) && key.as_str() != "override") {
            self.wrong.push((format!("不认识的键“{key}”"), nearest(key, KEYS)));
        }
    }

    fn id(&mut self, id: &str) {
        let parts: Vec<&str> = id.split('.').collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        };
        if parts.len() < 2 || !parts.iter().all(plain) {
            self.wrong(
                format!("规则编号“{id}”不合规范"),
                "用小写字母、数字和点，至少两段，例如 \"market.price\"".into(),
            );
        }
    }

    fn text(&mut self, key: &str) -> String {
        match self.map.get(key).map(|value| value.clone().into_string()) {
            None => String::new(),
            Some(Ok(text)) => text,
            Some(Err(found)) => {
                self.wrong(format!("“{key}”应当是文字，写成了 {found}"), format!("例如 {key}: \"…\""));
                String::new()
            }
        }
    }

    fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.map.get(key).map(Dynamic::as_bool) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                self.wrong(format!("“{key}”只能是 true 或 false"), format!("例如 {key}: {}", !default));
                default
            }
        }
    }

    fn words(&mut self, key: &str) -> Vec<Pattern> {
        let Some(value) = self.map.get(key).cloned() else { return Vec::new() };
        let words = self.patterns(key, &value);
        if words.is_empty() {
            self.wrong(format!("“{key}”是空的"), format!("删去 {key}，或写上词语：{key}: [\"词语\"]"));
        }
        words
    }

    fn groups(&mut self) -> Vec<Vec<Pattern>> {
        let Some(value) = self.map.get("all").cloned() else { return Vec::new() };
        let groups: Vec<Vec<Pattern>> = items(&value).iter().map(|group| self.patterns("all", group)).collect();
        if groups.is_empty() || groups.iter().any(Vec::is_empty) {
            self.wrong("“all”里有空的一组".into(), "写成 all: [[\"甲\", \"乙\"], [\"丙\"]]，每组至少一个词".into());
        }
        groups
    }

    fn patterns(&mut self, key: &str, value: &Dynamic) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = Vec::new();
        for item in items(value) {
            match item.into_string() {
                Ok(word) => patterns.extend(self.pattern(key, &word)),
                Err(found) => self
                    .wrong(format!("“{key}”里只能写词语，写成了 {found}"), format!("例如 {key}: [\"甲词\", \"乙词\"]")),
            }
        }
        patterns.sort();
        patterns.dedup();
        patterns
    }

    fn pattern(&mut self, key: &str, word: &str) -> Option<Pattern> {
        let (whole_word, bare) = match word.strip_prefix("word:") {
            Some(bare) => (true, bare),
            None => (false, word),
        };
        let text = normalise_word(bare);
        let least = if whole_word { 1 } else { 2 };
        if text.chars().count() < least {
            self.wrong(
                format!("“{key}”里的“{word}”太短，会到处命中"),
                "至少写两个字；确实只要一个字的词时写 \"word:字\"".into(),
            );
            return None;
        }
        Some(Pattern { text, whole_word })
    }

    fn within(&mut self) -> bool {
        match self.text("within").as_str() {
            "" => false,
            "sentence" => true,
            other => {
                let help = nearest(other, ["sentence"]);
                self.wrong(format!("within 没有“{other}”这种范围"), help);
                false
            }
        }
    }

    fn facets(&mut self, names: &Names) -> Facets {
        let mut facets = Facets::new();
        for facet in FACETS {
            let Some(value) = self.map.get(facet).cloned() else { continue };
            let known = names.axis(facet);
            let mut values = Vec::new();
            for item in items(&value) {
                match item.into_string() {
                    Ok(name) if facet == "mark" || known.contains(&name.as_str()) => values.push(name),
                    Ok(name) => {
                        let help = nearest(&name, known.iter().copied());
                        self.wrong(format!("{facet} 没有“{name}”这一项"), help);
                    }
                    Err(found) => {
                        self.wrong(format!("“{facet}”应当是文字，写成了 {found}"), format!("例如 {facet}: \"…\""));
                    }
                }
            }
            facets.insert(facet, values);
        }
        facets
    }

    fn valid(&mut self) -> Option<(NaiveDate, NaiveDate)> {
        let value = self.map.get("valid").cloned()?;
        let dates: Vec<NaiveDate> =
            items(&value).into_iter().filter_map(|day| day.into_string().ok()?.parse().ok()).collect();
        match dates[..] {
            [from, until] if from <= until => Some((from, until)),
            _ => {
                self.wrong(
                    "valid 应当是起止两个日期".into(),
                    "例如 valid: [\"2022-07-25\", \"2022-07-30\"]，止不早于起".into(),
                );
                None
            }
        }
    }

    fn function(&mut self, key: &str, ast: &Arc<AST>) -> Option<Function> {
        let value = self.map.get(key)?;
        match value.clone().try_cast::<FnPtr>() {
            Some(pointer) => Some(Function { pointer, ast: ast.clone(), spent: Arc::default() }),
            None => {
                self.wrong(format!("“{key}”应当是函数"), format!("例如 {key}: |t| t.amount >= 10000"));
                None
            }
        }
    }

    fn then(&mut self, registration: &Registration, names: &Names) -> Then {
        let Some(value) = self.map.get("then") else {
            self.wrong("规则没有写结果 then".into(), "例如 then: #{ lead: \"某某局\", weight: 3 }".into());
            return Then::Fixed(Outcome::Silent);
        };
        if value.is::<FnPtr>() {
            return match self.function("then", &registration.ast) {
                Some(function) => Then::Computed(function),
                None => Then::Fixed(Outcome::Silent),
            };
        }
        let Some(map) = value.clone().try_cast::<Map>() else {
            self.wrong("then 应当写成 #{ … } 或函数".into(), "例如 then: #{ lead: \"某某局\", weight: 3 }".into());
            return Then::Fixed(Outcome::Silent);
        };
        match Outcome::parse(registration.verb, &map, names) {
            Ok(outcome) => Then::Fixed(outcome),
            Err(wrong) => {
                self.wrong.push(wrong);
                Then::Fixed(Outcome::Silent)
            }
        }
    }
}
