//! The manual queue: who waits, who takes what, and what they decide.

use chrono::{DateTime, Utc};

use super::decided::teaches;
use super::intake::key_of;
use super::{App, Dossier, Error, Missing, Use, check, meant};
use crate::access::{Caller, Operation};
use crate::clocks::follow;
use crate::store::{Append, AppendError, ClaimNext, QueueFilter, Queued, Store, Target};
use crate::ticket::{Actor, Command, Event, QueueCommand, Ticket, decide_queued, guarded};
use crate::triage::{Answer, Release, Snapshot};

/// A claim: the ticket, and the number that every later step must carry.
pub struct Claimed {
    pub dossier: Dossier,
    pub fence: u64,
    pub lease_s: u32,
}

/// What the holder of a claim wants; names are as people write them.
#[derive(Clone, Debug)]
pub enum Wish {
    Renew {
        lease_s: Option<u32>,
    },
    Release,
    Skip {
        reason: String,
    },
    Dispatch {
        lead: String,
        assists: Vec<String>,
        followers: Vec<String>,
        reason: String,
    },
    /// By an entry, or in own words.
    Answer {
        entry: Option<String>,
        text: String,
        basis: String,
    },
    Refuse {
        code: u16,
        reason: String,
    },
}

impl App {
    /// The waiting tickets of a jurisdiction in the order in which they are offered.
    pub async fn queue(&self, caller: &Caller, mut filter: QueueFilter, limit: usize) -> Result<Vec<Queued>, Error> {
        filter.jurisdiction = meant(caller, &filter.jurisdiction)?;
        check::known(&self.live.snapshot(), &filter.jurisdiction)?;
        filter.viewer = Some(caller.viewer());
        Ok(self.read(move |store| store.queue(&filter, limit)).await??)
    }

    /// The next ticket, or the one named; `None`: nothing is left for this person.
    pub async fn claim(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        skill: Option<String>,
        ticket: Option<String>,
        lease_s: Option<u32>,
        used: Option<Use>,
    ) -> Result<Option<Claimed>, Error> {
        let ticket = match ticket {
            Some(id) => Some(self.ticket(caller, &id).await?),
            None => None,
        };
        let named = ticket.as_ref().map_or(jurisdiction, |ticket| ticket.jurisdiction.as_str());
        let jurisdiction = meant(caller, named)?;
        check::jurisdiction(&self.live.snapshot(), &jurisdiction)?;
        let claim = ClaimNext {
            actor: caller.actor(Operation::WorkQueue),
            jurisdiction,
            skill: skill.filter(|skill| !skill.is_empty()),
            ticket: ticket.map(|ticket| ticket.id),
            lease_s: lease_s.unwrap_or(self.lease_s),
            at: (self.now)(),
            key: key_of(caller, used),
        };
        let lease_s = claim.lease_s;
        let claimed = self.store.submit_claim(claim).await.map_err(|_| AppendError::Closed)??;
        let Some(appended) = claimed else { return Ok(None) };
        let fence = appended.fence.unwrap_or_default();
        Ok(Some(Claimed { dossier: self.dossier(appended.ticket).await?, fence, lease_s }))
    }

    /// Does what the holder of claim `fence` wants. The ticket as it stands then.
    pub async fn act(
        &self,
        caller: &Caller,
        id: &str,
        fence: u64,
        wish: Wish,
        used: Option<Use>,
    ) -> Result<Ticket, Error> {
        if let Some(ticket) = self.replayed(caller, used.as_ref()).await? {
            return Self::seen(caller, ticket);
        }
        let ticket = self.ticket(caller, id).await?;
        let snapshot = self.live.snapshot();
        let command = self.wished(&snapshot, &ticket, fence, wish)?;
        let (actor, at) = (caller.actor(Operation::WorkQueue), (self.now)());
        let (app, held, by) = (self.clone(), ticket.clone(), actor.clone());
        let events = self.read(move |store| app.settled(store, &held, &command, &by, at)).await??;
        let target = Target::Known { id: ticket.id, expected: ticket.version, fence: Some(fence) };
        let teaches = events.iter().any(teaches);
        let append = Append { target, at, actor, events, key: key_of(caller, used) };
        let ticket = self.submit(append).await?;
        if teaches {
            self.learn_from(&ticket).await;
        }
        Ok(ticket)
    }

    /// Everything that a step on a claimed ticket causes. Reads the store and asks rules: not for async threads.
    fn settled(
        &self,
        store: &Store,
        ticket: &Ticket,
        command: &QueueCommand,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Error> {
        let decided = decide_queued(ticket, command, actor, at)?;
        let Some(held) = self.held(store, ticket, &store.events(&ticket.id)?)? else { return Ok(decided) };
        let mut events = match as_command(command) {
            Some(command) => guarded(ticket, &command, actor, held.regulation(), at)?,
            None => Vec::new(),
        };
        events.extend(decided);
        Ok(follow(ticket, events, actor, &held.law(), at))
    }

    async fn submit(&self, append: Append) -> Result<Ticket, AppendError> {
        let done = self.store.submit(append).await.map_err(|_| AppendError::Closed)?;
        done.map(|appended| appended.ticket)
    }

    fn wished(&self, snapshot: &Snapshot, ticket: &Ticket, fence: u64, wish: Wish) -> Result<QueueCommand, Error> {
        let release = snapshot.releases.get(&ticket.jurisdiction).and_then(Option::as_deref);
        Ok(match wish {
            Wish::Renew { lease_s } => QueueCommand::Renew { fence, lease_s: lease_s.unwrap_or(self.lease_s) },
            Wish::Release => QueueCommand::Release { fence },
            Wish::Skip { reason } => QueueCommand::Skip { fence, reason },
            Wish::Dispatch { lead, assists, followers, reason } => QueueCommand::Dispatch {
                fence,
                lead: unit(release, "lead", &lead)?,
                assists: units(release, "assists", &assists)?,
                followers: units(release, "followers", &followers)?,
                reason,
            },
            Wish::Answer { entry, text, basis } => {
                QueueCommand::Answer { fence, answer: answer(snapshot, ticket, entry, text, basis)? }
            }
            Wish::Refuse { code, reason } => {
                let article = article(release, code)?;
                QueueCommand::Refuse { fence, code, article, reason }
            }
        })
    }
}

/// What ends a ticket's wait, in the words that the jurisdiction's guards know.
fn as_command(command: &QueueCommand) -> Option<Command> {
    match command.clone() {
        QueueCommand::Dispatch { fence, lead, assists, followers, reason } => {
            Some(Command::Dispatch { lead, assists, followers, reason, fence: Some(fence) })
        }
        QueueCommand::Answer { fence, answer } => {
            Some(Command::Answer { entry: answer.entry, text: answer.text, basis: answer.basis, fence: Some(fence) })
        }
        QueueCommand::Refuse { fence, code, reason, .. } => Some(Command::Refuse { code, reason, fence: Some(fence) }),
        _ => None,
    }
}

/// The one name of a unit that people may also write as alias, full name or id. Without a release nothing is known of units
/// and names are taken as they are.
pub(super) fn unit(release: Option<&Release>, field: &str, name: &str) -> Result<String, Error> {
    let Some(release) = release.filter(|_| !name.trim().is_empty()) else {
        // An empty lead is for the ticket to refuse, in its own words.
        return Ok(name.trim().to_owned());
    };
    release.units.named(name).map_err(|message| Error::field(field, message))
}

fn units(release: Option<&Release>, field: &str, names: &[String]) -> Result<Vec<String>, Error> {
    let one = |(at, name): (usize, &String)| unit(release, &format!("{field}[{at}]"), name);
    names.iter().enumerate().map(one).collect()
}

fn article(release: Option<&Release>, code: u16) -> Result<String, Error> {
    let Some(release) = release else {
        return Err(Error::field("code", "本辖区没有可用的规则，不予受理情形无从核对，请先恢复规则"));
    };
    match release.regulation.refusal(code) {
        Some(class) => Ok(class.article.clone()),
        None if release.regulation.refusal.is_empty() => {
            Err(Error::field("code", "本辖区的规定里没有不予受理的情形，请派单或答复"))
        }
        None => {
            let known: Vec<String> =
                release.regulation.refusal.iter().map(|class| format!("{} {}", class.code, class.name)).collect();
            Err(Error::field("code", format!("没有不予受理情形{code}；可用的有：{}", known.join("、"))))
        }
    }
}

fn answer(
    snapshot: &Snapshot,
    ticket: &Ticket,
    entry: Option<String>,
    text: String,
    basis: String,
) -> Result<Answer, Error> {
    let Some(id) = entry.filter(|id| !id.is_empty()) else {
        return Ok(Answer {
            entry: String::new(),
            text,
            basis,
            source: String::new(),
            owner: String::new(),
            as_of: String::new(),
            related: Vec::new(),
        });
    };
    let knowledge = snapshot.knowledge(&ticket.jurisdiction);
    let published = knowledge.find(&ticket.jurisdiction, &id);
    let published =
        published.ok_or_else(|| Error::missing(Missing::Entry, &id, "请核对知识条目编号，或改为直接填写 text"))?;
    let entry = &published.entry;
    let or = |own: String, entry: &str| if own.trim().is_empty() { entry.to_owned() } else { own };
    Ok(Answer {
        entry: entry.id.clone(),
        text: or(text, &entry.answer),
        basis: or(basis, &entry.basis),
        source: entry.source.clone(),
        owner: entry.owner.clone(),
        as_of: published.as_of.to_string(),
        related: knowledge.related(published),
    })
}
