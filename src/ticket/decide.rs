//! A command on a ticket → the events it causes by itself, or a refusal. What follows from them (clocks, counts,
//! notices, colours) is added by `clocks::follow`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::command::Command;
use super::event::{By, Event};
use super::parts::{AssistState, Evidence, Reply, Run, Score};
use super::refused::Refused;
use super::state::{Phase, Ticket};
use super::{Actor, Role, Sight, Viewer, extension, guard, permit, queue};
use crate::regulation::{ClockRole, Regulation, Reviewer};

/// Characters of a reply, an opinion or a message to the requester.
const LONGEST_TEXT: usize = 5_000;
/// Files with one command.
const MOST_EVIDENCE: usize = 50;

/// The events a command causes, or why it causes none.
pub fn decide(
    ticket: &Ticket,
    command: &Command,
    actor: &Actor,
    regulation: &Regulation,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Refused> {
    permit::role(ticket, command, actor, regulation)?;
    permit::phase(ticket, command)?;
    let passed = guard::check(ticket, command, actor.role, regulation, now)?;
    let mut events = passed.overridden;
    let caused = Case { ticket, actor, regulation, now, late: passed.late }.decide(command)?;
    events.extend(guard::caps(ticket, command, &caused, regulation)?);
    events.extend(caused);
    Ok(events)
}

/// What the jurisdiction asks of a decision out of the queue, for those who come with a claim.
pub fn guarded(
    ticket: &Ticket,
    command: &Command,
    actor: &Actor,
    regulation: &Regulation,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Refused> {
    guard::check(ticket, command, actor.role, regulation, now).map(|passed| passed.overridden)
}

/// One decision in hand.
struct Case<'a> {
    ticket: &'a Ticket,
    actor: &'a Actor,
    regulation: &'a Regulation,
    now: DateTime<Utc>,
    /// The article that takes a late command nevertheless.
    late: Option<String>,
}

type Decided = Result<Vec<Event>, Refused>;

impl Case<'_> {
    fn decide(&self, command: &Command) -> Decided {
        use Command as C;
        let one = |event| Ok(vec![event]);
        match command {
            C::Sign {} => one(Event::Signed { unit: self.actor.unit.clone() }),
            C::Return { reason, basis, evidence, .. } => self.ask_return(reason, basis, evidence),
            C::DecideReturn { granted, reason, lead, assists } => self.decide_return(*granted, reason, lead, assists),
            C::RequestExtension { .. } => extension::request(self.ticket, command, self.regulation, self.now),
            C::DecideExtension { .. } => extension::decide(self.ticket, command, self.actor, self.regulation),
            C::HardCase { reason } => Ok(vec![
                Event::HardCase { reason: needed(reason, Refused::NoReason)? },
                Event::Queued { risk: self.ticket.warning, skill: String::new() },
            ]),
            C::AddAssist { unit, task } => self.add_assist(unit, task),
            C::ConfirmAssist { unit } => self.confirm_assist(unit),
            C::AssistDone { unit, note, evidence } => self.assist_done(unit, note, evidence),
            C::Complete { text, basis, evidence, fields } => {
                let mut reply =
                    Reply { fields: short_fields(fields)?, basis: text_of(basis, "依据")?, ..Reply::default() };
                reply.text = needed(text, Refused::NoAnswer)?;
                reply.evidence = files(evidence)?;
                self.complete(reply)
            }
            C::Review { passed, reason, checks, missing_content } => {
                self.review(*passed, reason, checks, *missing_content)
            }
            C::Rate { .. } => self.rate(command),
            C::Redispatch { lead, assists, ground, reason } => {
                let reason = [ground.trim(), reason.trim()].join(" ").trim().to_owned();
                self.dispatch(lead, assists, &needed(&reason, Refused::NoReason)?)
            }
            // Who works on it next is decided anew: a person dispatches it.
            C::Reopen { reason } => Ok(vec![
                Event::Reopened { reason: needed(reason, Refused::NoReason)? },
                Event::Queued { risk: self.ticket.warning, skill: String::new() },
            ]),
            C::Supervise { ground, reason, measure } => self.supervise(ground, reason, measure),
            C::Close { code, reason, .. } => self.close(code, reason),
            C::Confirm { task, note } => self.confirm(task, note),
            C::Deliver { notice, channel } => self.deliver(notice, channel),
            C::Dispatch { .. } | C::Answer { .. } | C::Refuse { .. } => self.queued(command),
            _ => self.record(command).and_then(one),
        }
    }

    /// Commands that only put something on record.
    fn record(&self, command: &Command) -> Result<Event, Refused> {
        use Command as C;
        let channel = |channel: &str| text_of(channel, "渠道");
        Ok(match command {
            C::Contact { channel: by, reached, note } => {
                Event::Contacted { channel: channel(by)?, reached: *reached, note: text_of(note, "说明")? }
            }
            C::Reply { text, evidence } => {
                Event::Replied { text: needed(text, Refused::NoAnswer)?, evidence: files(evidence)? }
            }
            C::Inform { channel: by, text } => {
                Event::Informed { channel: channel(by)?, text: needed(text, Refused::NoAnswer)? }
            }
            C::Register { what, note, evidence } => Event::Registered {
                what: named(what, "登记事项")?,
                note: text_of(note, "说明")?,
                evidence: files(evidence)?,
            },
            C::Progress { note } => Event::Progressed { note: needed(note, Refused::NoAnswer)? },
            C::LinkageFailed { reason } => Event::LinkageFailed { reason: needed(reason, Refused::NoReason)? },
            C::Flag { flag, up, reason } => {
                Event::Flagged { flag: named(flag, "标记")?, up: *up, reason: needed(reason, Refused::NoReason)? }
            }
            C::Grade { urgency, impact, reason } => self.grade(urgency, impact, reason)?,
            C::Special { special, reason } => {
                Event::SpecialSet { special: *special, reason: needed(reason, Refused::NoReason)? }
            }
            C::Confidential { confidential, reason } => self.confidential(*confidential, reason)?,
            C::Feedback { channel: by, text } => {
                Event::FedBack { channel: channel(by)?, text: text_of(text, "内容")? }
            }
            C::FollowUp { automatic, channel: by, reached, note } => Event::FollowedUp {
                automatic: *automatic,
                channel: channel(by)?,
                reached: *reached,
                note: text_of(note, "说明")?,
            },
            C::Statement { text } => {
                if self.ticket.life.supervision.is_none() {
                    return Err(nothing("工单没有在督办"));
                }
                Event::Stated { text: needed(text, Refused::NoReason)? }
            }
            C::Terminate { ground, opinion, evidence } => Event::Terminated {
                ground: needed(ground, Refused::NoReason)?,
                opinion: needed(opinion, Refused::NoReason)?,
                evidence: files(evidence)?,
            },
            C::Archive {} => Event::Archived { by: By::Person },
            C::Link { ticket, relation, note } => {
                if *ticket == self.ticket.id {
                    return Err(bad("ticket", "不能与自己关联"));
                }
                Event::Linked {
                    ticket: ticket.clone(),
                    relation: named(relation, "关系")?,
                    note: text_of(note, "说明")?,
                }
            }
            C::Acknowledge {} => Event::Acknowledged {},
            C::Note { text } => Event::Noted { text: needed(text, Refused::NoAnswer)? },
            // Every other command is decided above.
            _ => return Err(nothing("没有这项操作")),
        })
    }

    /// Anybody of those may set it; lifting it is for those who know what it hides.
    fn confidential(&self, confidential: bool, reason: &str) -> Result<Event, Refused> {
        if confidential == self.ticket.confidential {
            let what = if confidential { "工单已经列为保密" } else { "工单没有列为保密" };
            return Err(nothing(what));
        }
        if !confidential && Viewer::from(self.actor).sight(self.ticket) < Sight::All && self.actor.role != Role::System
        {
            let may = "提交它的平台、领取它的派单员、联动中心".to_owned();
            return Err(Refused::MayNot { command: "解除保密", may });
        }
        Ok(Event::ConfidentialSet { confidential, reason: needed(reason, Refused::NoReason)? })
    }

    fn ask_return(&self, reason: &str, basis: &str, evidence: &[Evidence]) -> Decided {
        let asked = Event::ReturnRequested {
            unit: self.ticket.lead.clone(),
            reason: needed(reason, Refused::NoReason)?,
            basis: text_of(basis, "依据")?,
            evidence: files(evidence)?,
            late: self.late.is_some(),
        };
        let late = self
            .late
            .iter()
            .map(|article| Event::DeemedLate { reason: format!("超期退回，视为逾期（{article}）") });
        Ok(std::iter::once(asked).chain(late).collect())
    }

    fn decide_return(&self, granted: bool, reason: &str, lead: &str, assists: &[String]) -> Decided {
        let asked_by = &self.ticket.life.return_asked_by;
        if !asked_by.is_empty() && *asked_by == self.actor.person {
            return Err(Refused::OwnWork);
        }
        let decided = Event::ReturnDecided { granted, reason: needed(reason, Refused::NoReason)? };
        if !granted {
            return Ok(vec![decided]);
        }
        let next = if lead.trim().is_empty() {
            vec![Event::Queued { risk: self.ticket.warning, skill: String::new() }]
        } else if lead == self.ticket.lead {
            return Err(bad("lead", "同意退件后应派给其他单位；要原单位继续办理，请不同意退件"));
        } else {
            self.dispatch(lead, assists, reason)?
        };
        Ok(std::iter::once(decided).chain(next).collect())
    }

    fn dispatch(&self, lead: &str, assists: &[String], reason: &str) -> Decided {
        queue::distinct(lead, assists)?;
        Ok(vec![Event::Dispatched {
            by: By::Person,
            lead: lead.to_owned(),
            assists: assists.to_vec(),
            followers: self.ticket.followers.clone(),
            reason: reason.to_owned(),
        }])
    }

    fn add_assist(&self, unit: &str, task: &str) -> Decided {
        queue::distinct(&self.ticket.lead, &[unit.to_owned()])?;
        if self.ticket.life.assists.iter().any(|it| it.unit == unit && it.state != AssistState::Done) {
            return Err(Refused::UnitTwice { unit: unit.to_owned() });
        }
        let task = text_of(task, "任务")?;
        Ok(vec![Event::AssistAdded { unit: unit.to_owned(), task, state: AssistState::Working }])
    }

    fn confirm_assist(&self, unit: &str) -> Decided {
        let proposed = |it: &&super::Assist| it.unit == unit && it.state == AssistState::Proposed;
        match self.ticket.life.assists.iter().find(proposed) {
            Some(_) => Ok(vec![Event::AssistConfirmed { unit: unit.to_owned() }]),
            None => Err(nothing(&format!("“{unit}”不是待确认的配合单位"))),
        }
    }

    fn assist_done(&self, unit: &str, note: &str, evidence: &[Evidence]) -> Decided {
        let unit = if self.actor.role == Role::Unit { self.actor.unit.as_str() } else { unit };
        if !self.ticket.life.working_assists().any(|it| it.unit == unit) {
            return Err(nothing(&format!("“{unit}”没有未完成的配合任务")));
        }
        let (note, evidence) = (text_of(note, "说明")?, files(evidence)?);
        Ok(vec![Event::AssistDone { unit: unit.to_owned(), note, evidence }])
    }

    fn complete(&self, mut reply: Reply) -> Decided {
        reply.unit.clone_from(&self.actor.unit);
        reply.person.clone_from(&self.actor.person);
        reply.at = Some(self.now);
        let mut events = vec![Event::Completed { reply }];
        if self.regulation.life.review.steps.is_empty() {
            events.push(Event::Reviewed {
                step: Reviewer::Nobody,
                passed: true,
                last: true,
                reason: "本辖区不设审核".to_owned(),
                checks: Vec::new(),
                missing_content: false,
            });
        }
        Ok(events)
    }

    fn review(&self, passed: bool, reason: &str, checks: &[String], missing_content: bool) -> Decided {
        let life = &self.ticket.life;
        if life.reply.as_ref().is_some_and(|reply| reply.person == self.actor.person) {
            return Err(Refused::OwnWork);
        }
        let review = &self.regulation.life.review;
        let unset: Vec<&str> = review.checks.iter().filter(|it| !checks.contains(it)).map(String::as_str).collect();
        if passed && !unset.is_empty() {
            let message = format!("审核通过须逐项核对，还缺：{}", unset.join("、"));
            return Err(Refused::Rule { code: "review_incomplete".into(), message, article: review.article.clone() });
        }
        let reason = if passed { text_of(reason, "意见")? } else { needed(reason, Refused::NoReason)? };
        let step = review.steps.get(life.reviews_passed).copied().unwrap_or(Reviewer::Center);
        let last = life.reviews_passed + 1 >= review.steps.len();
        Ok(vec![Event::Reviewed { step, passed, last, reason, checks: checks.to_vec(), missing_content }])
    }

    fn rate(&self, command: &Command) -> Decided {
        let Command::Rate { rating, process, time, result, source, note } = command else { return Ok(Vec::new()) };
        if self.ticket.life.rated_by.contains(source) {
            return Err(Refused::Rule {
                code: "already_rated".into(),
                message: "这次办理已经用这种方式评价过".into(),
                article: "一事一评价".into(),
            });
        }
        let governing = &self.regulation.life.rating_by;
        let score = Score {
            rating: *rating,
            process: *process,
            time: *time,
            result: *result,
            source: *source,
            note: text_of(note, "说明")?,
            unit: self.ticket.lead.clone(),
            governs: governing.is_empty() || governing.contains(source),
        };
        Ok(vec![Event::Rated { score }])
    }

    fn grade(&self, urgency: &str, impact: &str, reason: &str) -> Result<Event, Refused> {
        let regulation = self.regulation;
        let pick = |given: &str, now: &str, known: &[String], field| {
            if given.is_empty() {
                return Ok(now.to_owned());
            }
            match known.iter().any(|it| it == given) {
                true => Ok(given.to_owned()),
                false => Err(bad(field, &format!("“{given}”不是本辖区的等级：{}", known.join("、")))),
            }
        };
        Ok(Event::Graded {
            urgency: pick(urgency, &self.ticket.life.urgency, &regulation.urgencies, "urgency")?,
            impact: pick(impact, &self.ticket.life.impact, &regulation.impacts, "impact")?,
            reason: needed(reason, Refused::NoReason)?,
        })
    }

    fn supervise(&self, ground: &str, reason: &str, measure: &str) -> Decided {
        if matches!(self.ticket.phase, Phase::Archived | Phase::Refused | Phase::Terminated) {
            let allowed = "归档以前、未终结的工单".to_owned();
            return Err(Refused::WrongPhase { command: "督办", phase: self.ticket.phase, allowed });
        }
        if self.ticket.life.supervision.is_some() {
            return Err(nothing("工单已经在督办"));
        }
        let grounds = &self.regulation.life.supervise_ground;
        if !grounds.is_empty() && !grounds.iter().any(|it| it.id == ground) {
            let known: Vec<String> = grounds.iter().map(|it| format!("{} {}", it.id, it.name)).collect();
            return Err(bad("ground", &format!("没有这种督办情形；可用的有：{}", known.join("、"))));
        }
        let (reason, measure) = (needed(reason, Refused::NoReason)?, text_of(measure, "方式")?);
        Ok(vec![Event::Supervised { ground: ground.to_owned(), reason, measure, by: By::Person }])
    }

    fn close(&self, code: &str, reason: &str) -> Decided {
        let codes = &self.regulation.life.close_code;
        if !codes.iter().any(|it| it.id == code) {
            let known: Vec<String> = codes.iter().map(|it| format!("{} {}", it.id, it.name)).collect();
            return Err(bad("code", &format!("没有结案代码“{code}”；可用的有：{}", known.join("、"))));
        }
        let reason = needed(reason, Refused::NoReason)?;
        Ok(vec![Event::Closed { by: By::Person, code: code.to_owned(), reason }])
    }

    fn confirm(&self, task: &str, note: &str) -> Decided {
        let fits = |clock: &&super::Clock| clock.id == task && clock.role == ClockRole::Task;
        match self.ticket.life.clocks.iter().find(fits) {
            None => Err(nothing(&format!("没有待确认的任务“{task}”"))),
            Some(clock) if clock.state != Run::Running => Err(nothing(&format!("任务“{}”已经确认", clock.name))),
            Some(_) => Ok(vec![Event::Confirmed { clock: task.to_owned(), note: text_of(note, "说明")? }]),
        }
    }

    fn deliver(&self, notice: &str, channel: &str) -> Decided {
        // By its id, or the last one of a kind.
        let mut newest = self.ticket.life.notices.iter().rev();
        let Some(known) = newest.find(|it| it.id == notice || it.kind == notice) else {
            return Err(nothing(&format!("没有通知“{notice}”")));
        };
        if !known.channels.iter().any(|it| it == channel) {
            return Err(bad("channel", &format!("这份通知的送达方式是：{}", known.channels.join("、"))));
        }
        Ok(vec![Event::Delivered { notice: known.id.clone(), channel: channel.to_owned() }])
    }

    /// Out of the queue: the claim decides who may.
    fn queued(&self, command: &Command) -> Decided {
        use super::queue::QueueCommand as Q;
        let (fence, wish): (Option<u64>, Box<dyn Fn(u64) -> Q>) = match command.clone() {
            Command::Dispatch { lead, assists, followers, reason, fence } => (
                fence,
                Box::new(move |fence| Q::Dispatch {
                    fence,
                    lead: lead.clone(),
                    assists: assists.clone(),
                    followers: followers.clone(),
                    reason: reason.clone(),
                }),
            ),
            Command::Answer { entry, text, basis, fence } => {
                let answer = crate::triage::Answer {
                    entry,
                    text,
                    basis,
                    source: String::new(),
                    owner: String::new(),
                    as_of: String::new(),
                    related: Vec::new(),
                };
                (fence, Box::new(move |fence| Q::Answer { fence, answer: answer.clone() }))
            }
            Command::Refuse { code, reason, fence } => {
                let Some(class) = self.regulation.refusal(code) else {
                    return Err(bad("code", "本辖区没有这种不予受理情形"));
                };
                let article = class.article.clone();
                let wish = move |fence| Q::Refuse { fence, code, article: article.clone(), reason: reason.clone() };
                (fence, Box::new(wish))
            }
            _ => return Ok(Vec::new()),
        };
        let fence = fence.ok_or(Refused::NotClaimed)?;
        queue::decide_queued(self.ticket, &wish(fence), self.actor, self.now)
    }
}

fn nothing(what: &str) -> Refused {
    Refused::Nothing { what: what.to_owned() }
}

pub(super) fn bad(field: &'static str, message: &str) -> Refused {
    Refused::BadField { field, message: message.to_owned() }
}

pub(super) fn needed(text: &str, otherwise: Refused) -> Result<String, Refused> {
    if text.trim().is_empty() { Err(otherwise) } else { text_of(text, "内容") }
}

fn text_of(text: &str, field: &'static str) -> Result<String, Refused> {
    let text = text.trim();
    if text.chars().count() > LONGEST_TEXT {
        return Err(Refused::TooLong { field, most: LONGEST_TEXT });
    }
    Ok(text.to_owned())
}

/// A short name.
fn named(text: &str, field: &'static str) -> Result<String, Refused> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(bad(field, "不能为空")),
        1..=40 => Ok(text.to_owned()),
        _ => Err(Refused::TooLong { field, most: 40 }),
    }
}

/// Fields of the jurisdiction's own.
pub(super) fn short_fields(fields: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Refused> {
    const MOST: usize = 30;
    const LONGEST: usize = 1_000;
    if fields.len() > MOST || fields.keys().any(|key| key.chars().count() > 40) {
        return Err(Refused::TooLong { field: "fields", most: MOST });
    }
    if fields.values().any(|value| value.chars().count() > LONGEST) {
        return Err(Refused::TooLong { field: "fields", most: LONGEST });
    }
    Ok(fields.clone())
}

/// Evidence is a name, and whatever proves that the file is the same one.
fn files(evidence: &[Evidence]) -> Result<Vec<Evidence>, Refused> {
    if evidence.len() > MOST_EVIDENCE {
        return Err(Refused::TooLong { field: "evidence", most: MOST_EVIDENCE });
    }
    for file in evidence {
        let hex = file.sm3.is_empty() || file.sm3.len() == 64 && file.sm3.bytes().all(|b| b.is_ascii_hexdigit());
        let address = file.url.is_empty() || file.url.starts_with("https://") || file.url.starts_with("http://");
        if file.name.trim().is_empty() || file.name.chars().count() > 200 || file.url.len() > 2_000 {
            return Err(bad("evidence", "每份证据要有名称（最多200字），地址最长2000字节"));
        }
        if !hex || !address {
            return Err(bad("evidence", "sm3 是64位十六进制数，url 以 http:// 或 https:// 开头"));
        }
    }
    Ok(evidence.to_vec())
}
