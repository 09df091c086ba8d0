//! The units of a jurisdiction: names, aliases, duties, contacts.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::diagnostic::{Diagnostic, nearest};

/// 承办单位. Contacts are required by the regulations (LH-57, RC-12, HN-04); an empty one is reported, not refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Stable ASCII id.
    pub id: String,
    /// The one name that rules use.
    pub name: String,
    #[serde(default)]
    pub full: String,
    pub kind: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is in charge of, in the words of the people who ask.
    #[serde(default)]
    pub duties: Vec<String>,
    /// Places it administers.
    #[serde(default)]
    pub places: Vec<String>,
    /// 分管领导.
    #[serde(default)]
    pub leader: String,
    /// 联络员 / 管理员.
    #[serde(default)]
    pub liaison: String,
    #[serde(default)]
    pub phone: String,
}

/// All units of a jurisdiction, found by name, full name, alias or id.
#[derive(Clone, Debug, Default)]
pub struct Units {
    list: Vec<Unit>,
    by_name: HashMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    unit: Vec<Unit>,
}

impl Units {
    /// Parses and checks `units.toml`. Returns the units and everything worth saying about them.
    pub fn parse(file: &str, source: &str, kinds: &[String]) -> (Self, Vec<Diagnostic>) {
        let list = match toml::from_str::<File>(source) {
            Ok(parsed) => parsed.unit,
            Err(err) => return (Self::default(), vec![Diagnostic::from_toml(file, source, &err)]),
        };
        let line_of = |needle: &str| {
            source.lines().position(|line| line.contains(&format!("\"{needle}\""))).map_or(1, |at| at as u32 + 1)
        };
        let mut diagnostics = Vec::new();
        let mut by_name: HashMap<String, usize> = HashMap::new();
        for (idx, unit) in list.iter().enumerate() {
            if !kinds.contains(&unit.kind) {
                diagnostics.push(
                    Diagnostic::error(
                        file,
                        line_of(&unit.id),
                        format!("单位“{}”的 kind “{}”不在 unit_kinds 里", unit.name, unit.kind),
                    )
                    .at_text(source, &format!("\"{}\"", unit.kind))
                    .help(nearest(&unit.kind, kinds.iter().map(String::as_str))),
                );
            }
            for name in unit.names() {
                match by_name.get(name) {
                    Some(&other) if other != idx => diagnostics.push(
                        Diagnostic::error(
                            file,
                            line_of(name),
                            format!("“{name}”既指“{}”又指“{}”", list[other].name, unit.name),
                        )
                        .help("同一个名称或别名只能属于一个单位，请删去其中一处"),
                    ),
                    _ => {
                        by_name.insert(name.to_owned(), idx);
                    }
                }
            }
        }
        if let Some(gap) = contacts_missing(&list) {
            diagnostics.push(Diagnostic::warning(file, 1, gap).help("填写 leader、liaison、phone"));
        }
        (Self { list, by_name }, diagnostics)
    }

    /// The unit meant by a name, a full name, an alias or an id.
    pub fn find(&self, name: &str) -> Option<&Unit> {
        self.by_name.get(name).map(|&idx| &self.list[idx])
    }

    /// The one name of the unit that is meant, or what to say to whoever named it (Chinese).
    pub fn named(&self, name: &str) -> Result<String, String> {
        let found = self.find(name.trim()).map(|unit| unit.name.clone());
        let help = || nearest(name, self.iter().map(|unit| unit.name.as_str()));
        found.ok_or_else(|| format!("没有承办单位“{name}”；{}", help()))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.list.iter()
    }

    /// Names and aliases as people write them, for the dictionary.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let spoken = |unit: &Unit| -> Vec<String> {
            [&unit.name, &unit.full].into_iter().chain(&unit.aliases).filter(|it| !it.is_empty()).cloned().collect()
        };
        self.list.iter().flat_map(spoken)
    }

    /// The unit that administers a place.
    pub fn of_place(&self, place: &str) -> Option<&Unit> {
        self.list.iter().find(|unit| unit.places.iter().any(|it| it == place))
    }
}

impl Unit {
    fn names(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str(), self.full.as_str(), self.id.as_str()]
            .into_iter()
            .chain(self.aliases.iter().map(String::as_str))
            .filter(|name| !name.is_empty())
    }

    /// Which contacts are missing.
    pub fn missing_contacts(&self) -> Vec<&'static str> {
        [("leader", &self.leader), ("liaison", &self.liaison), ("phone", &self.phone)]
            .into_iter()
            .filter_map(|(name, value)| value.is_empty().then_some(name))
            .collect()
    }
}

fn contacts_missing(list: &[Unit]) -> Option<String> {
    let missing: Vec<&str> =
        list.iter().filter(|unit| !unit.missing_contacts().is_empty()).map(|unit| unit.name.as_str()).collect();
    let first = missing.first()?;
    Some(format!("{} 个单位缺少分管领导、联络员或电话（例如“{first}”）", missing.len()))
}
