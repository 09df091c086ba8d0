//! 回归问题: questions with the entry that should answer them, asked again at each change of knowledge; and what moved.

use serde::{Deserialize, Serialize};
use toml::Spanned;
use utoipa::ToSchema;

use super::explain::Asking;
use super::state::Knowledge;
use crate::diagnostic::{Diagnostic, toml_in_chinese};
use crate::digest::Digest;
use crate::text::analyse;
use crate::triage::{MATCHES, Thousandths};

/// A question and what should come of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub text: String,
    /// The entry that answers it; empty: none does, and a person has to.
    #[serde(default)]
    pub entry: String,
}

/// Longest question, in characters.
pub const LONGEST: usize = 500;
/// Questions of a jurisdiction that are asked at each change.
pub const MOST: usize = 2_000;

impl Question {
    /// The same text is the same question.
    pub fn id(&self) -> String {
        Digest::of(self.text.trim().as_bytes()).short().to_owned()
    }

    /// What is wrong with it, Chinese.
    pub fn check(&self) -> Option<String> {
        let length = self.text.chars().count();
        match length {
            _ if self.text.trim().is_empty() => Some("问题 text 为空".to_owned()),
            _ if length > LONGEST => Some(format!("问题 text 有 {length} 字，最多 {LONGEST} 字")),
            _ => None,
        }
    }
}

/// The name of the file of a jurisdiction's questions, beside its entries.
pub const FILE: &str = "questions.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    question: Vec<Spanned<Question>>,
}

/// Questions of a file, or everything that is wrong with it.
///
/// # Errors
/// Every problem found, with its line.
pub fn parse(file: &str, toml: &str) -> Result<Vec<Question>, Vec<Diagnostic>> {
    let line = |offset: usize| {
        let before = toml.as_bytes().iter().take(offset);
        1 + u32::try_from(before.filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX - 1)
    };
    let problem = |line, message: String| {
        Diagnostic::error(file, line, message)
            .help("每个问题以 [[question]] 开头，写 text；entry 是应答的条目，没有就不写")
    };
    let read = toml::from_str::<File>(toml).map_err(|error| {
        let place = line(error.span().map_or(0, |span| span.start));
        vec![problem(place, format!("问题无法读取：{}", toml_in_chinese(error.message()).0))]
    })?;
    let wrong = read.question.iter().filter_map(|it| Some(problem(line(it.span().start), it.get_ref().check()?)));
    let wrong: Vec<Diagnostic> = wrong.collect();
    if wrong.is_empty() { Ok(read.question.into_iter().map(Spanned::into_inner).collect()) } else { Err(wrong) }
}

/// How one question came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    pub text: String,
    /// Empty: none should answer.
    pub expected: String,
    /// The best entry; empty: nothing matches.
    pub found: String,
    pub confidence: Thousandths,
    /// It is sure enough to be told without a person.
    pub answered: bool,
    /// The right entry stands first, or rightly nothing is sure enough.
    pub right: bool,
}

/// Asks all questions. The same questions over the same knowledge come out the same.
pub fn ask(knowledge: &Knowledge, asking: &Asking<'_>, questions: &[Question]) -> Vec<Outcome> {
    let one = |question: &Question| {
        let analysis = analyse(asking.lexicon, asking.gazetteer, &question.text);
        let matches = knowledge.search(&analysis, asking.jurisdiction, asking.today, MATCHES);
        let answered = knowledge.answered(asking, &matches).is_ok();
        let best = matches.into_iter().next();
        let (found, confidence) = best.map_or_else(Default::default, |best| (best.entry, best.confidence));
        let right = if question.entry.is_empty() { !answered } else { found == question.entry };
        Outcome { text: question.text.clone(), expected: question.entry.clone(), found, confidence, answered, right }
    };
    questions.iter().map(one).collect()
}

/// In which way a question moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Right before, wrong now.
    Broken,
    /// Answered before, left to a person now; or the other way round.
    Silenced,
    Voiced,
    /// Wrong before, right now.
    Mended,
    /// The confidence is another.
    Shifted,
}

impl Move {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Broken => "由对变错",
            Self::Silenced => "不再直接答复",
            Self::Voiced => "改为直接答复",
            Self::Mended => "由错变对",
            Self::Shifted => "可信度变化",
        }
    }
}

/// One question that came out otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moved {
    pub how: Move,
    pub text: String,
    pub expected: String,
    pub before: Stand,
    pub after: Stand,
}

/// How a question stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stand {
    pub found: String,
    pub confidence: Thousandths,
    pub answered: bool,
    pub right: bool,
}

/// A smaller change of confidence is none worth showing, in thousandths.
const SHIFT: Thousandths = 50;

impl Outcome {
    pub fn stand(&self) -> Stand {
        let Self { found, confidence, answered, right, .. } = self;
        Stand { found: found.clone(), confidence: *confidence, answered: *answered, right: *right }
    }

    /// What moved since it stood otherwise.
    pub fn moved(&self, before: &Stand) -> Option<Moved> {
        let how = match (before.right, self.right) {
            (true, false) => Move::Broken,
            (false, true) => Move::Mended,
            _ if before.answered && !self.answered => Move::Silenced,
            _ if !before.answered && self.answered => Move::Voiced,
            _ if (before.confidence - self.confidence).abs() >= SHIFT || before.found != self.found => Move::Shifted,
            _ => return None,
        };
        let (text, expected) = (self.text.clone(), self.expected.clone());
        Some(Moved { how, text, expected, before: before.clone(), after: self.stand() })
    }
}

/// The outcomes of one run in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    pub questions: usize,
    pub right: usize,
    /// Told without a person, and of these the right ones.
    pub answered: usize,
    pub answered_right: usize,
}

impl Tally {
    pub fn of(outcomes: &[Outcome]) -> Self {
        let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|it| wanted(it)).count();
        Self {
            questions: outcomes.len(),
            right: count(|it| it.right),
            answered: count(|it| it.answered),
            answered_right: count(|it| it.answered && it.right),
        }
    }
}
