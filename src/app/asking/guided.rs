//! A question, answered at once or after some questions back.

use super::LONGEST;
use crate::access::Caller;
use crate::app::{App, Error, Lane, Missing, check, meant};
use crate::calendar::local_date;
use crate::knowledge::guide::{Astray, Guided, MOST_CHOICES};
use crate::knowledge::{Asking, Knowledge, Published};
use crate::matter::Signature;
use crate::text::analyse;
use crate::triage::{Linked, Snapshot, Thousandths};

/// A question, and what was chosen so far.
#[derive(Clone, Debug, Default)]
pub struct AskWish {
    pub jurisdiction: String,
    pub text: String,
    /// Texts of options, or their numbers from 1.
    pub choices: Vec<String>,
    /// Where to begin, instead of `text`.
    pub entry: String,
}

/// What an entry says, with whom it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    pub entry: String,
    pub question: String,
    pub text: String,
    pub basis: String,
    pub source: String,
    pub owner: String,
    /// Last change of the entry, as a date.
    pub as_of: String,
    pub related: Vec<Linked>,
}

/// What comes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A question back, with its options.
    Ask {
        entry: String,
        ask: String,
        options: Vec<String>,
    },
    Answer(Box<Replied>),
    /// Nothing is sure enough.
    None(Box<Unanswered>),
}

/// A question that nothing answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Chinese, for officials.
    pub why: String,
    pub entry: String,
    pub confidence: Thousandths,
    pub(super) signature: Signature,
    /// Whose duty it sounds like; empty: nobody's known.
    pub(super) unit: String,
}

impl App {
    /// Asks the knowledge base in steps. It remembers nothing: the caller sends the choices so far.
    pub async fn ask(&self, caller: &Caller, mut wish: AskWish) -> Result<Reply, Error> {
        wish.jurisdiction = meant(caller, &wish.jurisdiction)?;
        self.reply(wish, Lane::Desk).await
    }

    pub(super) async fn reply(&self, wish: AskWish, lane: Lane) -> Result<Reply, Error> {
        let snapshot = self.live.snapshot();
        check::jurisdiction(&snapshot, &wish.jurisdiction)?;
        if wish.text.len() > LONGEST {
            return Err(Error::TextTooLarge { bytes: wish.text.len(), most: LONGEST });
        }
        if wish.text.trim().is_empty() && wish.entry.is_empty() {
            return Err(Error::field("text", "问题是空的，请填写要问的话"));
        }
        if wish.choices.len() > MOST_CHOICES {
            return Err(Error::field("choices", format!("最多 {MOST_CHOICES} 个选择")));
        }
        let today = local_date((self.now)());
        let reply = move || {
            super::asking(&snapshot, &wish.jurisdiction, today, |knowledge, asking| {
                reply(&snapshot, knowledge, asking, &wish)
            })
        };
        self.pool.run(lane, reply).await?
    }
}

fn reply(snapshot: &Snapshot, knowledge: &Knowledge, asking: &Asking<'_>, wish: &AskWish) -> Result<Reply, Error> {
    let jurisdiction = asking.jurisdiction;
    let entry = if wish.entry.is_empty() {
        let analysis = analyse(asking.lexicon, asking.gazetteer, &wish.text);
        let matches = knowledge.search(&analysis, jurisdiction, asking.today, 1);
        match knowledge.answered(asking, &matches) {
            Ok(answer) => answer.entry,
            Err(why) => {
                let best = matches.first();
                let words = || analysis.terms.iter().filter(|term| term.weight > 0).map(|term| term.text.as_str());
                let duty = snapshot.release(jurisdiction).map(|release| release.duties.best(words()).unit);
                let owner = || best.map(|it| it.owner.clone()).unwrap_or_default();
                return Ok(Reply::None(Box::new(Unanswered {
                    why: why.to_string(),
                    entry: best.map(|it| it.entry.clone()).unwrap_or_default(),
                    confidence: best.map_or(0, |it| it.confidence),
                    signature: Signature::of(&analysis),
                    unit: duty.filter(|unit| !unit.is_empty()).unwrap_or_else(owner),
                })));
            }
        }
    } else {
        wish.entry.clone()
    };
    match knowledge.guided(jurisdiction, &entry, &wish.choices, asking.today) {
        Ok(Guided::Ask { entry, step }) => Ok(Reply::Ask {
            entry: entry.entry.id.clone(),
            ask: step.ask.clone(),
            options: step.options.iter().map(|option| option.text.clone()).collect(),
        }),
        Ok(Guided::Answer { entry, text }) => Ok(Reply::Answer(Box::new(replied(knowledge, entry, text)))),
        Err(Astray::Gone { entry }) if wish.choices.is_empty() => {
            Err(Error::missing(Missing::Entry, &entry, "请核对知识条目编号，或条目不在有效期内"))
        }
        Err(astray) => Err(Error::field("choices", astray.to_string())),
    }
}

fn replied(knowledge: &Knowledge, published: &Published, text: &str) -> Replied {
    let entry = &published.entry;
    Replied {
        entry: entry.id.clone(),
        question: entry.question.clone(),
        text: text.trim().to_owned(),
        basis: entry.basis.clone(),
        source: entry.source.clone(),
        owner: entry.owner.clone(),
        as_of: published.as_of.to_string(),
        related: knowledge.related(published),
    }
}
