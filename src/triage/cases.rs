//! Cases beside the rules: text and facts → part of a decision. They run without the knowledge index, so that an edited
//! entry never fails a rule release; a case can state the best entry instead.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::decide::level_name;
use super::{Decision, Given, History, Outcome, Release, Special, decide, gather};
use crate::diagnostic::Diagnostic;
use crate::text::analyse;
use crate::ticket::{Request, Requester};

/// One case of `cases/*.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub title: String,
    pub text: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    requester: String,
    #[serde(default)]
    section: String,
    /// When it comes in; a Thursday afternoon in working hours unless stated.
    at: Option<DateTime<Utc>>,
    #[serde(default)]
    repeats: u32,
    #[serde(default)]
    repeat_open: u32,
    #[serde(default)]
    repeat_done: u32,
    #[serde(default)]
    same_matter: u32,
    #[serde(default)]
    terminated: bool,
    #[serde(default)]
    best_owner: String,
    #[serde(default)]
    best_confidence: f64,
    #[serde(default)]
    mark: String,
    #[serde(default)]
    clock: String,
    #[serde(default)]
    flags: Vec<String>,
    expect: Expect,
    #[serde(skip)]
    pub file: String,
    #[serde(skip)]
    pub line: u32,
}

/// Every key that is given is checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    outcome: Option<Outcome>,
    nature: Option<String>,
    category: Option<String>,
    topic: Option<String>,
    urgency: Option<String>,
    impact: Option<String>,
    skill: Option<String>,
    lead: Option<String>,
    #[serde(default)]
    assists: Vec<String>,
    #[serde(default)]
    followers: Vec<String>,
    warning: Option<String>,
    special: Option<String>,
    refuse: Option<Vec<u16>>,
    #[serde(default)]
    fires: Vec<String>,
    #[serde(default)]
    not_fires: Vec<String>,
}

/// What a case wanted and what came, with the decision that shows why.
#[derive(Clone, Debug)]
pub struct CaseFailure {
    pub name: String,
    pub file: String,
    pub line: u32,
    /// One line per key that differs, Chinese.
    pub differences: Vec<String>,
    pub decision: Box<Decision>,
}

/// 2022-09-29 was a Thursday and a working day.
const DEFAULT_AT: &str = "2022-09-29T15:00:00+08:00";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    case: Vec<Case>,
}

/// Reads one file of cases.
pub fn parse_cases(path: &str, source: &str) -> Result<Vec<Case>, Diagnostic> {
    let file: File = toml::from_str(source).map_err(|err| Diagnostic::from_toml(path, source, &err))?;
    let starts = source.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("[[case]]"));
    let lines = starts.map(|(idx, _)| idx as u32 + 1).chain(std::iter::repeat(1));
    let placed = file.case.into_iter().zip(lines);
    Ok(placed.map(|(case, line)| Case { file: path.to_owned(), line, ..case }).collect())
}

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
    let request = Request {
        jurisdiction: release.jurisdiction.clone(),
        title: case.title.clone(),
        text: case.text.clone(),
        channel: case.channel.clone(),
        section: case.section.clone(),
        requester: Requester { kind: case.requester.clone(), ..Requester::default() },
        ..Request::default()
    };
    let now = case.at.unwrap_or_else(|| DEFAULT_AT.parse().expect("a valid instant"));
    let analysis = analyse(&release.lexicon, &release.gazetteer, &request.whole_text());
    let mut facts = gather(release, &analysis, &request, &case.history(), None, now);
    facts.best_owner.clone_from(&case.best_owner);
    facts.best_confidence = (case.best_confidence * 1_000.0).round() as i32;
    facts.mark.clone_from(&case.mark);
    facts.clock.clone_from(&case.clock);
    facts.flags.clone_from(&case.flags);
    let facts = Arc::new(facts);
    let (matches, earlier, made_with, trace) = Default::default();
    decide(release, Given { facts, matches, answer: None, now, made_with, earlier, trace })
}

impl Case {
    fn history(&self) -> History {
        let Self { repeats, repeat_open, repeat_done, same_matter, terminated, .. } = *self;
        History { repeats, repeat_open, repeat_done, same_matter, terminated, ..History::default() }
    }
}

impl Expect {
    fn differences(&self, decision: &Decision) -> Vec<String> {
        let mut out = Vec::new();
        let mut same = |key: &str, wanted: Option<&str>, got: &str| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
                let shown =
                    |value: &str| if value.is_empty() { "（未定）".to_owned() } else { format!("“{value}”") };
                out.push(format!("{key} 应为{}，实为{}", shown(wanted), shown(got)));
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
        same("warning", self.warning.as_deref(), level_name(decision.warning));
        same("special", self.special.as_deref(), special_name(decision.special));
        out.extend(missing("assists", &self.assists, &decision.assists));
        out.extend(missing("followers", &self.followers, &decision.followers));
        if let Some(wanted) = &self.refuse {
            let open: Vec<u16> = decision.refusals.iter().filter(|it| !it.cancelled).map(|it| it.code).collect();
            if &open != wanted {
                out.push(format!("refuse 应为 {wanted:?}，实为 {open:?}"));
            }
        }
        let fired: Vec<&str> = decision.fired_rules();
        out.extend(
            self.fires
                .iter()
                .filter(|id| !fired.contains(&id.as_str()))
                .map(|id| format!("规则 {id} 应当命中，没有命中")),
        );
        out.extend(
            self.not_fires
                .iter()
                .filter(|id| fired.contains(&id.as_str()))
                .map(|id| format!("规则 {id} 不应命中，却命中了")),
        );
        out
    }
}

fn missing(key: &str, wanted: &[String], got: &[String]) -> Option<String> {
    let lacking: Vec<&str> = wanted.iter().filter(|name| !got.contains(name)).map(String::as_str).collect();
    (!lacking.is_empty()).then(|| format!("{key} 缺少{}，实为 {got:?}", lacking.join("、")))
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Dispatched => "dispatched",
        Outcome::Queued => "queued",
        Outcome::RefusalProposed => "refusal_proposed",
    }
}

fn special_name(special: Special) -> &'static str {
    match special {
        Special::None => "",
        Special::Special => "special",
        Special::SpecialUrgent => "special_urgent",
    }
}

impl Decision {
    /// Ids of all rules that said something.
    pub fn fired_rules(&self) -> Vec<&str> {
        let votes = self.axes.values().flat_map(|ruling| &ruling.votes).chain(&self.lead.votes).chain(&self.warnings);
        let remarks = self
            .specials
            .iter()
            .chain(&self.side_remarks)
            .chain(self.refusals.iter().flat_map(|refusal| &refusal.said_by));
        let asked = self.obstacles.iter().filter_map(|obstacle| match obstacle {
            super::Obstacle::RuleAskedForPerson { rule, .. } => Some(rule.as_str()),
            _ => None,
        });
        let mut ids: Vec<&str> =
            votes.map(|vote| vote.rule.as_str()).chain(remarks.map(|it| it.rule.as_str())).chain(asked).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
