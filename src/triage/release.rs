//! A release: everything that decides in one jurisdiction, compiled from one set of files, addressed by its content.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::cases::check_names;
use super::{Case, Thousandths, parse_cases};
use crate::calendar::Calendar;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::digest::{Digest, Hasher};
use crate::regulation::{Duties, Regulation, ReviewTerms, Text, Units};
use crate::rules::{CompiledFile, Names, RuleSet, lint};
use crate::text::{Gazetteer, Lexicon, analyse};

mod cache;

pub use cache::Cache;

/// Path → content. Paths are those of the project: `rules/common/…`, `rules/calendar/…`, `rules/<jurisdiction>/…`,
/// `dictionaries/*.txt`, `dictionaries/places/<jurisdiction>.toml`.
pub type Files = BTreeMap<String, String>;

/// A compiled release. Cheap to clone.
#[derive(Clone)]
pub struct Release {
    pub jurisdiction: String,
    pub digest: Digest,
    pub regulation: Arc<Regulation>,
    pub units: Arc<Units>,
    pub gazetteer: Arc<Gazetteer>,
    pub duties: Arc<Duties>,
    pub lexicon: Arc<Lexicon>,
    pub calendar: Arc<Calendar>,
    pub rules: Arc<RuleSet>,
    pub cases: Arc<[Case]>,
    /// What it was compiled from, for the store.
    pub files: Arc<Files>,
    /// Rules out of service because they overran.
    pub suspended: BTreeSet<String>,
}

impl Release {
    /// Compiles the files of one jurisdiction. A release is returned only when no diagnostic is an error.
    pub fn compile(jurisdiction: &str, files: &Files, cache: &mut Cache) -> (Option<Self>, Vec<Diagnostic>) {
        Compiler { jurisdiction, files, found: Vec::new() }.build(cache, None)
    }

    /// Compiles, and says everything there is to say: errors, and reminders that keep nothing from going live. `today`, if
    /// it is known, shows rules whose time has passed. Sorted by file and place.
    pub fn check(
        jurisdiction: &str,
        files: &Files,
        cache: &mut Cache,
        today: Option<NaiveDate>,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        let compiler = Compiler { jurisdiction, files, found: Vec::new() };
        let (release, mut found) = compiler.build(cache, Some(Review { today }));
        found.sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
        (release, found)
    }

    /// The same release with one rule out of service.
    pub fn without_rule(&self, id: &str) -> Self {
        let mut release = self.clone();
        release.suspended.insert(id.to_owned());
        release
    }

    pub fn least_weight(&self) -> Thousandths {
        thousandths(self.regulation.triage.least_weight)
    }

    pub fn least_margin(&self) -> Thousandths {
        thousandths(self.regulation.triage.least_margin)
    }

    /// When entries have to be reviewed again.
    pub fn review_terms(&self) -> ReviewTerms {
        self.regulation.life.knowledge
    }

    pub fn answer_threshold(&self) -> Thousandths {
        thousandths(self.regulation.triage.answer_threshold)
    }
}

fn thousandths(value: f64) -> Thousandths {
    (value * 1_000.0).round() as Thousandths
}

/// The content address of a set of files.
pub fn digest_of(files: &Files) -> Digest {
    let mut hasher = Hasher::default();
    for (path, content) in files {
        hasher.part(path.as_bytes()).part(content.as_bytes());
    }
    hasher.finish()
}

fn telling_words(lexicon: &Lexicon, phrase: &str) -> Vec<String> {
    let analysis = analyse(lexicon, &Gazetteer::default(), phrase);
    analysis.terms.into_iter().filter(|term| term.weight > 0).map(|term| term.text).collect()
}

/// The regulation among the files of a release; `None`: it is missing or wrong.
pub fn regulation_of(jurisdiction: &str, files: &Files) -> Option<Regulation> {
    let path = format!("rules/{jurisdiction}/regulation.toml");
    let text = files.get(&path)?;
    read_regulation(jurisdiction, files, Text { path: &path, text }).ok()
}

/// The names that the rules of a jurisdiction may use, read without compiling a rule; or what is wrong with the files that
/// give them.
pub fn names_of(jurisdiction: &str, files: &Files) -> Result<Names, Vec<Diagnostic>> {
    let mut compiler = Compiler { jurisdiction, files, found: Vec::new() };
    let Some(regulation) = compiler.regulation() else { return Err(compiler.found) };
    let units = compiler.units(&regulation);
    let gazetteer = compiler.gazetteer();
    if compiler.found.iter().any(Diagnostic::is_error) {
        return Err(compiler.found);
    }
    Ok(compiler.names(Arc::new(regulation), Arc::new(units), &gazetteer))
}

fn read_regulation(jurisdiction: &str, files: &Files, own: Text<'_>) -> Result<Regulation, Vec<Diagnostic>> {
    let text = |path: &'static str| files.get(path).map(|text| Text { path, text });
    let path = format!("rules/{jurisdiction}/matters.toml");
    let matters = files.get(&path).map(|text| Text { path: &path, text });
    Regulation::parse(own, text("rules/common/regulation.toml"), matters)
}

/// Every problem of a jurisdiction's files, errors and reminders.
pub fn check(jurisdiction: &str, files: &Files) -> Vec<Diagnostic> {
    Release::check(jurisdiction, files, &mut Cache::default(), None).1
}

/// Reminders are wanted as well.
struct Review {
    today: Option<NaiveDate>,
}

struct Compiler<'a> {
    jurisdiction: &'a str,
    files: &'a Files,
    found: Vec<Diagnostic>,
}

impl<'a> Compiler<'a> {
    fn build(mut self, cache: &mut Cache, review: Option<Review>) -> (Option<Release>, Vec<Diagnostic>) {
        let calendar = self.calendar();
        let scripts = self.scripts(cache);
        let cases = self.cases();
        let Some(regulation) = self.regulation() else { return (None, self.found) };
        let units = self.units(&regulation);
        let gazetteer = self.gazetteer();
        self.cross_check(&regulation, &units, &gazetteer);
        let lexicon = self.lexicon(&units, &gazetteer, cache);
        let (regulation, units) = (Arc::new(regulation), Arc::new(units));
        let names = self.names(regulation.clone(), units.clone(), &gazetteer);
        let (rules, diagnostics) = RuleSet::compile(&scripts, names.clone());
        self.found.extend(diagnostics);
        if let (Some(Review { today }), Some(rules)) = (review, &rules) {
            self.found.extend(lint(rules, &scripts, &names, today));
            self.found.extend(check_names(&cases, self.files, &names, rules));
        }
        let sound = !self.found.iter().any(Diagnostic::is_error);
        let duties = Duties::new(&units, |duty| telling_words(&lexicon, duty));
        let release = rules.filter(|_| sound).map(|rules| Release {
            jurisdiction: self.jurisdiction.to_owned(),
            digest: digest_of(self.files),
            regulation,
            units,
            gazetteer: Arc::new(gazetteer),
            duties: Arc::new(duties),
            lexicon,
            calendar: Arc::new(calendar),
            rules: Arc::new(rules),
            cases: cases.into(),
            files: Arc::new(self.files.clone()),
            suspended: BTreeSet::new(),
        });
        (release, self.found)
    }

    fn names(&self, regulation: Arc<Regulation>, units: Arc<Units>, gazetteer: &Gazetteer) -> Names {
        // Everything that is data and no case: more than names are read from, never less.
        let data = self.files.iter().filter(|(path, _)| path.ends_with(".toml") && !path.contains("/cases/"));
        let mut hasher = Hasher::default();
        data.for_each(|(path, text)| _ = hasher.part(path.as_bytes()).part(text.as_bytes()));
        Names::new(regulation, units, gazetteer.names().map(str::to_owned).collect(), hasher.finish())
    }

    /// Scripts and tables of a folder. Tables under `cases/` are cases.
    fn rule_files(&self, folder: &str) -> Vec<(&'a str, &'a str)> {
        let cases = format!("rules/{folder}/cases/");
        let tables = self.under(folder, ".csv").into_iter().filter(|(path, _)| !path.starts_with(&cases));
        let mut all: Vec<_> = self.under(folder, ".rhai").into_iter().chain(tables).collect();
        all.sort_unstable();
        all
    }

    fn under(&self, folder: &str, extension: &str) -> Vec<(&'a str, &'a str)> {
        let prefix = format!("rules/{folder}/");
        self.files
            .iter()
            .filter(|(path, _)| path.starts_with(&prefix) && path.ends_with(extension))
            .map(|(path, content)| (path.as_str(), content.as_str()))
            .collect()
    }

    fn own(&self, name: &str) -> (String, Option<&'a str>) {
        let path = format!("rules/{}/{name}", self.jurisdiction);
        let content = self.files.get(&path).map(String::as_str);
        (path, content)
    }

    fn calendar(&mut self) -> Calendar {
        let mut calendar = Calendar::default();
        for (path, content) in self.under("calendar", ".toml") {
            self.found.extend(calendar.add(path, content).err());
        }
        calendar
    }

    /// Common files first, so that a local one can override them.
    fn scripts(&mut self, cache: &mut Cache) -> Vec<Arc<CompiledFile>> {
        let files = [self.rule_files("common"), self.rule_files(self.jurisdiction)].concat();
        let scripts = cache.scripts.compile(&files);
        self.found.extend(scripts.iter().flat_map(|script| script.problems().iter().cloned()));
        scripts
    }

    fn cases(&mut self) -> Vec<Case> {
        let mut cases = Vec::new();
        let folder = format!("{}/cases", self.jurisdiction);
        for (path, content) in [self.under(&folder, ".toml"), self.under(&folder, ".csv")].concat() {
            let (more, wrong) = parse_cases(path, content);
            cases.extend(more);
            self.found.extend(wrong);
        }
        cases
    }

    fn regulation(&mut self) -> Option<Regulation> {
        let (path, content) = self.own("regulation.toml");
        let Some(content) = content else {
            let missing = Diagnostic::error(&path, 1, "缺少 regulation.toml")
                .code(Code::MissingFile)
                .help("每个辖区必须有一份，可照其他辖区写");
            self.found.push(missing);
            return None;
        };
        let read = read_regulation(self.jurisdiction, self.files, Text { path: &path, text: content });
        read.map_err(|wrong| self.found.extend(wrong)).ok()
    }

    fn units(&mut self, regulation: &Regulation) -> Units {
        let (path, content) = self.own("units.toml");
        let Some(content) = content else {
            self.found.push(
                Diagnostic::error(&path, 1, "缺少 units.toml")
                    .code(Code::MissingFile)
                    .help("列出承办单位，可照其他辖区写"),
            );
            return Units::default();
        };
        let (units, wrong) = Units::parse(&path, content, &regulation.unit_kinds);
        self.found.extend(wrong.into_iter().map(|it| it.at_named(content)));
        units
    }

    fn gazetteer(&mut self) -> Gazetteer {
        let path = format!("dictionaries/places/{}.toml", self.jurisdiction);
        let Some(content) = self.files.get(&path) else { return Gazetteer::default() };
        match Gazetteer::parse(&path, content) {
            Ok(gazetteer) => gazetteer,
            Err(wrong) => {
                self.found.extend(wrong.into_iter().map(|it| it.at_named(content)));
                Gazetteer::default()
            }
        }
    }

    /// The word lists with the names of the jurisdiction's units and places.
    fn lexicon(&mut self, units: &Units, gazetteer: &Gazetteer, cache: &mut Cache) -> Arc<Lexicon> {
        let mut names: Vec<String> = units.words().chain(gazetteer.spellings().iter().cloned()).collect();
        names.sort();
        names.dedup();
        let (lexicon, wrong) = cache.lexicon(self.files, &names);
        let shown = |it: Diagnostic| match self.files.get(&it.file) {
            Some(source) => it.excerpt(source),
            None => it,
        };
        self.found.extend(wrong.into_iter().map(shown));
        lexicon
    }

    fn cross_check(&mut self, regulation: &Regulation, units: &Units, gazetteer: &Gazetteer) {
        // Without a single unit the file is broken, which has been said.
        if units.iter().next().is_some() && units.find(&regulation.center).is_none() {
            let (path, source) = self.own("regulation.toml");
            let message = format!("center “{}”不在 units.toml 里", regulation.center);
            let help = nearest(&regulation.center, units.iter().map(|unit| unit.name.as_str()));
            let problem = Diagnostic::error(&path, 1, message)
                .at_text(source.unwrap_or(""), &format!("\"{}\"", regulation.center));
            self.found.push(problem.help(help));
        }
        let (path, source) = self.own("units.toml");
        let places = format!("dictionaries/places/{}.toml", self.jurisdiction);
        if self.files.contains_key(&places) && gazetteer.names().next().is_none() {
            // The list of places is broken, which has been said.
            return;
        }
        for unit in units.iter() {
            for place in unit.places.iter().filter(|place| !gazetteer.names().any(|name| name == *place)) {
                let message = format!("单位“{}”的地点“{place}”不在地名表里", unit.name);
                let problem =
                    Diagnostic::error(&path, 1, message).at_text(source.unwrap_or(""), &format!("\"{place}\""));
                self.found.push(problem.help(nearest(place, gazetteer.names())));
            }
        }
    }
}
