//! Regression questions: those of the packs and those that people keep, asked again at each change.

use std::collections::{BTreeMap, BTreeSet};

use super::asking;
use crate::access::{Caller, Operation};
use crate::app::{App, Error, FieldError, Lane, Missing, check, meant};
use crate::calendar::local_date;
use crate::digest::{Digest, Hasher};
use crate::knowledge::regression::{self, MOST, Move, Moved, Outcome, Question, Stand, Tally};
use crate::store::{KeptQuestion, RUNS, ReadError, Run, Store};
use crate::triage::Snapshot;

/// A run that nobody keeps.
pub struct Regressed {
    pub tally: Tally,
    pub outcomes: Vec<Outcome>,
    /// Against the last run that was kept.
    pub moved: Vec<Moved>,
    /// Version of the knowledge.
    pub knowledge: String,
}

/// What moved that is kept with a run, and how much of its text.
const MOST_MOVED: usize = 60;
const LONGEST_MOVED: usize = 120;

impl App {
    /// Asks all questions of a jurisdiction now.
    pub async fn regress(&self, caller: &Caller, jurisdiction: &str) -> Result<Regressed, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (snapshot, today) = (self.live.snapshot(), local_date((self.now)()));
        let (name, shipped) = (jurisdiction.clone(), self.live.shipped_questions(&jurisdiction));
        let read = move |store: &Store| Ok::<_, ReadError>((merged(store, &name, shipped)?, store.stands(&name)?));
        let (questions, stands) = self.read(read).await??;
        let ask = move || {
            let outcomes = asking(&snapshot, &jurisdiction, today, |knowledge, asking| {
                regression::ask(knowledge, asking, &questions)
            });
            let moved = moved(&outcomes, &stands.into_iter().collect());
            let knowledge = snapshot.knowledge(&jurisdiction).version().to_owned();
            Regressed { tally: Tally::of(&outcomes), outcomes, moved, knowledge }
        };
        self.pool.run(Lane::Desk, ask).await
    }

    /// The runs that were kept, newest first.
    pub async fn regressions(&self, caller: &Caller, jurisdiction: &str, limit: usize) -> Result<Vec<Run>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let limit = limit.min(usize::try_from(RUNS).unwrap_or(usize::MAX));
        Ok(self.read(move |store| store.runs(&jurisdiction, limit)).await??)
    }

    /// The questions: those of the packs, and those that people keep.
    pub async fn questions(
        &self,
        caller: &Caller,
        jurisdiction: &str,
    ) -> Result<(Vec<Question>, Vec<KeptQuestion>), Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let shipped = self.live.shipped_questions(&jurisdiction);
        Ok((shipped, self.read(move |store| store.questions(&jurisdiction)).await??))
    }

    /// Keeps a question, in the place of one with the same text.
    pub async fn keep_question(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        question: Question,
    ) -> Result<KeptQuestion, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        check::jurisdiction(&snapshot, &jurisdiction)?;
        let mut wrong = Vec::new();
        let mut add = |field: &str, message| wrong.push(FieldError { field: field.to_owned(), message });
        if let Some(message) = question.check() {
            add("text", message);
        }
        let known = || snapshot.knowledge(&jurisdiction).find(&jurisdiction, &question.entry).is_some();
        if !question.entry.is_empty() && !known() {
            add("entry", format!("没有条目「{}」；没有条目能答的问题，entry 留空", question.entry));
        }
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        let kept = KeptQuestion { id: question.id(), question, person: caller.person.clone(), at: (self.now)() };
        let (stored, actor) = (kept.clone(), caller.actor(Operation::TendKnowledge));
        self.read(move |store| {
            let known = store.questions(&jurisdiction)?;
            if known.len() >= MOST && !known.iter().any(|it| it.id == stored.id) {
                return Err(Error::field("text", format!("最多 {MOST} 个回归问题，请先删去不用的")));
            }
            Ok(store.keep_question(&jurisdiction, stored, actor)?)
        })
        .await??;
        self.live.changed();
        Ok(kept)
    }

    pub async fn drop_question(&self, caller: &Caller, jurisdiction: &str, id: &str) -> Result<(), Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (wanted, actor, at) = (id.to_owned(), caller.actor(Operation::TendKnowledge), (self.now)());
        let dropped = self.read(move |store| {
            let known = store.questions(&jurisdiction)?.iter().any(|it| it.id == wanted);
            if known {
                store.drop_question(&jurisdiction, &wanted, actor, at)?;
            }
            Ok::<_, Error>(known)
        });
        let unknown = || Error::missing(Missing::Question, id, "请核对编号；随规则包带的问题在 questions.toml 里改");
        dropped.await??.then_some(()).ok_or_else(unknown)?;
        self.live.changed();
        Ok(())
    }

    /// Asks again wherever something changed, notes what moved and says so in the log. Blocks.
    pub fn regress_changed(&self) -> Result<(), Error> {
        let snapshot = self.live.snapshot();
        for jurisdiction in snapshot.releases.keys() {
            self.regress_one(&snapshot, jurisdiction)?;
        }
        Ok(())
    }

    fn regress_one(&self, snapshot: &Snapshot, jurisdiction: &str) -> Result<(), Error> {
        let questions = merged(&self.store, jurisdiction, self.live.shipped_questions(jurisdiction))?;
        let before: BTreeMap<String, Stand> = self.store.stands(jurisdiction)?.into_iter().collect();
        if questions.is_empty() && before.is_empty() {
            return Ok(());
        }
        let basis = basis(snapshot, jurisdiction, &questions);
        if self.store.runs(jurisdiction, 1)?.first().is_some_and(|last| last.basis == basis) {
            return Ok(());
        }
        let at = (self.now)();
        let outcomes = asking(snapshot, jurisdiction, local_date(at), |knowledge, asking| {
            regression::ask(knowledge, asking, &questions)
        });
        let mut moved = moved(&outcomes, &before);
        let broken = moved.iter().filter(|it| it.how == Move::Broken).count();
        let tally = Tally::of(&outcomes);
        let (questions, right, all) = (tally.questions, tally.right, moved.len());
        if broken > 0 {
            tracing::warn!(jurisdiction, questions, right, moved = all, broken, "知识变动后有回归问题由对变错");
        } else {
            tracing::info!(jurisdiction, questions, right, moved = all, "regression questions asked");
        }
        moved.truncate(MOST_MOVED);
        moved.iter_mut().for_each(|it| it.text = it.text.chars().take(LONGEST_MOVED).collect());
        let knowledge = snapshot.knowledge(jurisdiction).version().to_owned();
        let run = Run { number: 0, at, knowledge, basis, tally, more: all - moved.len(), moved };
        let stands: Vec<(String, Stand)> = outcomes.iter().map(|it| (id_of(it), it.stand())).collect();
        let asked: BTreeSet<&String> = stands.iter().map(|(id, _)| id).collect();
        let gone = before.keys().filter(|id| !asked.contains(id)).cloned().collect();
        let changed = stands.iter().filter(|(id, stand)| before.get(id) != Some(stand)).cloned().collect();
        Ok(self.store.keep_run(jurisdiction, run, changed, gone)?)
    }
}

/// A question that somebody keeps stands in the place of a shipped one with the same text.
fn merged(store: &Store, jurisdiction: &str, shipped: Vec<Question>) -> Result<Vec<Question>, ReadError> {
    let kept = store.questions(jurisdiction)?.into_iter().map(|kept| kept.question);
    let mut all: BTreeMap<String, Question> = shipped.into_iter().map(|it| (it.id(), it)).collect();
    all.extend(kept.map(|it| (it.id(), it)));
    Ok(all.into_values().take(MOST).collect())
}

fn id_of(outcome: &Outcome) -> String {
    Question { text: outcome.text.clone(), entry: String::new() }.id()
}

/// The worst first.
fn moved(outcomes: &[Outcome], before: &BTreeMap<String, Stand>) -> Vec<Moved> {
    let mut moved: Vec<Moved> = outcomes.iter().filter_map(|it| it.moved(before.get(&id_of(it))?)).collect();
    moved.sort_by(|a, b| (a.how, &a.text).cmp(&(b.how, &b.text)));
    moved
}

/// Everything that a run depends on but the day.
fn basis(snapshot: &Snapshot, jurisdiction: &str, questions: &[Question]) -> Digest {
    let mut hasher = Hasher::default();
    let (knowledge, release) = (snapshot.knowledge(jurisdiction), snapshot.release(jurisdiction));
    hasher.part(knowledge.version().as_bytes()).part(knowledge.lexicon().as_str().as_bytes());
    hasher.part(release.map_or("", |release| release.digest.as_str()).as_bytes());
    for question in questions {
        hasher.part(question.text.as_bytes()).part(question.entry.as_bytes());
    }
    hasher.finish()
}
