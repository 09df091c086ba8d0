//! A jurisdiction's rules, compiled: one automaton, candidates by hits, guards and computed outcomes in the sandbox.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::NaiveDate;
use rhai::{Dynamic, Engine, EvalAltResult, Map};

use super::automaton::{Automaton, Hits, PatternId};
use super::condition::{Found, Misfit, SHOWN_PER_VOTE, Words};
use super::facts::{SoFar, View};
use super::join::Join;
use super::outcome::Outcome;
use super::prefilter::Prefilter;
use super::register::{CompiledFile, OUT_OF_TIME, in_words, type_name};
use super::rule::{Function, Names, Rule, Then, Verb};
use super::{fuse, sandbox};
use crate::diagnostic::{Code, Diagnostic};
use crate::parallel;
use crate::text::{OffsetMap, Span, sentences};
use crate::triage::{Facts, Hit};

/// Compiled rules of one jurisdiction.
pub struct RuleSet {
    pub(super) rules: Vec<Arc<Rule>>,
    /// Ids of rules with errors: such a set decides nothing.
    broken: BTreeSet<String>,
    /// Id → place in `rules`.
    pub(super) by_id: HashMap<String, usize>,
    pub(super) gone: Vec<Gone>,
    pub(super) words: Vec<Words>,
    pub(super) automaton: Automaton,
    pub(super) prefilter: Prefilter,
    pub(super) engine: Engine,
    names: Names,
    limits: Arc<BTreeMap<String, f64>>,
    clock: OnceLock<fn() -> u64>,
    /// Ids of rules that overran, until somebody takes them.
    overrun: Mutex<BTreeSet<String>>,
}

/// A rule that is written down and does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    pub id: String,
    pub file: Arc<str>,
    pub line: u32,
    pub how: How,
}

/// What took a rule out, and where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// `off("id", "reason")`.
    Off { file: Arc<str>, line: u32, reason: String },
    /// A rule of the same id with `override: true`.
    Overridden { file: Arc<str>, line: u32 },
}

/// What one triage asks with.
pub struct Ask<'a> {
    pub facts: &'a Arc<Facts>,
    pub today: NaiveDate,
    pub(super) hits: Hits,
    pub(super) sentences: Vec<Span>,
    pub(super) offsets: OffsetMap,
    /// Rules worth looking at, ascending.
    pub(super) candidates: Vec<u32>,
    /// Rules out of service.
    pub(super) suspended: Vec<u32>,
    /// Rules that were ended when this was first decided: they are not run, and fail as they did.
    timed_out: Vec<u32>,
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
    pub outcome: Cow<'a, Outcome>,
    pub hits: Vec<Hit>,
}

/// Why a rule says nothing; the first reason, in the order in which they are looked at.
#[derive(Debug)]
pub enum Silence<'a> {
    /// Outside `valid`.
    NotToday,
    /// This facet does not fit.
    Facet(&'static str),
    Words(Misfit),
    /// `when` is false.
    Guard,
    /// A computed `then` says nothing this time.
    Nothing,
    Failed(Failure<'a>),
}

/// A rule that could not be evaluated: it casts no vote.
#[derive(Debug)]
pub struct Failure<'a> {
    pub rule: &'a Rule,
    /// A limit of the sandbox was hit; the rule should leave service.
    pub overrun: bool,
    /// It was ended because of its time: asked again, it might have said something.
    pub timed_out: bool,
    pub message: String,
}

impl RuleSet {
    /// Joins files (common first) into one set. Every problem is reported; with errors among them the set holds what could
    /// be read and must not decide anything.
    pub fn compile(files: &[Arc<CompiledFile>], names: Names) -> (Option<Self>, Vec<Diagnostic>) {
        let mut join = Join::new(files);
        let mut rules = join.unique(files, &names);
        for file in files {
            file.off.iter().for_each(|off| join.switch_off(&mut rules, files, file, off));
        }
        rules.sort_by(|a, b| (&a.file, &a.id).cmp(&(&b.file, &b.id)));
        let gone = std::mem::take(&mut join.gone);
        let mut set = match Self::assemble(rules, names) {
            Ok(set) => Self { gone, ..set },
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

    fn assemble(rules: Vec<Arc<Rule>>, names: Names) -> Result<Self, daachorse::errors::DaachorseError> {
        let patterns =
            rules.iter().flat_map(|rule| rule.any.iter().chain(rule.all.iter().flatten()).chain(&rule.unless));
        let automaton = Automaton::new(patterns)?;
        let words: Vec<Words> = rules.iter().map(|rule| Words::new(rule, &automaton)).collect();
        let prefilter = Prefilter::new(&words);
        let limits = Arc::new(names.regulation.numbers());
        let engine = sandbox::evaluating();
        let by_id = rules.iter().enumerate().map(|(at, rule)| (rule.id.clone(), at)).collect();
        Ok(Self {
            broken: BTreeSet::new(),
            rules,
            by_id,
            gone: Vec::new(),
            words,
            automaton,
            prefilter,
            engine,
            names,
            limits,
            clock: OnceLock::new(),
            overrun: Mutex::default(),
        })
    }

    /// Runs every new function once on blank facts: unknown functions, variables and units show at load, not at 3 a.m.
    fn smoke(&self, join: &mut Join<'_>) {
        let new: Vec<&Arc<Rule>> =
            self.rules.iter().filter(|rule| rule.has_functions() && rule.tried.get().is_none()).collect();
        let view = View::new(&Arc::default(), &SoFar::default(), &self.limits);
        for (rule, failed) in new.iter().zip(parallel::map(&new, |rule| self.try_out(rule, &view))) {
            if failed.is_empty() {
                rule.tried.get_or_init(|| ());
            }
            failed.into_iter().for_each(|(key, err)| join.failing(rule, key, err));
        }
    }

    fn try_out(&self, rule: &Rule, view: &View) -> Vec<(&'static str, CallError)> {
        let when = rule.when.as_ref().and_then(|when| Some(("when", self.guard(when, view).err()?)));
        let then = match &rule.then {
            Then::Computed(then) => self.computed(rule, then, view).err().map(|err| ("then", err)),
            Then::Fixed(_) => None,
        };
        when.into_iter().chain(then).collect()
    }

    /// Looks the text over once: hits and candidates for all four verbs. Suspended rules are no candidates.
    pub fn look<'a>(&self, facts: &'a Arc<Facts>, today: NaiveDate, suspended: &BTreeSet<String>) -> Ask<'a> {
        let hits = self.automaton.find(&facts.text, &facts.cuts);
        let mut candidates = self.prefilter.candidates(&hits);
        let suspended: Vec<u32> = suspended.iter().filter_map(|id| Some(*self.by_id.get(id)? as u32)).collect();
        candidates.retain(|idx| !suspended.contains(idx));
        Ask {
            facts,
            today,
            hits,
            sentences: sentences(&facts.text),
            offsets: OffsetMap::from_pairs(facts.offsets.clone()),
            candidates,
            suspended,
            timed_out: Vec::new(),
        }
    }

    /// The same for a decision in which these rules were ended because of their time.
    pub fn but_for<'a>(&self, ask: Ask<'a>, timed_out: &[String]) -> Ask<'a> {
        Ask { timed_out: timed_out.iter().filter_map(|id| Some(*self.by_id.get(id)? as u32)).collect(), ..ask }
    }

    /// The same rules without the prefilter: each is looked at for every text. What the prefilter is measured against.
    pub fn exhaustive(self) -> Self {
        Self { prefilter: self.prefilter.off(), ..self }
    }

    /// What the rules of a verb say; in the order of file, then id.
    pub fn ask(&self, verb: Verb, ask: &Ask<'_>, so_far: &SoFar) -> Said<'_> {
        self.ask_among(&ask.candidates, verb, ask, so_far)
    }

    fn ask_among(&self, among: &[u32], verb: Verb, ask: &Ask<'_>, so_far: &SoFar) -> Said<'_> {
        let view = self.view(ask, so_far);
        let mut said = Said::default();
        for &idx in among.iter().filter(|&&idx| self.rules[idx as usize].verb == verb) {
            match self.hear(idx as usize, ask, so_far, &view) {
                Ok(voice) => said.voices.push(voice),
                Err(Silence::Failed(failure)) => said.failures.push(failure),
                Err(_) => {}
            }
        }
        said
    }

    pub(super) fn view(&self, ask: &Ask<'_>, so_far: &SoFar) -> View {
        View::new(ask.facts, so_far, &self.limits)
    }

    /// What one rule says, or why it says nothing. The only place that knows when a rule fires.
    pub(super) fn hear(
        &self,
        idx: usize,
        ask: &Ask<'_>,
        so_far: &SoFar,
        view: &View,
    ) -> Result<Voice<'_>, Silence<'_>> {
        let rule = &self.rules[idx];
        let found = self.conditions(idx, ask, so_far)?;
        if rule.has_functions() && ask.timed_out.contains(&(idx as u32)) {
            return Err(Silence::Failed(CallError::out_of_time().of(rule)));
        }
        let outcome = self.speak(rule, view)?;
        Ok(Voice { rule, outcome, hits: self.show(&found, ask) })
    }

    /// Words, facets and validity; the guard comes later.
    fn conditions(&self, idx: usize, ask: &Ask<'_>, so_far: &SoFar) -> Result<Found, Silence<'_>> {
        let rule = &self.rules[idx];
        if !in_time(rule, ask.today) {
            return Err(Silence::NotToday);
        }
        let misfit = rule.facets.iter().find(|(facet, wanted)| !facet_fits(facet, wanted, ask.facts, so_far));
        if let Some((facet, _)) = misfit {
            return Err(Silence::Facet(facet));
        }
        self.words[idx].fit(&ask.hits, &ask.sentences).map_err(Silence::Words)
    }

    fn speak<'a>(&'a self, rule: &'a Rule, view: &View) -> Result<Cow<'a, Outcome>, Silence<'a>> {
        let failed = |err: CallError| {
            if err.overrun {
                self.overrun.lock().unwrap_or_else(PoisonError::into_inner).insert(rule.id.clone());
            }
            Silence::Failed(err.of(rule))
        };
        if let Some(guard) = &rule.when
            && !self.guard(guard, view).map_err(failed)?
        {
            return Err(Silence::Guard);
        }
        match &rule.then {
            Then::Fixed(Outcome::Silent) => Err(Silence::Nothing),
            Then::Fixed(outcome) => Ok(Cow::Borrowed(outcome)),
            Then::Computed(function) => match self.computed(rule, function, view).map_err(failed)? {
                Outcome::Silent => Err(Silence::Nothing),
                outcome => Ok(Cow::Owned(outcome)),
            },
        }
    }

    pub(super) fn guard(&self, function: &Function, view: &View) -> Result<bool, CallError> {
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
        let watched = fuse::enter(&function.rule, sandbox::STEPS);
        let call = || function.pointer.call::<Dynamic>(&self.engine, &function.ast, (view.clone(),));
        // A fault of the language, or of ours, is this rule's failure and nobody else's.
        let done = catch_unwind(AssertUnwindSafe(call)).map_err(|_| CallError::broke_down())?;
        drop(watched);
        if let Some((clock, start)) = self.clock.get().zip(start) {
            function.spent.add(clock() - start);
        }
        done.map_err(|err| CallError::from(*err))
    }

    /// Rules that overran since this was last asked, whoever asked them.
    pub fn take_overruns(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.overrun.lock().unwrap_or_else(PoisonError::into_inner))
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
        let place = |&(id, span): &(PatternId, Span)| (ask.offsets.raw_span(span), &self.automaton.pattern(id).text);
        let mut places: Vec<(Span, &String)> = found.iter().map(place).collect();
        places.sort_unstable_by_key(|&(span, word)| (span.start, span.end, word));
        places.dedup();
        places.truncate(SHOWN_PER_VOTE);
        let hit = |(span, word): (Span, &String)| Hit { word: word.clone(), start: span.start, end: span.end };
        places.into_iter().map(hit).collect()
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
        self.rules.iter().map(|rule| &**rule).filter(|rule| !self.broken.contains(&rule.id)).collect()
    }

    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }
}

pub(super) struct CallError {
    pub(super) message: String,
    /// How to mend it, where that is known better than in general.
    pub(super) help: String,
    overrun: bool,
    timed_out: bool,
    /// Line and column, where Rhai knows them.
    pub(super) at: Option<(u32, u32)>,
}

impl CallError {
    fn new(message: String) -> Self {
        Self { message, help: String::new(), overrun: false, timed_out: false, at: None }
    }

    fn out_of_time() -> Self {
        Self { overrun: true, timed_out: true, ..Self::new(OUT_OF_TIME.to_owned()) }
    }

    fn broke_down() -> Self {
        Self { overrun: true, ..Self::new("执行时程序内部出错".to_owned()) }
    }

    fn of(self, rule: &Rule) -> Failure<'_> {
        Failure { rule, overrun: self.overrun, timed_out: self.timed_out, message: self.message }
    }
}

impl From<EvalAltResult> for CallError {
    fn from(err: EvalAltResult) -> Self {
        use EvalAltResult as Kind;
        let message = in_words(err.unwrap_inner());
        let overrun = matches!(
            err.unwrap_inner(),
            Kind::ErrorTooManyOperations(_)
                | Kind::ErrorDataTooLarge(..)
                | Kind::ErrorStackOverflow(_)
                | Kind::ErrorTerminated(..)
        );
        let timed_out = matches!(err.unwrap_inner(), Kind::ErrorTerminated(token, _) if sandbox::out_of_time(token));
        let position = err.unwrap_inner().position();
        let at = position.line().zip(position.position()).map(|(line, column)| (line as u32, column as u32));
        Self { message, help: String::new(), overrun, timed_out, at }
    }
}

pub(super) fn in_time(rule: &Rule, today: NaiveDate) -> bool {
    rule.valid.is_none_or(|(from, until)| (from..=until).contains(&today))
}

/// OR inside a facet; an absent fact does not fit.
pub(super) fn facet_fits(facet: &str, wanted: &[String], facts: &Facts, so_far: &SoFar) -> bool {
    facet_values(facet, facts, so_far).iter().any(|value| !value.is_empty() && wanted.contains(value))
}

/// What the request has for a facet.
pub(crate) fn facet_values<'a>(facet: &str, facts: &'a Facts, so_far: &'a SoFar) -> &'a [String] {
    let one = match facet {
        "nature" => &so_far.nature,
        "category" => &so_far.category,
        "topic" => &so_far.topic,
        "channel" => &facts.channel,
        "requester" => &facts.requester,
        "section" => &facts.section,
        "mark" => &facts.mark,
        _ => return &facts.places,
    };
    std::slice::from_ref(one)
}
