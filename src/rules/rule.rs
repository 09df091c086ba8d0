//! One rule as data: its conditions, facets and outcome, read from a registration.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use rhai::{AST, Dynamic, FnPtr, Map};

use super::outcome::{Outcome, items, not_text, unknown};
use super::register::{Registration, type_name};
use super::scan::{Step, chinese_key};
use super::times::Spent;
use super::wrong::Wrong;
use crate::diagnostic::{Code, nearest};
use crate::digest::Digest;
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

/// Keys that authors put one level too high.
const THEN_KEYS: [&str; 12] = [
    "lead",
    "weight",
    "assist",
    "follow",
    "not",
    "manual",
    "why",
    "tell",
    "level",
    "refuse",
    "special",
    "special_urgent",
];

pub(super) const KEYS: [&str; 18] = [
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
    /// Of its verb; 1-based, in characters.
    pub(super) column: u32,
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
    /// Set when its functions ran on a blank ticket without an error.
    pub(super) tried: OnceLock<()>,
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
    /// The rule it belongs to.
    pub(super) rule: Arc<str>,
}

/// The names a jurisdiction's rules may use.
#[derive(Clone, Debug)]
pub struct Names {
    pub(super) regulation: Arc<Regulation>,
    pub(super) units: Arc<Units>,
    pub(super) places: Vec<String>,
    pub(super) refusals: Vec<u16>,
    digest: Digest,
}

impl Names {
    /// `digest`: content address of what the names were read from. Under equal digests rules are not read again.
    pub fn new(regulation: Arc<Regulation>, units: Arc<Units>, places: Vec<String>, digest: Digest) -> Self {
        let refusals = regulation.refusal.iter().map(|class| class.code).collect();
        Self { regulation, units, places, refusals, digest }
    }

    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    pub(crate) fn units(&self) -> &Units {
        &self.units
    }

    /// The values that may stand on an axis or a facet.
    pub(crate) fn axis(&self, name: &str) -> Vec<&str> {
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
    /// Reads a registration; every problem of the rule is reported, with what could be read.
    pub(super) fn parse(registration: &Registration, names: &Names) -> (Self, Vec<Wrong>) {
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
            column: registration.column,
            basis: reader.text("basis"),
            auto: reader.flag("auto", true),
            any: reader.words("any"),
            all: reader.groups(),
            unless: reader.words("unless"),
            within_sentence: reader.within(),
            facets: reader.facets(names),
            valid,
            when: reader.function("when", registration),
            then: reader.then(registration, names),
            overrides: reader.flag("override", false),
            tried: OnceLock::new(),
        };
        if rule.basis.trim().is_empty() {
            reader.no_basis();
        }
        if ["any", "all", "when"].iter().chain(&FACETS).all(|key| !registration.map.contains_key(*key)) {
            let message = "没有任何条件，会对每件办件生效";
            let help = "至少写 any、all、一个限定项（如 channel）或 when";
            reader.wrong(Wrong::new(Code::NoCondition, message, help));
        }
        (rule, reader.wrong)
    }

    /// Whether words decide if the rule is looked at.
    pub fn has_words(&self) -> bool {
        !self.any.is_empty() || !self.all.is_empty()
    }

    /// Whether a function decides about every ticket: no words keep it from being asked.
    pub fn runs_always(&self) -> bool {
        !self.has_words() && self.has_functions()
    }

    pub(super) fn has_functions(&self) -> bool {
        self.when.is_some() || matches!(self.then, Then::Computed(_))
    }

    /// Patterns without which it cannot fire: one of them must be in the text.
    pub(super) fn triggers(&self) -> impl Iterator<Item = &Pattern> {
        // A rule with `any` cannot fire without one of them; one without `any` needs its first group.
        let first_group = self.all.first().filter(|_| self.any.is_empty());
        self.any.iter().chain(first_group.into_iter().flatten())
    }
}

/// Bytes of a rule's id: it stands in logs and metrics.
const LONGEST_ID: usize = 100;

struct Reader<'a> {
    map: &'a Map,
    wrong: Vec<Wrong>,
}

impl Reader<'_> {
    fn wrong(&mut self, wrong: Wrong) {
        self.wrong.push(wrong);
    }

    fn keys(&mut self) {
        for key in self.map.keys().filter(|key| !KEYS.contains(&key.as_str()) && key.as_str() != "override") {
            let help = match chinese_key(key) {
                Some(known) => format!("改成 {known}"),
                None if THEN_KEYS.contains(&key.as_str()) => format!("“{key}”写在 then 里面：then: #{{ {key}: … }}"),
                None => nearest(key, KEYS),
            };
            self.wrong.push(Wrong::new(Code::UnknownKey, format!("不认识的键“{key}”"), help).key(key));
        }
    }

    fn id(&mut self, id: &str) {
        let parts: Vec<&str> = id.split('.').collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        };
        if parts.len() < 2 || !parts.iter().all(plain) {
            let help = "用小写字母、数字和点，至少两段，例如 \"market.price\"";
            self.wrong(Wrong::new(Code::BadId, "编号不合规范", help));
        } else if id.len() > LONGEST_ID {
            let message = format!("编号超过 {LONGEST_ID} 个字符");
            self.wrong(Wrong::new(Code::BadId, message, "写短一些，例如 \"market.price\""));
        }
    }

    fn no_basis(&mut self) {
        let wrong = Wrong::new(Code::MissingBasis, "没有写依据 basis", "加上 basis: \"某办法第几条\"");
        match self.map.get("basis") {
            None => self.wrong(wrong),
            Some(value) if value.is_string() => self.wrong(wrong.of("basis")),
            // Of the wrong type: that has been said.
            Some(_) => {}
        }
    }

    fn text(&mut self, key: &str) -> String {
        match self.map.get(key).map(|value| value.clone().into_string()) {
            None => String::new(),
            Some(Ok(text)) => text,
            Some(Err(found)) => {
                self.wrong(not_text(key, found).of(key));
                String::new()
            }
        }
    }

    fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.map.get(key).map(Dynamic::as_bool) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                let message = format!("“{key}”只能是 true 或 false");
                self.wrong(
                    Wrong::new(Code::WrongType, message, format!("例如 {key}: {}（不加引号）", !default)).of(key),
                );
                default
            }
        }
    }

    fn words(&mut self, key: &str) -> Vec<Pattern> {
        let Some(value) = self.map.get(key).cloned() else { return Vec::new() };
        if items(&value).is_empty() {
            let help = format!("删去 {key}，或写上词语：{key}: [\"词语\"]");
            self.wrong(Wrong::new(Code::EmptyList, format!("“{key}”是空的"), help).of(key));
        }
        self.patterns(&[Step::Key(key.to_owned())], &value)
    }

    fn groups(&mut self) -> Vec<Vec<Pattern>> {
        let Some(value) = self.map.get("all").cloned() else { return Vec::new() };
        let groups = items(&value);
        let help = "写成 all: [[\"甲\", \"乙\"], [\"丙\"]]，每组至少一个词";
        if groups.is_empty() {
            self.wrong(Wrong::new(Code::EmptyList, "“all”是空的", help).of("all"));
        }
        let mut found = Vec::with_capacity(groups.len());
        for (at, group) in groups.iter().enumerate() {
            if items(group).is_empty() {
                self.wrong(Wrong::new(Code::EmptyList, "“all”里有空的一组", help).of("all").item(at));
            }
            found.push(self.patterns(&[Step::Key("all".to_owned()), Step::Item(at)], group));
        }
        found
    }

    /// The words of a list at a path.
    fn patterns(&mut self, path: &[Step], value: &Dynamic) -> Vec<Pattern> {
        let key = match path {
            [Step::Key(key), ..] => key.clone(),
            _ => String::new(),
        };
        let mut patterns: Vec<Pattern> = Vec::new();
        for (at, item) in items(value).into_iter().enumerate() {
            let read = match item.into_string() {
                Ok(word) => Pattern::parse(&key, &word),
                Err(found) => Err(Wrong::new(
                    Code::WrongType,
                    format!("“{key}”里只能写词语，写成了{}", type_name(found)),
                    format!("例如 {key}: [\"甲词\", \"乙词\"]"),
                )),
            };
            match read {
                Ok(pattern) => patterns.push(pattern),
                Err(wrong) => {
                    let path = path.iter().cloned().chain([Step::Item(at)]).collect();
                    self.wrong.push(Wrong { path, ..wrong });
                }
            }
        }
        patterns.sort();
        patterns.dedup();
        patterns
    }

    fn within(&mut self) -> bool {
        match self.text("within").as_str() {
            "" => false,
            "sentence" => true,
            other => {
                let wrong = Wrong::new(
                    Code::UnknownValue,
                    format!("within 没有“{other}”这种范围"),
                    "只能写 within: \"sentence\"",
                );
                self.wrong(wrong.of("within"));
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
            let given = items(&value);
            if given.is_empty() {
                let help = format!("删去 {facet}，或写上名称：{facet}: [\"…\"]");
                self.wrong(Wrong::new(Code::EmptyList, format!("“{facet}”是空的"), help).of(facet));
            }
            for (at, item) in given.into_iter().enumerate() {
                match item.into_string() {
                    Ok(name) if facet == "mark" || known.contains(&name.as_str()) => values.push(name),
                    Ok(name) => self.wrong(unknown(facet, &name, known.clone()).of(facet).item(at)),
                    Err(found) => self.wrong(not_text(facet, found).of(facet).item(at)),
                }
            }
            facets.insert(facet, values);
        }
        facets
    }

    fn valid(&mut self) -> Option<(NaiveDate, NaiveDate)> {
        let value = self.map.get("valid").cloned()?;
        let help = "例如 valid: [\"2022-07-25\", \"2022-07-30\"]，止不早于起";
        let mut dates: Vec<NaiveDate> = Vec::new();
        let days = items(&value);
        let count = days.len();
        for (at, day) in days.into_iter().enumerate() {
            let text = day.into_string().unwrap_or_default();
            match text.parse() {
                Ok(date) => dates.push(date),
                Err(_) => {
                    let message = format!("“{text}”不是日期，日期写成 年-月-日");
                    self.wrong(Wrong::new(Code::BadDate, message, help).of("valid").item(at));
                }
            }
        }
        match dates[..] {
            [from, until] if from <= until => Some((from, until)),
            // The day that is none has been reported.
            _ if count == 2 && dates.len() < 2 => None,
            _ => {
                self.wrong(Wrong::new(Code::BadDate, "valid 应当是起止两个日期", help).of("valid"));
                None
            }
        }
    }

    fn function(&mut self, key: &str, registration: &Registration) -> Option<Function> {
        let value = self.map.get(key)?;
        match value.clone().try_cast::<FnPtr>() {
            Some(pointer) => {
                let (ast, rule) = (registration.ast.clone(), registration.id.as_str().into());
                Some(Function { pointer, ast, spent: Arc::default(), rule })
            }
            None => {
                let message = format!("“{key}”应当是函数，写成了{}", type_name(value.type_name()));
                self.wrong(Wrong::new(Code::WrongType, message, format!("例如 {key}: |t| t.amount >= 10000")).of(key));
                None
            }
        }
    }

    fn then(&mut self, registration: &Registration, names: &Names) -> Then {
        let help = "例如 then: #{ lead: \"某某局\", weight: 3 }";
        let Some(value) = self.map.get("then") else {
            self.wrong(Wrong::new(Code::MissingThen, "没有写结果 then", help));
            return Then::Fixed(Outcome::Silent);
        };
        if value.is::<FnPtr>() {
            return match self.function("then", registration) {
                Some(function) => Then::Computed(function),
                None => Then::Fixed(Outcome::Silent),
            };
        }
        let Some(map) = value.clone().try_cast::<Map>() else {
            let message = format!("then 应当写成 #{{ … }} 或函数，写成了{}", type_name(value.type_name()));
            self.wrong(Wrong::new(Code::WrongType, message, help).of("then"));
            return Then::Fixed(Outcome::Silent);
        };
        match Outcome::parse(registration.verb, &map, names) {
            Ok(outcome) => Then::Fixed(outcome),
            Err(wrong) => {
                self.wrong.extend(wrong.into_iter().map(|it| it.inside("then")));
                Then::Fixed(Outcome::Silent)
            }
        }
    }
}

impl Pattern {
    fn parse(key: &str, word: &str) -> Result<Self, Wrong> {
        let (whole_word, bare) = match word.strip_prefix("word:") {
            Some(bare) => (true, bare),
            None => (false, word),
        };
        let text = normalise_word(bare);
        let least = if whole_word { 1 } else { 2 };
        if text.chars().count() < least {
            let message = match text.as_str() {
                "" => format!("“{key}”里有空的词语"),
                _ => format!("“{key}”里的“{word}”太短，会到处命中"),
            };
            let help = "至少写两个字；确实只要一个字的词时写 \"word:字\"";
            return Err(Wrong::new(Code::ShortWord, message, help));
        }
        Ok(Self { text, whole_word })
    }
}
