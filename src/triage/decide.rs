//! Facts → decision: the four phases, in order. The whole of a replay: it needs the release and the facts, nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    Answer, Candidate, Decision, Earlier, Facts, FailedRule, MadeWith, Match, Obstacle, Outcome, RefusalProposal,
    Release, Remark, Special, Thousandths, Vote, Warning, split,
};
use crate::calendar::local_date;
use crate::matter::Trace;
use crate::regulation::{CONSULT, NATURES};
use crate::rules::{self, AXES, Ask, Evidence, Route, Said, SoFar, Tally, Verb, Voice, tally};
use crate::similar::Precedent;

/// What a decision is made from.
pub struct Given {
    pub facts: Arc<Facts>,
    pub matches: Vec<Match>,
    /// The answer, when an entry is sure enough; given only to a 咨询.
    pub answer: Option<Answer>,
    pub now: DateTime<Utc>,
    pub made_with: MadeWith,
    /// Kept with the decision; what rules see of it stands in the facts.
    pub earlier: Vec<Earlier>,
    pub precedents: Vec<Precedent>,
    pub trace: Trace,
}

/// Stands where a rule would, for what the requester chose.
pub const REQUESTER: &str = "requester.choice";

/// A candidate of an axis needs one full vote.
const AXIS_LEAST: Thousandths = 1_000;

/// Decides. Pure and total.
pub fn decide(release: &Release, given: Given) -> Decision {
    let Given { facts, matches, answer, now, made_with, earlier, precedents, trace } = given;
    let _watched = rules::evaluation();
    let decision = by_rules(release, facts.clone(), matches, answer, now, made_with);
    // What took too long for the whole is not tried on its parts.
    let known = || MadeWith { timed_out: decision.made_with.timed_out.clone(), ..MadeWith::default() };
    let lead = |part: Arc<Facts>| by_rules(release, part, Vec::new(), None, now, known()).lead.value;
    let proposed_split = split::propose(&facts, lead);
    Decision { proposed_split, earlier, precedents, trace, ..decision }
}

fn by_rules(
    release: &Release,
    facts: Arc<Facts>,
    matches: Vec<Match>,
    answer: Option<Answer>,
    now: DateTime<Utc>,
    made_with: MadeWith,
) -> Decision {
    let ask = release.rules.look(&facts, local_date(now), &release.suspended);
    let ask = release.rules.but_for(ask, &made_with.timed_out);
    let mut decision = Decision::undecided(&release.jurisdiction, now, (*facts).clone(), made_with);
    decision.matches = matches;
    let mut so_far = SoFar::default();

    let matters = &release.regulation.matters;
    let matter = matters.find(&facts.matter).or_else(|| matters.in_text(&facts.text));
    decision.matter = matter.map(|matter| matter.id.clone()).unwrap_or_default();
    admit(release, &ask, &mut so_far, &mut decision);
    classify(release, &ask, &mut so_far, &mut decision);
    let lead = route(release, &ask, &mut so_far, &mut decision);
    warn(release, &ask, &so_far, &mut decision);
    note_timed_out(&mut decision);
    conclude(release, lead, answer, &mut decision);
    decision
}

/// How long something takes is no part of the facts: a person looks, and a replay is told.
fn note_timed_out(decision: &mut Decision) {
    let mut ended: Vec<String> =
        decision.failed_rules.iter().filter(|it| it.timed_out).map(|it| it.rule.clone()).collect();
    ended.sort();
    ended.dedup();
    for rule in &ended {
        let obstacle = Obstacle::RuleFailed { rule: rule.clone() };
        if !decision.obstacles.contains(&obstacle) {
            decision.obstacles.push(obstacle);
        }
    }
    decision.made_with.timed_out = ended;
}

fn admit(release: &Release, ask: &Ask<'_>, so_far: &mut SoFar, decision: &mut Decision) {
    let said = release.rules.ask(Verb::Admit, ask, so_far);
    // A failed admit rule may have been the one that saw an emergency: a person looks.
    decision.obstacles.extend(said.failures.iter().map(|it| Obstacle::RuleFailed { rule: it.rule.id.clone() }));
    note_failures(&said, decision);
    for voice in said.voices {
        let (special, why, tell) = match &*voice.outcome {
            rules::Outcome::SpecialUrgent { why, tell } => (Special::SpecialUrgent, why.clone(), tell.clone()),
            rules::Outcome::Special { why, tell } => (Special::Special, why.clone(), tell.clone()),
            rules::Outcome::Manual { why, tell } => {
                add_tell(decision, tell);
                decision.obstacles.push(asked_for_person(&voice, why));
                continue;
            }
            rules::Outcome::Refuse { code, why, tell } => {
                refuse(release, *code, remark(&voice, why.clone(), tell.clone()), decision);
                continue;
            }
            _ => continue,
        };
        decision.special = decision.special.max(special);
        add_tell(decision, &tell);
        decision.specials.push(remark(&voice, why, tell));
    }
    decision.refusals.sort_by_key(|refusal| refusal.code);
    // 湖南 A-HN-7: an emergency is never refused by a machine.
    if decision.special != Special::None {
        decision.refusals.iter_mut().for_each(|refusal| refusal.cancelled = true);
    }
    so_far.special = decision.special;
}

fn refuse(release: &Release, code: u16, said: Remark, decision: &mut Decision) {
    add_tell(decision, &said.tell);
    if let Some(known) = decision.refusals.iter_mut().find(|refusal| refusal.code == code) {
        known.said_by.push(said);
        return;
    }
    let Some(class) = release.regulation.refusal(code) else { return };
    decision.refusals.push(RefusalProposal {
        code,
        name: class.name.clone(),
        article: class.article.clone(),
        said_by: vec![said],
        cancelled: false,
    });
}

fn classify(release: &Release, ask: &Ask<'_>, so_far: &mut SoFar, decision: &mut Decision) {
    let said = release.rules.ask(Verb::Classify, ask, so_far);
    note_failures(&said, decision);
    let mut by_axis: BTreeMap<&str, Vec<Evidence>> = BTreeMap::new();
    for voice in &said.voices {
        let rules::Outcome::Classify { votes, weight, why } = &*voice.outcome else { continue };
        for (axis, candidate) in votes {
            by_axis.entry(axis).or_default().push(evidence(voice, candidate, *weight, why));
        }
    }
    for (axis, candidate) in chosen(release, &decision.facts) {
        by_axis.entry(axis).or_default().push(choice(candidate));
    }
    for axis in AXES {
        let tally = tally(by_axis.remove(axis).unwrap_or_default());
        let value = tally.winner(AXIS_LEAST).map(|it| it.name.clone()).unwrap_or_default();
        decision.axes.insert(axis.to_owned(), tally.into_ruling(value));
    }
    let regulation = &release.regulation;
    let nature = decision.axis("nature").to_owned();
    set_default(decision, "category", regulation.category_of(&nature));
    set_default(decision, "urgency", regulation.urgencies.first().map_or("", String::as_str));
    set_default(decision, "impact", regulation.impacts.first().map_or("", String::as_str));
    so_far.nature = nature;
    so_far.category = decision.axis("category").to_owned();
    so_far.topic = decision.axis("topic").to_owned();
    so_far.urgency = decision.axis("urgency").to_owned();
    so_far.impact = decision.axis("impact").to_owned();
    so_far.skill = decision.axis("skill").to_owned();
}

/// What the requester chose, as votes: alone they decide, and any rule of weight outvotes them (LH-13).
fn chosen(release: &Release, facts: &Facts) -> Vec<(&'static str, String)> {
    let regulation = &release.regulation;
    let category = &facts.chosen_category;
    let same = NATURES.iter().find(|nature| *nature == category);
    let mapped = || NATURES.iter().find(|nature| regulation.category_of(nature) == category);
    let nature = same.or_else(mapped).filter(|_| regulation.categories.contains(category));
    let topic = Some(&facts.chosen_topic).filter(|topic| regulation.topics.contains(topic));
    let nature = nature.map(|nature| ("nature", (*nature).to_owned()));
    nature.into_iter().chain(topic.map(|topic| ("topic", topic.clone()))).collect()
}

fn choice(candidate: String) -> Evidence {
    let rule = REQUESTER.to_owned();
    let vote = Vote {
        rule: rule.clone(),
        file: String::new(),
        line: 0,
        candidate,
        weight: AXIS_LEAST,
        veto: false,
        counted: false,
        hits: Vec::new(),
        why: "来件人自选，仅供参考".to_owned(),
        basis: "平台填报：选择大类、小类".to_owned(),
    };
    Evidence { group: rule, vote }
}

/// An axis that no rule voted on takes its default; one where votes tie stays undecided.
fn set_default(decision: &mut Decision, axis: &str, value: &str) {
    if let Some(ruling) = decision.axes.get_mut(axis).filter(|ruling| ruling.votes.is_empty()) {
        ruling.value = value.to_owned();
    }
}

/// Ranks the units; the lead that may go out by itself, if there is one. What stands in the way is noted.
fn route(release: &Release, ask: &Ask<'_>, so_far: &mut SoFar, decision: &mut Decision) -> Option<String> {
    let said = release.rules.ask(Verb::Route, ask, so_far);
    note_failures(&said, decision);
    let mut evidence_of_lead = Vec::new();
    let mut routes: Vec<Option<(&Route, bool)>> = Vec::new();
    for voice in &said.voices {
        match &*voice.outcome {
            rules::Outcome::Manual { why, .. } => decision.obstacles.push(asked_for_person(voice, why)),
            rules::Outcome::Not { unit, weight, why } => {
                let mut against = evidence(voice, unit, -weight.unwrap_or(0).abs(), why);
                against.vote.veto = weight.is_none();
                evidence_of_lead.push(against);
                routes.push(None);
            }
            rules::Outcome::Route(route) => {
                add_all(&mut decision.followers, &route.follow);
                if route.lead.is_empty() {
                    add_all(&mut decision.proposed_assists, &route.assist);
                    decision.side_remarks.push(remark(voice, route.why.clone(), String::new()));
                } else {
                    evidence_of_lead.push(evidence(voice, &route.lead, route.weight, &route.why));
                    routes.push(Some((route, voice.rule.auto)));
                }
            }
            _ => {}
        }
    }
    let tally = tally(evidence_of_lead);
    let lead = lead_of(release, &tally, &routes, decision);
    if let Some(lead) = &lead {
        assists(release, lead, &tally, &routes, decision);
    }
    let value = lead.clone().unwrap_or_default();
    so_far.lead.clone_from(&value);
    decision.lead = tally.into_ruling(value);
    lead
}

fn lead_of(
    release: &Release,
    tally: &Tally,
    routes: &[Option<(&Route, bool)>],
    decision: &mut Decision,
) -> Option<String> {
    let (least, margin) = (release.least_weight(), release.least_margin());
    let first = tally.ranking.first().filter(|first| first.weight > 0);
    let Some(first) = first else {
        decision.obstacles.push(if decision.facts.text.is_empty() {
            Obstacle::EmptyText
        } else {
            Obstacle::NoCandidate
        });
        return None;
    };
    let ahead = first.weight - tally.ranking.get(1).map_or(0, |second| second.weight.max(0));
    let obstacle = if first.vetoed {
        let veto = tally.votes.iter().find(|vote| vote.veto && vote.candidate == first.name);
        Obstacle::Vetoed { unit: first.name.clone(), rule: veto.map(|vote| vote.rule.clone()).unwrap_or_default() }
    } else if first.weight < least {
        Obstacle::TooWeak { unit: first.name.clone(), weight: first.weight, needed: least }
    } else if ahead < margin || ahead == 0 {
        let second = tally.ranking[1].name.clone();
        Obstacle::TooClose { first: first.name.clone(), second, margin: ahead, needed: margin }
    } else {
        if let Some(rule) = needs_manual_rule(first, least, tally, routes) {
            decision.obstacles.push(Obstacle::NotAutomaticYet { rule });
        }
        return Some(first.name.clone());
    };
    decision.obstacles.push(obstacle);
    None
}

/// The rule marked `auto: false` without which the winner would be too weak.
fn needs_manual_rule(
    first: &Candidate,
    least: Thousandths,
    tally: &Tally,
    routes: &[Option<(&Route, bool)>],
) -> Option<String> {
    let counted = tally.votes.iter().zip(routes).filter(|(vote, _)| vote.counted && vote.candidate == first.name);
    let mut manual = counted.filter(|(vote, route)| vote.weight > 0 && route.is_some_and(|(_, auto)| !auto)).peekable();
    let rule = manual.peek().map(|(vote, _)| vote.rule.clone())?;
    let automatic = first.weight - manual.map(|(vote, _)| vote.weight).sum::<Thousandths>();
    (automatic < least).then_some(rule)
}

/// Assists named in the winner's counted votes; other units with enough votes of their own are proposed.
fn assists(release: &Release, lead: &str, tally: &Tally, routes: &[Option<(&Route, bool)>], decision: &mut Decision) {
    for (vote, route) in tally.votes.iter().zip(routes) {
        if let Some((route, _)) = route.filter(|_| vote.counted && vote.candidate == lead && vote.weight > 0) {
            add_all(&mut decision.assists, &route.assist);
        }
    }
    let strong = tally.ranking.iter().filter(|it| it.weight >= release.least_weight() && !it.vetoed);
    let names: Vec<String> = strong.map(|it| it.name.clone()).collect();
    add_all(&mut decision.proposed_assists, &names);
    decision.assists.retain(|unit| unit != lead);
    let assists = decision.assists.clone();
    decision.proposed_assists.retain(|unit| unit != lead && !assists.contains(unit));
}

/// What the rules of a verb saw of the phases before theirs.
pub fn so_far(verb: Verb, decision: &Decision) -> SoFar {
    let before = |phase: Verb, value: &str| if phase < verb { value.to_owned() } else { String::new() };
    let axis = |name| before(Verb::Classify, decision.axis(name));
    SoFar {
        nature: axis("nature"),
        category: axis("category"),
        topic: axis("topic"),
        urgency: axis("urgency"),
        impact: axis("impact"),
        skill: axis("skill"),
        lead: before(Verb::Route, &decision.lead.value),
        special: if Verb::Admit < verb { decision.special } else { Special::None },
    }
}

/// Asks the `warn` rules again after somebody set what they go by.
pub fn warn_again(release: &Release, decision: &mut Decision) {
    let facts = Arc::new(decision.facts.clone());
    let ask = release.rules.look(&facts, local_date(decision.decided_at), &release.suspended);
    let ask = release.rules.but_for(ask, &decision.made_with.timed_out);
    let so_far = so_far(Verb::Warn, decision);
    decision.warning = Warning::None;
    decision.warnings.clear();
    warn(release, &ask, &so_far, decision);
}

fn warn(release: &Release, ask: &Ask<'_>, so_far: &SoFar, decision: &mut Decision) {
    let said = release.rules.ask(Verb::Warn, ask, so_far);
    note_failures(&said, decision);
    for voice in &said.voices {
        let rules::Outcome::Warn { level, why } = &*voice.outcome else { continue };
        decision.warning = decision.warning.max(*level);
        let mut vote = evidence(voice, level_name(*level), 0, why).vote;
        vote.counted = true;
        decision.warnings.push(vote);
    }
}

/// Answer, dispatch, queue or refusal: the first that nothing stands against.
fn conclude(release: &Release, lead: Option<String>, answer: Option<Answer>, decision: &mut Decision) {
    let open: Vec<u16> = decision.refusals.iter().filter(|it| !it.cancelled).map(|it| it.code).collect();
    let held = decision.obstacles.iter().any(|it| {
        matches!(
            it,
            Obstacle::RuleFailed { .. } | Obstacle::RuleAskedForPerson { .. } | Obstacle::NotAutomaticYet { .. }
        )
    });
    let consult = decision.axis("nature") == CONSULT && decision.special == Special::None;
    if !open.is_empty() {
        decision.obstacles.push(Obstacle::RefusalToConfirm { codes: open });
        decision.outcome = Outcome::RefusalProposed;
    } else if let Some(answer) = answer.filter(|_| consult && !held) {
        decision.obstacles.clear();
        decision.answer = Some(answer);
        decision.outcome = Outcome::Answered;
    } else if lead.is_some() && !held {
        decision.outcome = Outcome::Dispatched;
    } else {
        if consult {
            let best = decision.matches.first();
            decision.obstacles.push(Obstacle::NoAnswer {
                best: best.map(|it| it.entry.clone()),
                confidence: best.map_or(0, |it| it.confidence),
                needed: release.answer_threshold(),
            });
        }
        decision.outcome = Outcome::Queued;
    }
}

fn evidence(voice: &Voice<'_>, candidate: &str, weight: Thousandths, why: &str) -> Evidence {
    let rule = voice.rule;
    let vote = Vote {
        rule: rule.id.clone(),
        file: rule.file.to_string(),
        line: rule.line,
        candidate: candidate.to_owned(),
        weight,
        veto: false,
        counted: false,
        hits: voice.hits.clone(),
        why: why.to_owned(),
        basis: rule.basis.clone(),
    };
    Evidence { group: rule.group.clone(), vote }
}

fn remark(voice: &Voice<'_>, why: String, tell: String) -> Remark {
    let rule = voice.rule;
    Remark {
        rule: rule.id.clone(),
        file: rule.file.to_string(),
        line: rule.line,
        hits: voice.hits.clone(),
        why,
        basis: rule.basis.clone(),
        tell,
    }
}

fn asked_for_person(voice: &Voice<'_>, why: &str) -> Obstacle {
    Obstacle::RuleAskedForPerson { rule: voice.rule.id.clone(), why: why.to_owned() }
}

fn note_failures(said: &Said<'_>, decision: &mut Decision) {
    decision.failed_rules.extend(said.failures.iter().map(|it| FailedRule {
        rule: it.rule.id.clone(),
        overrun: it.overrun,
        timed_out: it.timed_out,
        message: it.message.clone(),
    }));
}

fn add_tell(decision: &mut Decision, tell: &str) {
    if !tell.is_empty() && !decision.tell.iter().any(|it| it == tell) {
        decision.tell.push(tell.to_owned());
    }
}

fn add_all(list: &mut Vec<String>, more: &[String]) {
    for name in more {
        if !list.contains(name) {
            list.push(name.clone());
        }
    }
}

/// The name that scripts and JSON use.
pub fn level_name(level: Warning) -> &'static str {
    match level {
        Warning::None => "none",
        Warning::Blue => "blue",
        Warning::Yellow => "yellow",
        Warning::Red => "red",
    }
}
