//! Files → releases: compile what changed, run the cases, keep the last good one of each jurisdiction. Pure but for its
//! memory of the last round; it opens no file and publishes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, Hasher};
use crate::packs::Pack;
use crate::regulation::Units;
use crate::rules::Cache;
use crate::text::{Gazetteer, Lexicon, LexiconSource};
use crate::triage::{CaseFailure, Files, Release, digest_of, run_case};

/// Compiles packs, one after the other.
#[derive(Default)]
pub struct Releases {
    cache: Cache,
    lexicon: Option<Arc<Lexicon>>,
    lexicon_source: Digest,
    good: BTreeMap<String, Good>,
    reports: BTreeMap<String, Report>,
}

struct Good {
    release: Arc<Release>,
    /// What the cases ran with.
    lexicon: Digest,
}

/// How the last attempt went in one jurisdiction.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Report {
    pub jurisdiction: String,
    /// Content address of the files as they stand.
    #[schema(value_type = String)]
    pub wanted: Digest,
    /// Content address of what decides; empty when nothing ever compiled.
    #[schema(value_type = String)]
    pub active: Digest,
    /// The files as they stand are what decides.
    pub current: bool,
    pub rules: usize,
    pub cases: usize,
    pub diagnostics: Vec<Diagnostic>,
    pub failed_cases: Vec<FailedCase>,
}

/// A case that the files as they stand do not pass.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FailedCase {
    pub name: String,
    pub file: String,
    pub line: u32,
    pub differences: Vec<String>,
    /// Rules that spoke, for finding the culprit.
    pub fired: Vec<String>,
}

/// What a round yields.
pub struct Round {
    pub lexicon: Arc<Lexicon>,
    /// `None` where nothing ever compiled.
    pub releases: BTreeMap<String, Option<Arc<Release>>>,
    pub reports: BTreeMap<String, Report>,
    /// Problems of the word lists. They keep the new lists from going live once there are good ones.
    pub dictionary: Vec<Diagnostic>,
}

impl Releases {
    /// Puts in releases that were good before the program started, so that a broken file at start changes nothing.
    pub fn remember(&mut self, release: Arc<Release>) {
        let good = Good { release, lexicon: Digest::default() };
        self.good.insert(good.release.jurisdiction.clone(), good);
    }

    /// One round over a pack.
    pub fn round(&mut self, pack: &Pack) -> Round {
        self.cache.next_round();
        let jurisdictions = pack.jurisdictions();
        let (lexicon, dictionary) = self.lexicon(pack, &jurisdictions);
        for jurisdiction in &jurisdictions {
            let report = self.attempt(jurisdiction, pack, &lexicon);
            self.reports.insert(jurisdiction.clone(), report);
        }
        // A jurisdiction whose folder vanished goes on with its last good release: a slip must not stop a hotline.
        for (name, report) in self.reports.iter_mut().filter(|(name, _)| !jurisdictions.contains(name)) {
            let gone = Diagnostic::warning(&format!("rules/{name}"), 1, "整个文件夹不见了，沿用上一个版本");
            report.current = false;
            report.diagnostics = vec![gone.help("放回文件夹；确要撤销这个辖区时重启服务")];
        }
        let releases = self.reports.keys().map(|name| (name.clone(), self.good.get(name).map(|it| it.release.clone())));
        Round { lexicon, releases: releases.collect(), reports: self.reports.clone(), dictionary }
    }

    fn attempt(&mut self, jurisdiction: &str, pack: &Pack, lexicon: &Arc<Lexicon>) -> Report {
        let files = pack.release_files(jurisdiction);
        let wanted = digest_of(&files);
        let unreadable: Vec<Diagnostic> = pack
            .unreadable_of(jurisdiction)
            .map(|(path, why)| Diagnostic::error(path, 1, why.clone()).help("改好后保存，系统会自动重新读取"))
            .collect();
        let good = self.good.get(jurisdiction);
        let known = good.is_some_and(|good| good.release.digest == wanted && good.lexicon == *lexicon.digest());
        if known && unreadable.is_empty() && self.reports.get(jurisdiction).is_some_and(|report| report.current) {
            return self.reports[jurisdiction].clone();
        }
        let (release, mut diagnostics) = Release::compile(jurisdiction, &files, lexicon, &mut self.cache);
        diagnostics.extend(unreadable);
        diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        let mut report = Report { jurisdiction: jurisdiction.to_owned(), wanted, diagnostics, ..Report::default() };
        if let Some(release) = release.filter(|_| !report.diagnostics.iter().any(Diagnostic::is_error)) {
            report.rules = release.rules.rules().len();
            report.cases = release.cases.len();
            report.failed_cases = failed_cases(&release, lexicon);
            if report.failed_cases.is_empty() {
                let good = Good { release: Arc::new(release), lexicon: lexicon.digest().clone() };
                self.good.insert(jurisdiction.to_owned(), good);
                report.current = true;
            }
        }
        if let Some(good) = self.good.get(jurisdiction) {
            report.active = good.release.digest.clone();
        }
        report
    }

    /// The lexicon of all word lists, unit names and place names. A list with problems is used only where none was good
    /// before.
    fn lexicon(&mut self, pack: &Pack, jurisdictions: &[String]) -> (Arc<Lexicon>, Vec<Diagnostic>) {
        let lists = pack.dictionaries();
        let names = self.names(pack, jurisdictions);
        let mut hasher = Hasher::default();
        lists.iter().for_each(|(path, text)| _ = hasher.part(path.as_bytes()).part(text.as_bytes()));
        names.iter().for_each(|name| _ = hasher.part(name.as_bytes()));
        let source = hasher.finish();
        if let Some(lexicon) = self.lexicon.as_ref().filter(|_| self.lexicon_source == source) {
            return (lexicon.clone(), Vec::new());
        }
        let (lexicon, problems) = build_lexicon(&lists, &names);
        if let Some(last) = self.lexicon.as_ref().filter(|_| !problems.is_empty()) {
            return (last.clone(), problems);
        }
        let lexicon = Arc::new(lexicon);
        self.lexicon = Some(lexicon.clone());
        self.lexicon_source = source;
        (lexicon, problems)
    }

    /// Unit and place names. Where a file is broken, the names of the last good release go on.
    fn names(&self, pack: &Pack, jurisdictions: &[String]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for jurisdiction in jurisdictions {
            let file = |path: String| pack.files.get(&path).map(|text| (path.clone(), text));
            let units =
                file(format!("rules/{jurisdiction}/units.toml")).map(|(path, text)| Units::parse(&path, text, &[]).0);
            let good = self.good.get(jurisdiction).map(|good| &good.release);
            match units.filter(|units| units.iter().next().is_some()) {
                Some(units) => names.extend(units.words()),
                None => names.extend(good.into_iter().flat_map(|good| good.units.words())),
            }
            let places = file(format!("dictionaries/places/{jurisdiction}.toml"));
            match places.and_then(|(path, text)| Gazetteer::parse(&path, text).ok()) {
                Some(places) => names.extend(places.spellings().iter().cloned()),
                None => names.extend(good.into_iter().flat_map(|good| good.gazetteer.spellings().to_vec())),
            }
        }
        names.sort();
        names.dedup();
        names
    }
}

fn build_lexicon(lists: &Files, names: &[String]) -> (Lexicon, Vec<Diagnostic>) {
    let special = ["synonyms.txt", "stopwords.txt", "variants.txt"];
    let named = |wanted: &dyn Fn(&str) -> bool| -> Vec<(&str, &str)> {
        let chosen = lists.iter().filter(|(path, _)| wanted(path.trim_start_matches("dictionaries/")));
        chosen.map(|(path, text)| (path.as_str(), text.as_str())).collect()
    };
    Lexicon::build(&LexiconSource {
        words: &named(&|name| !special.contains(&name)),
        synonyms: &named(&|name| name == special[0]),
        stop_words: &named(&|name| name == special[1]),
        variants: &named(&|name| name == special[2]),
        names,
    })
}

fn failed_cases(release: &Release, lexicon: &Lexicon) -> Vec<FailedCase> {
    release.cases.iter().filter_map(|case| run_case(release, lexicon, case).1).map(FailedCase::from).collect()
}

impl From<CaseFailure> for FailedCase {
    fn from(failure: CaseFailure) -> Self {
        let fired = failure.decision.fired_rules().into_iter().map(str::to_owned).collect();
        Self { name: failure.name, file: failure.file, line: failure.line, differences: failure.differences, fired }
    }
}
