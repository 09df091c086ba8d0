//! What a rule says: the map behind `then`, read strictly.

use std::collections::BTreeSet;

use rhai::{Dynamic, Map};

use super::rule::{Names, Verb};
use crate::diagnostic::nearest;
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

/// The axes that `classify` rules vote on.
pub const AXES: [&str; 6] = ["nature", "category", "topic", "urgency", "impact", "skill"];

/// Message and help.
pub(super) type Wrong = (String, String);

impl Outcome {
    /// Reads the map of `then`.
    pub(super) fn parse(verb: Verb, map: &Map, names: &Names) -> Result<Self, Wrong> {
        let reader = Reader { map, names };
        match verb {
            Verb::Admit => reader.admit(),
            Verb::Classify => reader.classify(),
            Verb::Route => reader.route(),
            Verb::Warn => reader.warn(),
        }
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
}

impl Reader<'_> {
    fn admit(&self) -> Result<Outcome, Wrong> {
        self.only(&["special_urgent", "special", "manual", "refuse", "why", "tell"])?;
        let tell = self.text("tell")?;
        if let Some(code) = self.map.get("refuse") {
            let code = code.as_int().ok().and_then(|code| u16::try_from(code).ok()).unwrap_or(0);
            if !self.names.refusals.contains(&code) {
                let known: Vec<String> = self.names.refusals.iter().map(u16::to_string).collect();
                return Err((
                    format!("refuse 的代码 {code} 不在 regulation.toml 的 [[refusal]] 里"),
                    nearest(&code.to_string(), known.iter().map(String::as_str)),
                ));
            }
            return Ok(Outcome::Refuse { code, why: self.text("why")?, tell });
        }
        let named = |key: &str| -> Result<Option<String>, Wrong> {
            self.map.contains_key(key).then(|| self.text(key)).transpose()
        };
        if let Some(why) = named("special_urgent")? {
            Ok(Outcome::SpecialUrgent { why, tell })
        } else if let Some(why) = named("special")? {
            Ok(Outcome::Special { why, tell })
        } else if let Some(why) = named("manual")? {
            Ok(Outcome::Manual { why, tell })
        } else {
            self.nothing("special_urgent、special、manual 或 refuse")
        }
    }

    fn classify(&self) -> Result<Outcome, Wrong> {
        let keys: Vec<&str> = AXES.into_iter().chain(["weight", "why"]).collect();
        self.only(&keys)?;
        let mut votes = Vec::new();
        for axis in AXES {
            if self.map.contains_key(axis) {
                let value = self.text(axis)?;
                if value.is_empty() {
                    continue;
                }
                let known = self.names.axis(axis);
                if !known.contains(&value.as_str()) {
                    return Err((format!("{axis} 没有“{value}”这一项"), nearest(&value, known)));
                }
                votes.push((axis, value));
            }
        }
        if votes.is_empty() && self.map.keys().all(|key| !AXES.contains(&key.as_str())) {
            return self.nothing("nature、category、topic、urgency、impact 或 skill");
        }
        if votes.is_empty() {
            return Ok(Outcome::Silent);
        }
        Ok(Outcome::Classify { votes, weight: self.weight()?.unwrap_or(1_000), why: self.text("why")? })
    }

    fn route(&self) -> Result<Outcome, Wrong> {
        self.only(&["lead", "weight", "assist", "follow", "not", "manual", "why"])?;
        let why = self.text("why")?;
        if self.map.contains_key("manual") {
            return Ok(Outcome::Manual { why: self.text("manual")?, tell: String::new() });
        }
        if self.map.contains_key("not") {
            return Ok(match self.unit(&self.text("not")?)? {
                Some(unit) => Outcome::Not { unit, weight: self.weight()?, why },
                None => Outcome::Silent,
            });
        }
        let lead = self.text("lead")?;
        let (assist, follow) = (self.units("assist")?, self.units("follow")?);
        if !self.map.contains_key("lead") && assist.is_empty() && follow.is_empty() {
            return self.nothing("lead、assist、follow、not 或 manual");
        }
        let lead = self.unit(&lead)?.unwrap_or_default();
        if lead.is_empty() && assist.is_empty() && follow.is_empty() {
            return Ok(Outcome::Silent);
        }
        Ok(Outcome::Route(Route { lead, weight: self.weight()?.unwrap_or(1_000), assist, follow, why }))
    }

    fn warn(&self) -> Result<Outcome, Wrong> {
        self.only(&["level", "why"])?;
        let level = match self.text("level")?.as_str() {
            "blue" => Warning::Blue,
            "yellow" => Warning::Yellow,
            "red" => Warning::Red,
            "" if self.map.contains_key("level") => return Ok(Outcome::Silent),
            "" => return self.nothing("level"),
            other => {
                return Err((format!("没有“{other}”这一预警级别"), nearest(other, ["blue", "yellow", "red"])));
            }
        };
        Ok(Outcome::Warn { level, why: self.text("why")? })
    }

    fn nothing(&self, wanted: &str) -> Result<Outcome, Wrong> {
        if self.map.is_empty() {
            return Ok(Outcome::Silent);
        }
        Err(("then 没有说出结果".into(), format!("写上 {wanted}")))
    }

    fn only(&self, keys: &[&str]) -> Result<(), Wrong> {
        match self.map.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err((format!("then 里不认识的键“{key}”"), nearest(key, keys.iter().copied()))),
        }
    }

    fn text(&self, key: &str) -> Result<String, Wrong> {
        match self.map.get(key) {
            None => Ok(String::new()),
            Some(value) => value
                .clone()
                .into_string()
                .map_err(|found| (format!("“{key}”应当是文字，写成了 {found}"), format!("例如 {key}: \"…\""))),
        }
    }

    fn weight(&self) -> Result<Option<Thousandths>, Wrong> {
        let Some(value) = self.map.get("weight") else { return Ok(None) };
        let number = value.as_float().ok().or_else(|| value.as_int().ok().map(|int| int as f64));
        match number {
            Some(weight) if (-10.0..=10.0).contains(&weight) => Ok(Some((weight * 1_000.0).round() as Thousandths)),
            _ => Err(("weight 必须是 -10 到 10 之间的数".into(), "例如 weight: 3".into())),
        }
    }

    fn unit(&self, name: &str) -> Result<Option<String>, Wrong> {
        if name.is_empty() {
            return Ok(None);
        }
        match self.names.units.find(name) {
            Some(unit) => Ok(Some(unit.name.clone())),
            None => Err((
                format!("units.toml 里没有单位“{name}”"),
                nearest(name, self.names.units.iter().map(|unit| unit.name.as_str())),
            )),
        }
    }

    fn units(&self, key: &str) -> Result<Vec<String>, Wrong> {
        let Some(value) = self.map.get(key) else { return Ok(Vec::new()) };
        let mut units = Vec::new();
        for item in items(value) {
            let name = item
                .into_string()
                .map_err(|_| (format!("“{key}”应当是单位名称的列表"), format!("例如 {key}: [\"某某局\"]")))?;
            units.extend(self.unit(&name)?);
        }
        Ok(units)
    }
}

/// A value or a list of values.
pub(super) fn items(value: &Dynamic) -> Vec<Dynamic> {
    match value.clone().into_array() {
        Ok(list) => list,
        Err(_) => vec![value.clone()],
    }
}
