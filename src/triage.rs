//! The pipeline: analyse → search → admit → classify → route → warn → one [`Decision`]. Pure: the same snapshot, request,
//! history and time give the same decision.

mod cases;
mod decide;
mod decision;
mod gather;
mod history;
mod learned;
mod release;
mod split;
mod voices;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use cases::{Case, CaseFailure, Difference, default_instant, outcome_name, parse_cases, run_case, special_name};
pub use decide::{Given, REQUESTER, decide, level_name, so_far, warn_again};
pub use decision::*;
pub use gather::gather;
pub use history::{Earlier, History, RECENT, Relation, Sighting};
pub use learned::Models;
pub use release::{Cache, Files, Release, check, digest_of, names_of, regulation_of};
pub use split::Part;

use crate::calendar::local_date;
use crate::knowledge::{Knowledge, KnowledgeError};
use crate::matter::Trace;
use crate::regulation::CONSULT;
use crate::releases::Trial;
use crate::text::{Analysis, Lexicon, analyse};
use crate::ticket::Request;

/// One consistent world: a request takes it once and sees nothing else, whatever is reloaded meanwhile.
#[derive(Clone, Default)]
pub struct Snapshot {
    /// Entries by jurisdiction, each cut by the words of its own release.
    pub knowledge: BTreeMap<String, Knowledge>,
    /// `None`: the jurisdiction exists but has never had a release that compiles.
    pub releases: BTreeMap<String, Option<Arc<Release>>>,
    /// At most one release on trial in each jurisdiction.
    pub trials: BTreeMap<String, Arc<OnTrial>>,
    /// Text models in use.
    pub models: BTreeMap<String, Models>,
}

/// A release on trial, with the knowledge as its own words cut it.
pub struct OnTrial {
    pub trial: Trial,
    pub release: Arc<Release>,
    pub knowledge: Knowledge,
}

impl Snapshot {
    pub fn release(&self, jurisdiction: &str) -> Option<&Arc<Release>> {
        self.releases.get(jurisdiction).and_then(Option::as_ref)
    }

    pub fn knowledge(&self, jurisdiction: &str) -> &Knowledge {
        self.knowledge.get(jurisdiction).unwrap_or(Knowledge::none())
    }

    /// The world as it is where a release on trial decides.
    pub fn with_trial(&self, on_trial: &OnTrial) -> Self {
        let mut world = self.clone();
        let jurisdiction = &on_trial.release.jurisdiction;
        world.releases.insert(jurisdiction.clone(), Some(on_trial.release.clone()));
        world.knowledge.insert(jurisdiction.clone(), on_trial.knowledge.clone());
        world
    }

    /// Shows other entries, to the live release and to the one on trial.
    ///
    /// # Errors
    /// The index of the one on trial cannot be made.
    pub fn show(&mut self, jurisdiction: &str, knowledge: Knowledge) -> Result<(), KnowledgeError> {
        if let Some(on_trial) = self.trials.get_mut(jurisdiction) {
            let OnTrial { trial, release, .. } = &**on_trial;
            let theirs = knowledge.with_changes(knowledge.version(), Vec::new(), &release.lexicon)?;
            let (trial, release) = (trial.clone(), release.clone());
            *on_trial = Arc::new(OnTrial { trial, release, knowledge: theirs });
        }
        self.knowledge.insert(jurisdiction.to_owned(), knowledge);
        Ok(())
    }

    /// The words of a jurisdiction; the segmenter's own where no release ever compiled.
    pub fn lexicon(&self, jurisdiction: &str) -> &Lexicon {
        self.release(jurisdiction).map_or(Lexicon::plain(), |release| &release.lexicon)
    }
}

/// Measures stages without a clock in the core; results never depend on it.
#[derive(Clone, Copy)]
pub enum Probe {
    Off,
    /// Monotonic nanoseconds.
    Timed(fn() -> u64),
}

/// Nanoseconds spent per stage; zeros with [`Probe::Off`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    pub text: u64,
    pub knowledge: u64,
    pub rules: u64,
}

/// Entries looked at and kept with the ticket for the handler.
pub const MATCHES: usize = 5;

/// Decides one request. The analysis comes along for masking.
pub fn triage(
    snapshot: &Snapshot,
    request: &Request,
    history: &History,
    now: DateTime<Utc>,
    probe: Probe,
) -> (Decision, Analysis, Stages) {
    triage_with(snapshot, request, |_| history.clone(), now, probe)
}

/// The same, where what is known about earlier requests depends on what this one is about.
pub fn triage_with(
    snapshot: &Snapshot,
    request: &Request,
    look_up: impl FnOnce(Trace) -> History,
    now: DateTime<Utc>,
    probe: Probe,
) -> (Decision, Analysis, Stages) {
    let mut stages = Stages::default();
    let release = snapshot.release(&request.jurisdiction);
    let (lexicon, knowledge) = (snapshot.lexicon(&request.jurisdiction), snapshot.knowledge(&request.jurisdiction));
    let analysis = probe.time("text", &mut stages.text, || match release {
        Some(release) => analyse(lexicon, &release.gazetteer, &request.whole_text()),
        None => analyse(lexicon, &Default::default(), &request.whole_text()),
    });
    let history = look_up(Trace::new(&request.requester.id, &request.requester.phone, &analysis));
    let (today, terms) = (local_date(now), release.map_or_else(Default::default, |release| release.review_terms()));
    let matches = probe.time("knowledge", &mut stages.knowledge, || {
        let mut matches = knowledge.search(&analysis, &request.jurisdiction, today, MATCHES);
        knowledge.mark_overdue(&request.jurisdiction, &mut matches, terms, today);
        matches
    });
    let models = snapshot.models.get(&request.jurisdiction);
    let decision = probe.time("rules", &mut stages.rules, || {
        let made_with = MadeWith {
            release: release.map(|release| release.digest.clone()).unwrap_or_default(),
            lexicon: lexicon.digest().clone(),
            knowledge: knowledge.version().to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            suspended: release.map(|release| release.suspended.iter().cloned().collect()).unwrap_or_default(),
            models: models.map(Models::digests).unwrap_or_default(),
            timed_out: Vec::new(),
        };
        let Some(release) = release else { return no_release(request, &analysis, matches, history, now, made_with) };
        let answer =
            knowledge.answer(&request.jurisdiction, CONSULT, &matches, release.answer_threshold(), terms, today);
        let answer = answer.ok();
        let learned = models.map(|models| models.facts(release, &analysis)).unwrap_or_default();
        let facts = Arc::new(gather(release, &analysis, request, &history, matches.first(), learned, now));
        let History { earlier, precedents, trace, .. } = history;
        decide(release, Given { facts, matches, answer, now, made_with, earlier, precedents, trace })
    });
    (decision, analysis, stages)
}

impl Probe {
    fn time<T>(self, stage: &'static str, total: &mut u64, work: impl FnOnce() -> T) -> T {
        match self {
            Self::Off => work(),
            Self::Timed(clock) => {
                let _span = tracing::debug_span!("stage", stage).entered();
                let start = clock();
                let result = work();
                *total += clock() - start;
                result
            }
        }
    }
}

/// Requests are taken and queued also where no rules have ever compiled.
fn no_release(
    request: &Request,
    analysis: &Analysis,
    matches: Vec<Match>,
    history: History,
    now: DateTime<Utc>,
    made_with: MadeWith,
) -> Decision {
    let facts = Facts {
        text: analysis.normal.clone(),
        cuts: analysis.cuts(),
        offsets: analysis.offsets.as_pairs().to_vec(),
        channel: request.channel.clone(),
        requester: request.requester.kind.clone(),
        section: request.section.clone(),
        amounts: analysis.amounts(),
        ..Facts::default()
    };
    Decision {
        obstacles: vec![Obstacle::NoRelease],
        matches,
        earlier: history.earlier,
        precedents: history.precedents,
        trace: history.trace,
        ..Decision::undecided(&request.jurisdiction, now, facts, made_with)
    }
}
