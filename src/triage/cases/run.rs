//! Running a case, and what differs from what it expects.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Case, CaseFailure, Difference, Expect};
use crate::text::analyse;
use crate::ticket::{Request, Requester};
use crate::triage::decide::level_name;
use crate::triage::{Decision, Given, History, Learned, Outcome, Release, Special, decide, gather};

/// 2022-09-29 was a Thursday and a working day.
const DEFAULT_AT: &str = "2022-09-29T15:00:00+08:00";

/// Runs one case. The decision comes back as well: coverage is counted from its votes.
pub fn run_case(release: &Release, case: &Case) -> (Decision, Option<CaseFailure>) {
    let decision = decide_case(release, case);
    let differences = case.expect.differences(&decision);
    let failure = (!differences.is_empty()).then(|| CaseFailure {
        name: case.name.clone(),
        file: case.file.clone(),
        line: case.line,
        differences,
        decision: Box::new(decision.clone()),
    });
    (decision, failure)
}

fn decide_case(release: &Release, case: &Case) -> Decision {
    let (request, now) = (case.request(release), case.instant());
    let analysis = analyse(&release.lexicon, &release.gazetteer, &request.whole_text());
    let mut facts = gather(release, &analysis, &request, &case.history(), None, Learned::default(), now);
    facts.best_owner.clone_from(&case.best_owner);
    facts.best_confidence = (case.best_confidence * 1_000.0).round() as i32;
    facts.mark.clone_from(&case.mark);
    facts.clock.clone_from(&case.clock);
    facts.flags.clone_from(&case.flags);
    let facts = Arc::new(facts);
    let (matches, earlier, precedents, made_with, trace) = Default::default();
    decide(release, Given { facts, matches, answer: None, now, made_with, earlier, precedents, trace })
}

/// When a text comes in of which nothing is known.
pub fn default_instant() -> DateTime<Utc> {
    DEFAULT_AT.parse().unwrap_or_default()
}

impl Case {
    /// The request that it tells of.
    pub fn request(&self, release: &Release) -> Request {
        Request { jurisdiction: release.jurisdiction.clone(), ..self.told() }
    }

    /// When it comes in.
    pub fn instant(&self) -> DateTime<Utc> {
        self.at.unwrap_or_else(default_instant)
    }

    fn told(&self) -> Request {
        Request {
            title: self.title.clone(),
            text: self.text.clone(),
            channel: self.channel.clone(),
            section: self.section.clone(),
            requester: Requester { kind: self.requester.clone(), ..Requester::default() },
            ..Request::default()
        }
    }

    /// Title and text as a request carries them.
    pub fn whole_text(&self) -> String {
        self.told().whole_text()
    }

    fn history(&self) -> History {
        let Self { repeats, repeat_open, repeat_done, same_matter, terminated, .. } = *self;
        History { repeats, repeat_open, repeat_done, same_matter, terminated, ..History::default() }
    }
}

impl Expect {
    fn differences(&self, decision: &Decision) -> Vec<Difference> {
        let mut out = Vec::new();
        self.values(decision, &mut out);
        self.lists(decision, &mut out);
        self.rules(decision, &mut out);
        out
    }

    fn values(&self, decision: &Decision, out: &mut Vec<Difference>) {
        let mut same = |key: &'static str, wanted: Option<&str>, got: &str| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
                let shown =
                    |value: &str| if value.is_empty() { "（未定）".to_owned() } else { format!("“{value}”") };
                let message = format!("{key} 应为{}，实为{}", shown(wanted), shown(got));
                out.push(Difference { key, message, rules: Vec::new() });
            }
        };
        same("outcome", self.outcome.map(outcome_name), outcome_name(decision.outcome));
        for (axis, wanted) in [
            ("nature", &self.nature),
            ("category", &self.category),
            ("topic", &self.topic),
            ("urgency", &self.urgency),
            ("impact", &self.impact),
            ("skill", &self.skill),
        ] {
            same(axis, wanted.as_deref(), decision.axis(axis));
        }
        same("lead", self.lead.as_deref(), &decision.lead.value);
        let second = decision.lead.ranking.get(1).map_or("", |it| it.name.as_str());
        same("second", self.second.as_deref(), second);
        same("warning", self.warning.as_deref(), level_name(decision.warning));
        same("special", self.special.as_deref(), special_name(decision.special));
    }

    fn lists(&self, decision: &Decision, out: &mut Vec<Difference>) {
        let mut lacks = |key: &'static str, wanted: &[String], got: &[String], fits: fn(&str, &str) -> bool| {
            let lacking = wanted.iter().filter(|name| !got.iter().any(|it| fits(it, name)));
            let lacking: Vec<&str> = lacking.map(String::as_str).collect();
            if !lacking.is_empty() {
                let got = if got.is_empty() { "（空）".to_owned() } else { got.join("、") };
                let message = format!("{key} 缺少{}，实为{got}", lacking.join("、"));
                out.push(Difference { key, message, rules: Vec::new() });
            }
        };
        lacks("assists", &self.assists, &decision.assists, |got, wanted| got == wanted);
        lacks("followers", &self.followers, &decision.followers, |got, wanted| got == wanted);
        let obstacles: Vec<String> = decision.obstacles.iter().map(|it| it.code().to_owned()).collect();
        lacks("obstacles", &self.obstacles, &obstacles, |got, wanted| got == wanted);
        lacks("tell", &self.tell, &decision.tell, |got, wanted| got.contains(wanted));
        let open: Vec<u16> = decision.refusals.iter().filter(|it| !it.cancelled).map(|it| it.code).collect();
        if let Some(wanted) = self.refuse.as_ref().filter(|wanted| **wanted != open) {
            let message = format!("refuse 应为 {wanted:?}，实为 {open:?}");
            out.push(Difference { key: "refuse", message, rules: Vec::new() });
        }
    }

    fn rules(&self, decision: &Decision, out: &mut Vec<Difference>) {
        let fired = decision.fired_rules();
        for id in self.fires.iter().filter(|id| !fired.contains(&id.as_str())) {
            let message = format!("规则 {id} 应当命中，没有命中");
            out.push(Difference { key: "fires", message, rules: vec![id.clone()] });
        }
        for id in self.not_fires.iter().filter(|id| fired.contains(&id.as_str())) {
            let message = format!("规则 {id} 不应命中，却命中了");
            out.push(Difference { key: "not_fires", message, rules: vec![id.clone()] });
        }
    }
}

/// The name that scripts and JSON use.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Dispatched => "dispatched",
        Outcome::Queued => "queued",
        Outcome::RefusalProposed => "refusal_proposed",
    }
}

/// The name that scripts and JSON use.
pub fn special_name(special: Special) -> &'static str {
    match special {
        Special::None => "",
        Special::Special => "special",
        Special::SpecialUrgent => "special_urgent",
    }
}
