//! What a rule says: the map behind `then`, read strictly.

use std::collections::BTreeSet;

use rhai::{Dynamic, Map};

use super::register::type_name;
use super::rule::{Names, Verb};
use super::scan::chinese_key;
use super::wrong::Wrong;
use crate::diagnostic::{Code, nearest};
use crate::triage::{Thousandths, Warning};

/// The outcome of a rule, all names resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    SpecialUrgent {
        why: String,
        tell: String,
    },
    Special {
        why: String,
        tell: String,
    },
    Manual {
        why: String,
        tell: String,
    },
    Refuse {
        code: u16,
        why: String,
        tell: String,
    },
    /// Votes on axes: (axis, candidate).
    Classify {
        votes: Vec<(&'static str, String)>,
        weight: Thousandths,
        why: String,
    },
    Route(Route),
    /// Votes against a unit; a veto without a weight.
    Not {
        unit: String,
        weight: Option<Thousandths>,
        why: String,
    },
    Warn {
        level: Warning,
        why: String,
    },
    /// A computed outcome that says nothing this time.
    Silent,
}

/// A vote for a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub lead: String,
    pub weight: Thousandths,
    pub assist: Vec<String>,
    pub follow: Vec<String>,
    pub why: String,
}

/// Characters of a text in an outcome: it is kept with every decision.
const LONGEST_TEXT: usize = 2_000;

/// The axes that `classify` rules vote on.
pub const AXES: [&str; 6] = ["nature", "category", "topic", "urgency", "impact", "skill"];

impl Outcome {
    /// Reads the map of `then`; every problem is reported.
    pub(super) fn parse(verb: Verb, map: &Map, names: &Names) -> Result<Self, Vec<Wrong>> {
        let mut reader = Reader { map, names, wrong: Vec::new() };
        let outcome = match verb {
            Verb::Admit => reader.admit(),
            Verb::Classify => reader.classify(),
            Verb::Route => reader.route(),
            Verb::Warn => reader.warn(),
        };
        if reader.wrong.is_empty() { Ok(outcome) } else { Err(reader.wrong) }
    }
}

impl Outcome {
    /// The units and values it names, with the key they stand under.
    pub fn names(&self) -> BTreeSet<(&'static str, &str)> {
        match self {
            Self::Classify { votes, .. } => votes.iter().map(|(axis, value)| (*axis, value.as_str())).collect(),
            Self::Route(route) => {
                let lead = Some(("lead", route.lead.as_str())).filter(|(_, lead)| !lead.is_empty());
                let assist = route.assist.iter().map(|unit| ("assist", unit.as_str()));
                let follow = route.follow.iter().map(|unit| ("follow", unit.as_str()));
                lead.into_iter().chain(assist).chain(follow).collect()
            }
            Self::Not { unit, .. } => [("not", unit.as_str())].into(),
            _ => BTreeSet::new(),
        }
    }
}

struct Reader<'a> {
    map: &'a Map,
    names: &'a Names,
    wrong: Vec<Wrong>,
}

impl Reader<'_> {
    fn admit(&mut self) -> Outcome {
        self.only(&["special_urgent", "special", "manual", "refuse", "why", "tell"]);
        let tell = self.text("tell");
        if self.has("refuse") {
            return Outcome::Refuse { code: self.refusal(), why: self.text("why"), tell };
        }
        if self.has("special_urgent") {
            Outcome::SpecialUrgent { why: self.text("special_urgent"), tell }
        } else if self.has("special") {
            Outcome::Special { why: self.text("special"), tell }
        } else if self.has("manual") {
            Outcome::Manual { why: self.text("manual"), tell }
        } else {
            self.nothing("special_urgent、special、manual 或 refuse")
        }
    }

    fn refusal(&mut self) -> u16 {
        let value = &self.map["refuse"];
        let code = value.as_int().ok().and_then(|code| u16::try_from(code).ok());
        if let Some(code) = code.filter(|code| self.names.refusals.contains(code)) {
            return code;
        }
        let known: Vec<String> = self.names.refusals.iter().map(u16::to_string).collect();
        let message = match code {
            Some(code) => format!("refuse 的代码 {code} 不在 regulation.toml 的 [[refusal]] 里"),
            None => "refuse 应当是 regulation.toml 里 [[refusal]] 的代码（数字）".to_owned(),
        };
        let help = format!("可用的代码：{}", known.join("、"));
        self.wrong.push(Wrong::new(Code::UnknownRefusal, message, help).of("refuse"));
        0
    }

    fn classify(&mut self) -> Outcome {
        let keys: Vec<&str> = AXES.into_iter().chain(["weight", "why"]).collect();
        self.only(&keys);
        let mut votes = Vec::new();
        for axis in AXES {
            let value = self.text(axis);
            if value.is_empty() {
                continue;
            }
            let known = self.names.axis(axis);
            if !known.contains(&value.as_str()) {
                self.wrong.push(unknown(axis, &value, known).of(axis));
            }
            votes.push((axis, value));
        }
        let (weight, why) = (self.weight().unwrap_or(1_000), self.text("why"));
        if votes.is_empty() && self.map.keys().all(|key| !AXES.contains(&key.as_str())) {
            return self.nothing("nature、category、topic、urgency、impact 或 skill");
        }
        if votes.is_empty() {
            return Outcome::Silent;
        }
        Outcome::Classify { votes, weight, why }
    }

    fn route(&mut self) -> Outcome {
        self.only(&["lead", "weight", "assist", "follow", "not", "manual", "why"]);
        let (weight, why) = (self.weight(), self.text("why"));
        if self.has("manual") {
            return Outcome::Manual { why: self.text("manual"), tell: String::new() };
        }
        if self.has("not") {
            return match self.unit("not") {
                Some(unit) => Outcome::Not { unit, weight, why },
                None => Outcome::Silent,
            };
        }
        let lead = self.unit("lead");
        let (assist, follow) = (self.units("assist"), self.units("follow"));
        if !self.has("lead") && assist.is_empty() && follow.is_empty() {
            return self.nothing("lead、assist、follow、not 或 manual");
        }
        let lead = lead.unwrap_or_default();
        if lead.is_empty() && assist.is_empty() && follow.is_empty() {
            return Outcome::Silent;
        }
        Outcome::Route(Route { lead, weight: weight.unwrap_or(1_000), assist, follow, why })
    }

    fn warn(&mut self) -> Outcome {
        self.only(&["level", "why"]);
        let why = self.text("why");
        let level = match self.text("level").as_str() {
            "blue" => Warning::Blue,
            "yellow" => Warning::Yellow,
            "red" => Warning::Red,
            "" if self.has("level") => return Outcome::Silent,
            "" => return self.nothing("level"),
            other => {
                let help = match other.trim_end_matches('色') {
                    "蓝" => "蓝色写 \"blue\"".to_owned(),
                    "黄" => "黄色写 \"yellow\"".to_owned(),
                    "红" => "红色写 \"red\"".to_owned(),
                    _ => nearest(other, ["blue", "yellow", "red"]),
                };
                let message = format!("没有“{other}”这一预警级别");
                self.wrong.push(Wrong::new(Code::UnknownValue, message, help).of("level"));
                return Outcome::Silent;
            }
        };
        Outcome::Warn { level, why }
    }

    fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    fn nothing(&mut self, wanted: &str) -> Outcome {
        // A map that is wrong already, or says nothing on purpose.
        if !self.map.is_empty() && self.wrong.is_empty() {
            self.wrong.push(Wrong::new(Code::EmptyOutcome, "then 没有说出结果", format!("写上 {wanted}")));
        }
        Outcome::Silent
    }

    fn only(&mut self, keys: &[&str]) {
        for key in self.map.keys().filter(|key| !keys.contains(&key.as_str())) {
            let known = chinese_key(key).filter(|known| keys.contains(known));
            let help = known.map_or_else(|| nearest(key, keys.iter().copied()), |known| format!("改成 {known}"));
            let message = format!("then 里不认识的键“{key}”");
            self.wrong.push(Wrong::new(Code::UnknownKey, message, help).key(key));
        }
    }

    fn text(&mut self, key: &str) -> String {
        let Some(value) = self.map.get(key) else { return String::new() };
        match value.clone().into_string() {
            Ok(text) if text.chars().nth(LONGEST_TEXT).is_some() => {
                let message = format!("“{key}”超过 {LONGEST_TEXT} 个字");
                self.wrong.push(Wrong::new(Code::TooLarge, message, "只写要点").of(key));
                String::new()
            }
            Ok(text) => text,
            Err(found) => {
                self.wrong.push(not_text(key, found).of(key));
                String::new()
            }
        }
    }

    fn weight(&mut self) -> Option<Thousandths> {
        let value = self.map.get("weight")?;
        let number = value.as_float().ok().or_else(|| value.as_int().ok().map(|int| int as f64));
        match number {
            Some(weight) if (-10.0..=10.0).contains(&weight) => Some((weight * 1_000.0).round() as Thousandths),
            _ => {
                let help = "例如 weight: 3（不加引号）";
                let wrong = Wrong::new(Code::BadWeight, "weight 必须是 -10 到 10 之间的数", help);
                self.wrong.push(wrong.of("weight"));
                None
            }
        }
    }

    fn unit(&mut self, key: &str) -> Option<String> {
        let name = self.text(key);
        let found = self.known_unit(&name);
        found.map_err(|wrong| self.wrong.push(wrong.of(key))).ok().flatten()
    }

    fn known_unit(&self, name: &str) -> Result<Option<String>, Wrong> {
        if name.is_empty() {
            return Ok(None);
        }
        // Without a single unit units.toml is broken, which is said there.
        if self.names.units.iter().next().is_none() {
            return Ok(Some(name.to_owned()));
        }
        match self.names.units.find(name) {
            Some(unit) => Ok(Some(unit.name.clone())),
            None => {
                let help = several(name)
                    .unwrap_or_else(|| nearest(name, self.names.units.iter().map(|unit| unit.name.as_str())));
                Err(Wrong::new(Code::UnknownUnit, format!("units.toml 里没有单位“{name}”"), help))
            }
        }
    }

    fn units(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.map.get(key) else { return Vec::new() };
        let mut units = Vec::new();
        for (at, item) in items(value).into_iter().enumerate() {
            match item.into_string() {
                Ok(name) => match self.known_unit(&name) {
                    Ok(unit) => units.extend(unit),
                    Err(wrong) => self.wrong.push(wrong.of(key).item(at)),
                },
                Err(_) => {
                    let help = format!("例如 {key}: [\"某某局\"]");
                    let wrong = Wrong::new(Code::WrongType, format!("“{key}”应当是单位名称的列表"), help);
                    self.wrong.push(wrong.of(key).item(at));
                }
            }
        }
        units
    }
}

/// A value that the regulation does not know.
pub(super) fn unknown(what: &str, value: &str, known: Vec<&str>) -> Wrong {
    Wrong::new(
        Code::UnknownValue,
        format!("{what} 没有“{value}”这一项"),
        several(value).unwrap_or_else(|| nearest(value, known)),
    )
}

/// Several names in one pair of quotes.
fn several(name: &str) -> Option<String> {
    let signs = ['、', '，', ',', '；', ';'];
    let parts: Vec<String> = name.split(signs).map(|part| format!("\"{}\"", part.trim())).collect();
    (parts.len() > 1).then(|| format!("几个名称分开写：[{}]", parts.join(", ")))
}

pub(super) fn not_text(key: &str, found: &str) -> Wrong {
    let message = format!("“{key}”应当是文字，写成了{}", type_name(found));
    Wrong::new(Code::WrongType, message, format!("例如 {key}: \"…\""))
}

/// A value or a list of values.
pub(super) fn items(value: &Dynamic) -> Vec<Dynamic> {
    match value.clone().into_array() {
        Ok(list) => list,
        Err(_) => vec![value.clone()],
    }
}
