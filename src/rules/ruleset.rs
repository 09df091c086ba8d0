//! A jurisdiction's rules, compiled: one automaton, candidates by hits, guards and computed outcomes in the sandbox.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use rhai::{Dynamic, Engine, EvalAltResult, Map};

use super::automaton::{Automaton, Hits, PatternId};
use super::condition::{Found, Words};
use super::facts::{SoFar, View};
use super::join::Join;
use super::outcome::Outcome;
use super::places::Places;
use super::register::{CompiledFile, in_words, type_name};
use super::rule::{Facets, Function, Names, Rule, Then, Verb};
use super::sandbox;
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{OffsetMap, Span, sentences};
use crate::triage::{Facts, Hit};

/// Compiled rules of one jurisdiction.
pub struct RuleSet {
    rules: Vec<Rule>,
    /// Ids of rules with errors: such a set decides nothing.
    broken: BTreeSet<String>,
    words: Vec<Words>,
    automaton: Automaton,
    /// Pattern → rules it makes candidates of.
    postings: Vec<Vec<u32>>,
    /// Rules without words: looked at every time.
    always: Vec<u32>,
    engine: Engine,
    names: Names,
    limits: Arc<BTreeMap<String, f64>>,
    clock: OnceLock<fn() -> u64>,
}

/// What one triage asks with.
pub struct Ask<'a> {
    pub facts: &'a Arc<Facts>,
    pub today: NaiveDate,
    hits: Hits,
    sentences: Vec<Span>,
    offsets: OffsetMap,
    /// Rules worth looking at, ascending.
    candidates: Vec<u32>,
}

/// What the rules of one verb say.
#[derive(Default)]
pub struct Said<'a> {
    pub voices: Vec<Voice<'a>>,
    pub failures: Vec<Failure<'a>>,
}

/// A rule that fired.
pub struct Voice<'a> {
    pub rule: &'a Rule,
    pub outcome: Outcome,
    pub hits: Vec<Hit>,
}

/// A rule that could not be evaluated: it casts no vote.
pub struct Failure<'a> {
    pub rule: &'a Rule,
    /// A limit of the sandbox was hit; the rule should leave service.
    pub overrun: bool,
    pub message: String,
}

impl RuleSet {
    /// Joins files (common first) into one set. Every problem is reported; with errors among them the set holds what could
    /// be read and must not decide anything.
    pub fn compile(files: &[Arc<CompiledFile>], names: Names) -> (Option<Self>, Vec<Diagnostic>) {
        let mut join = Join { places: Places::new(files), found: Vec::new(), broken: BTreeSet::new() };
        let mut rules = join.unique(files, &names);
        for file in files {
            file.off.iter().for_each(|off| join.switch_off(&mut rules, files, file, off));
        }
        rules.sort_by(|a, b| (&a.file, &a.id).cmp(&(&b.file, &b.id)));
        let mut set = match Self::assemble(rules, names) {
            Ok(set) => set,
            Err(err) => {
                let message = format!("词语自动机建不起来：{err}");
                join.found.push(Diagnostic::error("", 1, message).code(Code::TooLarge).help("减少词语的数量"));
                return (None, join.found);
            }
        };
        set.smoke(&mut join);
        set.broken = join.broken;
        (Some(set), join.found)
    }

    fn assemble(rules: Vec<Rule>, names: Names) -> Result<Self, daachorse::errors::DaachorseError> {
        let every = |rule: &Rule| {
            rule.any.iter().chain(rule.all.iter().flatten()).chain(&rule.unless).cloned().collect::<Vec<_>>()
        };
        let patterns: Vec<_> = rules.iter().flat_map(every).collect();
        let automaton = Automaton::new(patterns.iter())?;
        let mut postings: HashMap<PatternId, Vec<u32>> = HashMap::new();
        let mut always = Vec::new();
        for (idx, rule) in rules.iter().enumerate() {
            if !rule.has_words() {
                always.push(idx as u32);
            }
            for id in rule.triggers().filter_map(|pattern| automaton.id(pattern)) {
                postings.entry(id).or_default().push(idx as u32);
            }
        }
        let count = postings.keys().max().map_or(0, |&max| max as usize + 1);
        let postings = (0..count).map(|id| postings.remove(&(id as PatternId)).unwrap_or_default()).collect();
        let words = rules.iter().map(|rule| Words::new(rule, &automaton)).collect();
        let limits = Arc::new(names.regulation.limits.clone());
        let engine = sandbox::evaluating();
        Ok(Self {
            broken: BTreeSet::new(),
            rules,
            words,
            automaton,
            postings,
            always,
            engine,
            names,
            limits,
            clock: OnceLock::new(),
        })
    }

    /// Runs every function once on blank facts: unknown functions, variables and units show at load, not at 3 a.m.
    fn smoke(&self, join: &mut Join<'_>) {
        let view = View::new(&Arc::default(), &SoFar::default(), &self.limits);
        for rule in &self.rules {
            if let Some(when) = &rule.when
                && let Err(err) = self.guard(when, &view)
            {
                join.failing(rule, "when", err);
            }
            if let Then::Computed(then) = &rule.then
                && let Err(err) = self.computed(rule, then, &view)
            {
                join.failing(rule, "then", err);
            }
        }
    }

    /// Looks the text over once: hits and candidates for all four verbs. Suspended rules are no candidates.
    pub fn look<'a>(&self, facts: &'a Arc<Facts>, today: NaiveDate, suspended: &BTreeSet<String>) -> Ask<'a> {
        let hits = self.automaton.find(&facts.text, &facts.cuts);
        let mut candidates = self.always.clone();
        for id in hits.ids() {
            candidates.extend(self.postings.get(id as usize).into_iter().flatten());
        }
        candidates.sort_unstable();
        candidates.dedup();
        if !suspended.is_empty() {
            candidates.retain(|&idx| !suspended.contains(&self.rules[idx as usize].id));
        }
        Ask {
            facts,
            today,
            hits,
            sentences: sentences(&facts.text),
            offsets: OffsetMap::from_pairs(facts.offsets.clone()),
            candidates,
        }
    }

    /// What the rules of a verb say; in the order of file, then id.
    pub fn ask(&self, verb: Verb, ask: &Ask<'_>, so_far: &SoFar) -> Said<'_> {
        self.ask_among(&ask.candidates, verb, ask, so_far)
    }

    fn ask_among(&self, among: &[u32], verb: Verb, ask: &Ask<'_>, so_far: &SoFar) -> Said<'_> {
        let view = View::new(ask.facts, so_far, &self.limits);
        let mut said = Said::default();
        for &idx in among {
            let rule = &self.rules[idx as usize];
            if rule.verb != verb {
                continue;
            }
            let Some(found) = self.conditions(idx as usize, ask, so_far) else { continue };
            match self.speak(rule, &view) {
                Ok(None | Some(Outcome::Silent)) => {}
                Ok(Some(outcome)) => said.voices.push(Voice { rule, outcome, hits: self.show(&found, ask) }),
                Err(failure) => said.failures.push(Failure { rule, ..failure }),
            }
        }
        said
    }

    /// Words, facets and validity; the guard comes later.
    fn conditions(&self, idx: usize, ask: &Ask<'_>, so_far: &SoFar) -> Option<Found> {
        let rule = &self.rules[idx];
        let in_time = rule.valid.is_none_or(|(from, until)| (from..=until).contains(&ask.today));
        if !in_time || !facets_fit(&rule.facets, ask.facts, so_far) {
            return None;
        }
        self.words[idx].fit(&ask.hits, &ask.sentences)
    }

    fn speak<'a>(&'a self, rule: &'a Rule, view: &View) -> Result<Option<Outcome>, Failure<'a>> {
        if let Some(guard) = &rule.when
            && !self.guard(guard, view).map_err(|err| err.of(rule))?
        {
            return Ok(None);
        }
        match &rule.then {
            Then::Fixed(outcome) => Ok(Some(outcome.clone())),
            Then::Computed(function) => self.computed(rule, function, view).map(Some).map_err(|err| err.of(rule)),
        }
    }

    fn guard(&self, function: &Function, view: &View) -> Result<bool, CallError> {
        let value = self.call(function, view)?;
        value.as_bool().map_err(|found| {
            let message = format!("when 应当得出 true 或 false，得出的是{}", type_name(found));
            CallError { help: "写成比较，例如 |t| t.amount >= 10000".into(), ..CallError::new(message) }
        })
    }

    fn computed(&self, rule: &Rule, function: &Function, view: &View) -> Result<Outcome, CallError> {
        let value = self.call(function, view)?;
        if value.is_unit() {
            return Ok(Outcome::Silent);
        }
        let Some(map) = value.try_cast::<Map>() else {
            return Err(CallError::new("then 应当得出 #{ … }".to_owned()));
        };
        Outcome::parse(rule.verb, &map, &self.names).map_err(|wrong| {
            let said: Vec<&str> = wrong.iter().map(|it| it.message.as_str()).collect();
            let help = wrong.first().map(|it| it.help.clone()).unwrap_or_default();
            CallError { help, ..CallError::new(said.join("；")) }
        })
    }

    fn call(&self, function: &Function, view: &View) -> Result<Dynamic, CallError> {
        let start = self.clock.get().map(|clock| clock());
        let done = function.pointer.call::<Dynamic>(&self.engine, &function.ast, (view.clone(),));
        if let Some((clock, start)) = self.clock.get().zip(start) {
            function.spent.add(clock() - start);
        }
        done.map_err(|err| CallError::from(*err))
    }

    /// From now on measures what functions take, by a clock of monotonic nanoseconds. The first clock stays.
    pub fn measure(&self, clock: fn() -> u64) {
        self.clock.get_or_init(|| clock);
    }

    /// Rules whose functions ran since this was last asked: id, calls, nanoseconds.
    pub fn take_times(&self) -> Vec<(&str, u64, u64)> {
        let functions = |rule: &Rule| {
            let then = match &rule.then {
                Then::Computed(function) => Some(function.spent.clone()),
                Then::Fixed(_) => None,
            };
            rule.when.as_ref().map(|function| function.spent.clone()).into_iter().chain(then)
        };
        let taken = |rule: &Rule| {
            let spent = functions(rule).map(|spent| spent.take());
            spent.fold((0, 0), |sum, (calls, ns)| (sum.0 + calls, sum.1 + ns))
        };
        let times = self.rules.iter().map(|rule| (rule.id.as_str(), taken(rule)));
        times.filter(|(_, (calls, _))| *calls > 0).map(|(id, (calls, ns))| (id, calls, ns)).collect()
    }

    fn show(&self, found: &Found, ask: &Ask<'_>) -> Vec<Hit> {
        let mut hits: Vec<Hit> = found
            .iter()
            .map(|&(id, span)| {
                let raw = ask.offsets.raw_span(span);
                Hit { word: self.automaton.pattern(id).text.clone(), start: raw.start, end: raw.end }
            })
            .collect();
        hits.sort_by(|a, b| (a.start, a.end, &a.word).cmp(&(b.start, b.end, &b.word)));
        hits.dedup();
        hits.truncate(SHOWN_PER_VOTE);
        hits
    }

    /// The words that make any of these rules a candidate; `None`: one of them is always a candidate.
    pub fn triggers_of(&self, ids: &BTreeSet<String>) -> Option<BTreeSet<&str>> {
        let mut words = BTreeSet::new();
        for rule in self.rules.iter().filter(|rule| ids.contains(&rule.id)) {
            if !rule.has_words() {
                return None;
            }
            words.extend(rule.triggers().map(|pattern| pattern.text.as_str()));
        }
        Some(words)
    }

    /// The rules without errors.
    pub(super) fn sound(&self) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| !self.broken.contains(&rule.id)).collect()
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

/// Hits kept per vote.
const SHOWN_PER_VOTE: usize = 8;

pub(super) struct CallError {
    pub(super) message: String,
    /// How to mend it, where that is known better than in general.
    pub(super) help: String,
    overrun: bool,
    /// Line and column, where Rhai knows them.
    pub(super) at: Option<(u32, u32)>,
}

impl CallError {
    fn new(message: String) -> Self {
        Self { message, help: String::new(), overrun: false, at: None }
    }

    fn of(self, rule: &Rule) -> Failure<'_> {
        Failure { rule, overrun: self.overrun, message: self.message }
    }
}

impl From<EvalAltResult> for CallError {
    fn from(err: EvalAltResult) -> Self {
        use EvalAltResult as Kind;
        let message = in_words(err.unwrap_inner());
        let overrun = matches!(
            err.unwrap_inner(),
            Kind::ErrorTooManyOperations(_) | Kind::ErrorDataTooLarge(..) | Kind::ErrorStackOverflow(_)
        );
        let position = err.unwrap_inner().position();
        let at = position.line().zip(position.position()).map(|(line, column)| (line as u32, column as u32));
        Self { message, help: String::new(), overrun, at }
    }
}

fn facets_fit(facets: &Facets, facts: &Facts, so_far: &SoFar) -> bool {
    facets.iter().all(|(facet, wanted)| {
        let value = match *facet {
            "nature" => &so_far.nature,
            "category" => &so_far.category,
            "topic" => &so_far.topic,
            "channel" => &facts.channel,
            "requester" => &facts.requester,
            "section" => &facts.section,
            "mark" => &facts.mark,
            _ => return facts.places.iter().any(|place| wanted.contains(place)),
        };
        !value.is_empty() && wanted.contains(value)
    })
}
