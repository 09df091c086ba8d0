//! Commands of people → a step, or why not.

use super::article::{Article, Draft, Stage};
use super::version::{Finding, Step};
use crate::knowledge::Entry;
use crate::ticket::{Actor, Role};

/// What somebody wants to do with an entry. The checks of its text come before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Writes a draft, new or over the one there is. `restored`: the earlier version whose wording it is.
    Save {
        entry: Box<Entry>,
        message: String,
        restored: Option<u32>,
    },
    /// To a second person, with what was found beside it.
    Submit {
        findings: Vec<Finding>,
    },
    /// Publishes what was submitted.
    Approve,
    Return {
        reason: String,
    },
    /// Takes the live version out of service.
    Withdraw {
        reason: String,
    },
    /// 复核: still right.
    Confirm,
    /// Gives the draft up.
    Drop,
}

/// Why an entry stays as it is. Chinese: said to maintainers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("没有编号为“{id}”的知识条目，请核对编号和辖区")]
    Unknown { id: String },
    #[error("条目“{id}”已被他人更新（现在是第{actual}次操作之后，您看到的是第{seen}次），请重新打开，对照后再改")]
    Moved { id: String, seen: u32, actual: u32 },
    #[error("条目“{id}”{state}，不能{act}")]
    State { id: String, state: &'static str, act: &'static str },
    #[error("自己写过的条目不能自己审核，请换一位同事（先审核、后发布）")]
    OwnWork,
    #[error("条目由“{owner}”提供，也由它负责；本单位不能改，请联系该单位或联动中心")]
    NotYourUnit { owner: String },
    #[error("现行版本已是第{live}版，草稿改自{}；请对照差异后重新保存草稿，再提交", base.map_or("还没有发布时".to_owned(), |base| format!("第{base}版")))]
    Outdated { base: Option<u32>, live: u32 },
    #[error("请写明{act}的理由")]
    NoReason { act: &'static str },
    #[error("{what}最多{most}字")]
    TooLong { what: &'static str, most: usize },
}

impl Refusal {
    /// Stable, for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_entry",
            Self::Moved { .. } => "conflict",
            Self::State { .. } => "entry_state",
            Self::OwnWork => "own_work",
            Self::NotYourUnit { .. } => "not_your_unit",
            Self::Outdated { .. } => "entry_moved",
            Self::NoReason { .. } => "no_reason",
            Self::TooLong { .. } => "too_long",
        }
    }
}

/// Longest message or reason, in characters.
const LONGEST_WORDS: usize = 200;

/// Decides a command on an article as it stands; `None`: there is none yet. `seen` is the revision that the actor saw.
/// The actor's unit and the entry's owner are unit names as the jurisdiction writes them.
pub fn decide(
    article: Option<&Article>,
    id: &str,
    seen: u32,
    command: Command,
    actor: &Actor,
) -> Result<Step, Refusal> {
    let (nothing, act) = (Article::default(), command.title());
    let unknown = || Refusal::Unknown { id: id.to_owned() };
    let article = match (article, &command) {
        (Some(article), _) => article,
        (None, Command::Save { .. }) => &nothing,
        (None, _) => return Err(unknown()),
    };
    own_unit(article, &command, actor)?;
    if article.revision != seen {
        return Err(Refusal::Moved { id: id.to_owned(), seen, actual: article.revision });
    }
    let state = |state| Refusal::State { id: id.to_owned(), state, act };
    let draft = || article.draft.as_ref().ok_or_else(|| state("没有草稿"));
    let live = || article.live.as_ref().ok_or_else(|| state("没有已发布的版本"));
    match command {
        Command::Save { entry, message, restored } => {
            short("说明", &message)?;
            Ok(Step::Saved { entry, message, restored })
        }
        Command::Submit { findings } => {
            let draft = draft()?;
            if matches!(draft.stage, Stage::InReview { .. }) {
                return Err(state("已经提交，正等待审核"));
            }
            up_to_date(article, draft)?;
            Ok(Step::Submitted { findings })
        }
        Command::Approve => {
            let draft = in_review(draft()?, state)?;
            if draft.editors.contains(&actor.person) {
                return Err(Refusal::OwnWork);
            }
            up_to_date(article, draft)?;
            Ok(Step::Published)
        }
        Command::Return { reason } => {
            in_review(draft()?, state)?;
            Ok(Step::Returned { reason: reasoned(reason, act)? })
        }
        Command::Withdraw { reason } => {
            live()?;
            Ok(Step::Withdrawn { reason: reasoned(reason, act)? })
        }
        Command::Confirm => live().map(|_| Step::Confirmed),
        Command::Drop => draft().map(|_| Step::Dropped),
    }
}

impl Command {
    const fn title(&self) -> &'static str {
        match self {
            Self::Save { .. } => "保存",
            Self::Submit { .. } => "提交",
            Self::Approve => "批准",
            Self::Return { .. } => "退回",
            Self::Withdraw { .. } => "撤下",
            Self::Confirm => "复核",
            Self::Drop => "放弃草稿",
        }
    }
}

/// 谁提供谁负责: a unit writes what it answers for, and keeps its hands off what another does.
fn own_unit(article: &Article, command: &Command, actor: &Actor) -> Result<(), Refusal> {
    if actor.role != Role::Unit {
        return Ok(());
    }
    let live = article.live.as_ref().map(|live| &live.owner);
    let last = Some(&article.owner).filter(|owner| !owner.is_empty());
    let owners = match command {
        Command::Save { entry, .. } => [live, last.filter(|_| article.draft.is_some()), Some(&entry.owner)],
        Command::Confirm | Command::Withdraw { .. } => [live, None, None],
        _ => [live, last, None],
    };
    match owners.into_iter().flatten().find(|owner| **owner != actor.unit) {
        Some(owner) => Err(Refusal::NotYourUnit { owner: owner.clone() }),
        None => Ok(()),
    }
}

fn in_review(draft: &Draft, state: impl Fn(&'static str) -> Refusal) -> Result<&Draft, Refusal> {
    match draft.stage {
        Stage::InReview { .. } => Ok(draft),
        _ => Err(state("的草稿还没有提交审核")),
    }
}

/// A pack or a notice may have replaced the live version meanwhile: publishing would undo that unseen.
fn up_to_date(article: &Article, draft: &Draft) -> Result<(), Refusal> {
    match article.live.as_ref().map(|live| live.version) {
        Some(live) if draft.base != Some(live) => Err(Refusal::Outdated { base: draft.base, live }),
        _ => Ok(()),
    }
}

fn reasoned(reason: String, act: &'static str) -> Result<String, Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::NoReason { act });
    }
    short("理由", &reason)?;
    Ok(reason)
}

fn short(what: &'static str, words: &str) -> Result<(), Refusal> {
    if words.chars().count() > LONGEST_WORDS {
        return Err(Refusal::TooLong { what, most: LONGEST_WORDS });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
