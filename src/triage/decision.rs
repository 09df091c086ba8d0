//! What a triage yields, complete enough to explain and to replay it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Earlier, Part};
use crate::digest::Digest;
use crate::matter::Trace;
use crate::similar::{Evidence, Precedent};

/// What becomes of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The knowledge base answers a 咨询.
    Answered,
    /// A lead unit was certain enough.
    Dispatched,
    /// A person decides: the manual dispatch queue.
    Queued,
    /// Rules propose a refusal; a person confirms.
    RefusalProposed,
}

/// 预警. Ordered: none < blue < yellow < red.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    #[default]
    None,
    Blue,
    Yellow,
    Red,
}

/// 特殊事项 / 特殊紧急事项 (湖南 第十八条).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    #[default]
    None,
    Special,
    SpecialUrgent,
}

/// A weight or a confidence in thousandths.
pub type Thousandths = i32;

/// A word of a rule found in the request, placed in the text as it was sent (byte offsets of title + "\n" + text).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    pub word: String,
    pub start: u32,
    pub end: u32,
}

/// One rule's voice for or against one candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Vote {
    pub rule: String,
    pub file: String,
    pub line: u32,
    /// What is voted for: a unit, a nature, a topic, a refusal code, a level …
    pub candidate: String,
    /// Thousandths, negative against; ignored when `veto`.
    pub weight: Thousandths,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub veto: bool,
    /// False when a stronger vote of the same group speaks for (or against) the same candidate.
    pub counted: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The article or law behind the rule.
    pub basis: String,
}

/// A candidate of an axis or of the lead, with the sum of its counted votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    pub name: String,
    pub weight: Thousandths,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vetoed: bool,
}

/// One decided question with everything that was said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ruling {
    /// The decided value; empty when undecided.
    pub value: String,
    /// All candidates, strongest first; ties by name.
    pub ranking: Vec<Candidate>,
    pub votes: Vec<Vote>,
}

/// Something a rule said that is not a vote: 特殊, 转人工, 不予受理, 提示来件人.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Remark {
    pub rule: String,
    pub file: String,
    pub line: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
    pub why: String,
    pub basis: String,
    /// Said to the requester at once, for example an emergency number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tell: String,
}

/// A refusal class proposed by rules; a person confirms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalProposal {
    pub code: u16,
    pub name: String,
    pub article: String,
    pub said_by: Vec<Remark>,
    /// True when an emergency signal cancelled it (A-HN-7): shown, never carried out.
    pub cancelled: bool,
}

/// Why a ticket waits for a person. Closed: dispatch screens group by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Obstacle {
    /// No unit got a vote.
    NoCandidate,
    /// The best unit has fewer votes than the jurisdiction asks for.
    TooWeak { unit: String, weight: Thousandths, needed: Thousandths },
    /// Two units are too close.
    TooClose { first: String, second: String, margin: Thousandths, needed: Thousandths },
    /// The best unit was vetoed.
    Vetoed { unit: String, rule: String },
    /// A rule asked for a person.
    RuleAskedForPerson { rule: String, why: String },
    /// All that speaks for the winner comes from rules that are not automatic yet (`auto: false`).
    NotAutomaticYet { rule: String },
    /// A refusal has to be confirmed.
    RefusalToConfirm { codes: Vec<u16> },
    /// A 咨询 that the knowledge base does not answer surely enough and no unit is certain.
    NoAnswer { best: Option<String>, confidence: Thousandths, needed: Thousandths },
    /// An `admit` rule failed or a limit blew: named, and a person looks.
    RuleFailed { rule: String },
    /// Nothing to work with: no words in the text.
    EmptyText,
    /// This jurisdiction has no release that compiles.
    NoRelease,
}

/// A knowledge entry that fits, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Match {
    pub entry: String,
    pub question: String,
    pub owner: String,
    pub category: String,
    /// 提前报备: it stands above entries that fit about as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pre_notice: bool,
    /// 复核到期: its owner has to look at it before it is told by the machine again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// 0..=1000, the same number in test and live.
    pub confidence: Thousandths,
    /// The question of the entry that fitted best.
    pub matched_question: String,
    /// The telling words shared by both.
    pub matched: Vec<String>,
    /// The telling words of the request that the entry lacks.
    pub missing: Vec<String>,
}

/// A rule that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedRule {
    pub rule: String,
    /// It hit a limit of the sandbox: the rule leaves service.
    pub overrun: bool,
    /// It was ended because of its time; a replay does not run it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
    pub message: String,
}

/// An answer given by the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    pub entry: String,
    pub text: String,
    pub basis: String,
    pub source: String,
    pub owner: String,
    /// Last change of the entry, as a date.
    pub as_of: String,
    /// Entries that are linked to it, to be read with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Linked>,
}

/// An entry by its id and what it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Linked {
    pub entry: String,
    pub question: String,
}

/// The hashes of everything the decision was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeWith {
    /// Release of the jurisdiction: rules, units, regulation, dictionaries, calendar.
    #[schema(value_type = String)]
    pub release: Digest,
    #[schema(value_type = String)]
    pub lexicon: Digest,
    /// Knowledge version: epoch and store sequence.
    pub knowledge: String,
    /// Version of the program.
    pub program: String,
    /// Rules that were out of service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspended: Vec<String>,
    /// Rules that were ended because of their time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timed_out: Vec<String>,
    /// Text models that were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub models: Vec<Digest>,
}

/// What the models that were trained on decided tickets make of the text; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Learned {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The share of such predictions that is right, in thousandths.
    #[serde(default)]
    pub confidence: Thousandths,
    /// Sure enough for the precision that the jurisdiction wants of automatic dispatch.
    #[serde(default)]
    pub sure: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub nature: String,
    #[serde(default)]
    pub nature_confidence: Thousandths,
}

/// The facts as rules saw them: with the release they replay the decision bit for bit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Facts {
    /// Normalised title + "\n" + text.
    pub text: String,
    /// Byte ends of the words in `text` (jieba cuts).
    pub cuts: Vec<u32>,
    /// From places in `text` to places in the text as sent: see `text::OffsetMap`.
    pub offsets: Vec<(u32, u32)>,
    pub channel: String,
    pub requester: String,
    pub section: String,
    pub places: Vec<String>,
    pub place_unit: String,
    /// Yuan, largest first.
    pub amounts: Vec<i64>,
    pub best_entry: String,
    pub best_owner: String,
    pub best_category: String,
    pub best_confidence: Thousandths,
    pub duty_unit: String,
    pub duty_score: Thousandths,
    /// What decided tickets that are alike say, and what was learnt from all of them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub similar: Evidence,
    #[serde(default, skip_serializing_if = "is_none")]
    pub learned: Learned,
    /// Earlier tickets of the same requester about the same matter; how many of them are open, and done.
    pub repeats: u32,
    /// 大类 and 小类 that the requester chose.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chosen_category: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chosen_topic: String,
    /// The matter that the platform named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub matter: String,
    #[serde(default)]
    pub repeat_open: u32,
    #[serde(default)]
    pub repeat_done: u32,
    /// Distinct requesters with the same matter of late, this one included; 0: nobody else.
    #[serde(default)]
    pub same_matter: u32,
    /// The same matter was declared terminated.
    #[serde(default)]
    pub terminated: bool,
    /// 0..=23 in Asia/Shanghai.
    pub hour: u32,
    pub workday: bool,
    /// Clock time only; empty at intake.
    pub mark: String,
    pub clock: String,
    pub flags: Vec<String>,
}

fn is_none<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The result of one triage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    pub jurisdiction: String,
    pub decided_at: DateTime<Utc>,
    pub outcome: Outcome,
    pub special: Special,
    pub warning: Warning,
    /// The matter of the catalogue that the request concerns; empty: none was recognised.
    #[serde(default)]
    pub matter: String,
    /// Axes: nature, category, topic, urgency, impact, skill.
    pub axes: BTreeMap<String, Ruling>,
    pub lead: Ruling,
    /// Units that assist, out of the winner's counted votes.
    pub assists: Vec<String>,
    /// Units with enough votes of their own: the regulation says who confirms them.
    pub proposed_assists: Vec<String>,
    /// Followers (for example 微管家), informed but not handling.
    pub followers: Vec<String>,
    /// Rules that named assists or followers without voting for a lead.
    pub side_remarks: Vec<Remark>,
    pub specials: Vec<Remark>,
    pub refusals: Vec<RefusalProposal>,
    pub warnings: Vec<Vote>,
    /// What kept the ticket from going out by itself; empty when it did.
    pub obstacles: Vec<Obstacle>,
    pub answer: Option<Answer>,
    pub matches: Vec<Match>,
    /// What the requester is told at once.
    pub tell: Vec<String>,
    /// Rules that failed while deciding (counted; they cast no vote).
    pub failed_rules: Vec<FailedRule>,
    pub made_with: MadeWith,
    pub facts: Facts,
    /// Earlier tickets about the same matter, the strongest relation first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
    /// Decided tickets that are alike, the most alike first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precedents: Vec<Precedent>,
    /// 一事一单: the matters of a text that tells several. A person splits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposed_split: Vec<Part>,
    /// What later tickets find this one by.
    #[serde(default, skip_serializing_if = "Trace::is_empty")]
    pub trace: Trace,
}

impl Decision {
    /// The decided value of an axis, "" if undecided.
    pub fn axis(&self, name: &str) -> &str {
        self.axes.get(name).map_or("", |ruling| ruling.value.as_str())
    }
}

impl Decision {
    /// Nothing decided yet: a ticket for the manual queue.
    pub fn undecided(jurisdiction: &str, now: DateTime<Utc>, facts: Facts, made_with: MadeWith) -> Self {
        Self {
            jurisdiction: jurisdiction.to_owned(),
            decided_at: now,
            outcome: Outcome::Queued,
            special: Special::None,
            warning: Warning::None,
            matter: String::new(),
            axes: BTreeMap::new(),
            lead: Ruling::default(),
            assists: Vec::new(),
            proposed_assists: Vec::new(),
            followers: Vec::new(),
            side_remarks: Vec::new(),
            specials: Vec::new(),
            refusals: Vec::new(),
            warnings: Vec::new(),
            obstacles: Vec::new(),
            answer: None,
            matches: Vec::new(),
            tell: Vec::new(),
            failed_rules: Vec::new(),
            made_with,
            facts,
            earlier: Vec::new(),
            precedents: Vec::new(),
            proposed_split: Vec::new(),
            trace: Trace::default(),
        }
    }
}
