//! Text models: trained beside the service, kept in the store, put into use by a person. What decides is named by every decision.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::decided::lessons;
use super::{App, Error, Live, Missing, STACK};
use crate::access::{Caller, Operation};
use crate::course::{Course, InUse, NotTrained, Signed, Target, Trained};
use crate::learn::Model;
use crate::lesson::Given;
use crate::store::{AppendError, ReadError, Store};
use crate::ticket::Actor;
use crate::triage::{Release, Snapshot};

/// Trainings of this process, the last one of each jurisdiction.
#[derive(Default)]
pub(super) struct School(Mutex<BTreeMap<String, Training>>);

/// One training, running or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Training {
    pub target: Target,
    pub started_at: DateTime<Utc>,
    pub started_by: String,
    pub running: bool,
    /// The model that came of it.
    pub number: Option<u64>,
    /// Why none did, Chinese.
    pub error: Option<String>,
}

/// What is to be learnt.
pub struct TrainWish {
    pub target: Target,
    /// `None`: from the decided tickets of the store.
    pub lines: Option<Vec<Given>>,
}

/// What a jurisdiction has learnt.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelList {
    pub jurisdiction: String,
    /// Which decide.
    pub in_use: Vec<InUse>,
    /// The last training of this process.
    pub training: Option<Training>,
    /// Newest first.
    pub models: Vec<Trained>,
}

/// Why nothing was trained.
#[derive(Debug, thiserror::Error)]
pub enum Untaught {
    #[error(transparent)]
    NotTrained(#[from] NotTrained),
    #[error("{0}")]
    Read(#[from] ReadError),
    #[error("{0}")]
    Append(#[from] AppendError),
}

/// Trains and keeps a model. Seconds to minutes; blocks.
pub fn train(
    store: &Store,
    release: &Release,
    wish: TrainWish,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<Trained, Untaught> {
    let course = match wish.lines {
        Some(lines) => Course::of_lines(release, wish.target, lines),
        None => Course::of_lessons(release, lessons(store, &release.jurisdiction)?),
    };
    let model = course.train(release)?;
    let number = store.models(&release.jurisdiction)?.first().map_or(0, |newest| newest.number) + 1;
    let signed = Signed { by: actor.person.clone(), at };
    let trained = Trained::new(release, number, &course, &model, signed);
    Ok(store.put_model(trained, &model.to_bytes(), actor)?)
}

/// Which models decide.
pub fn in_use(store: &Store, jurisdiction: &str) -> Result<Vec<InUse>, ReadError> {
    let of = |target| store.model_in_use(jurisdiction, target).transpose();
    Target::ALL.into_iter().filter_map(of).collect()
}

/// Puts a model into use, or none, in the store. What serves follows with [`App::use_model`] or the next start.
pub fn choose(
    store: &Store,
    jurisdiction: &str,
    target: Target,
    number: Option<u64>,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<(InUse, Option<Model>), Error> {
    let model = match number {
        None => None,
        Some(number) => {
            let trained = known(store, jurisdiction, number)?;
            if trained.target != target {
                return Err(Error::field("number", format!("第 {number} 个模型学的是{}", trained.target.title())));
            }
            if trained.discarded.is_some() {
                return Err(Error::field("number", format!("第 {number} 个模型已经作废，请选别的或重新训练")));
            }
            let bytes = store.model_bytes(&trained)?;
            Some(Model::from_bytes(&bytes).map_err(|error| Error::field("number", error.to_string()))?)
        }
    };
    let in_use = InUse { target, number, signed: Signed { by: actor.person.clone(), at } };
    store.use_model(jurisdiction, in_use.clone(), actor)?;
    Ok((in_use, model))
}

/// Marks a model that nobody wants any more. One that decides stays.
pub fn discard(
    store: &Store,
    jurisdiction: &str,
    number: u64,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<Trained, Error> {
    let mut trained = known(store, jurisdiction, number)?;
    if in_use(store, jurisdiction)?.iter().any(|it| it.number == Some(number)) {
        return Err(Error::field("number", format!("第 {number} 个模型正在使用，请先换一个或停用")));
    }
    if trained.discarded.is_none() {
        trained.discarded = Some(Signed { by: actor.person.clone(), at });
        store.note_model(trained.clone(), actor, at)?;
    }
    Ok(trained)
}

fn known(store: &Store, jurisdiction: &str, number: u64) -> Result<Trained, Error> {
    let unknown = || {
        Error::missing(
            Missing::Model,
            &number.to_string(),
            format!("请核对序号，见 GET /v1/rules/{jurisdiction}/models"),
        )
    };
    store.model(jurisdiction, number)?.ok_or_else(unknown)
}

/// The models that were in use decide again. One that cannot be read is reported, and requests are decided without.
pub(super) fn resume(store: &Store, live: &Live) -> Result<(), ReadError> {
    let jurisdictions: Vec<String> = live.snapshot().releases.keys().cloned().collect();
    for jurisdiction in jurisdictions {
        for InUse { target, number, .. } in in_use(store, &jurisdiction)? {
            let Some(trained) = number.map(|number| store.model(&jurisdiction, number)).transpose()?.flatten() else {
                continue;
            };
            let read = store.model_bytes(&trained).map_err(|error| error.to_string());
            match read.and_then(|bytes| Model::from_bytes(&bytes).map_err(|error| error.to_string())) {
                Ok(model) => show(live, &jurisdiction, target, Some(model)),
                Err(error) => tracing::error!(jurisdiction, number, error, "a model cannot be read"),
            }
        }
    }
    Ok(())
}

fn show(live: &Live, jurisdiction: &str, target: Target, model: Option<Model>) {
    let model = model.map(Arc::new);
    live.snapshot.rcu(|now| {
        let mut next = Snapshot::clone(now);
        let models = next.models.entry(jurisdiction.to_owned()).or_default();
        match target {
            Target::Unit => models.unit.clone_from(&model),
            Target::Nature => models.nature.clone_from(&model),
        }
        Arc::new(next)
    });
}

impl App {
    /// Starts a training beside the service. One at a time in each jurisdiction; what came of it stands in [`App::models`].
    pub async fn train(&self, caller: &Caller, jurisdiction: &str, wish: TrainWish) -> Result<Training, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let release = self.live.snapshot().release(&jurisdiction).cloned().ok_or(Error::NoRegulation)?;
        let (actor, at) = (caller.actor(Operation::EditRules), self.now());
        if wish.target == Target::Nature && wish.lines.is_none() {
            return Err(Error::field("lines", "来件性质由规则判定，工单里没有人定的标签；请随请求附上带标签的历史"));
        }
        let training = self.school.begin(&jurisdiction, wish.target, &actor, at)?;
        let app = self.clone();
        let run = move || {
            let made = train(&app.store, &release, wish, actor, at);
            match &made {
                Ok(trained) => tracing::info!(jurisdiction, number = trained.number, "a model was trained"),
                Err(error) => tracing::warn!(jurisdiction, %error, "no model was trained"),
            }
            app.school.end(&jurisdiction, made);
        };
        // Its own thread: it takes seconds, and requests are decided meanwhile.
        let started = std::thread::Builder::new().name("train".into()).stack_size(STACK).spawn(run);
        started.map_err(|_| Error::Overloaded)?;
        Ok(training)
    }

    pub async fn models(&self, caller: &Caller, jurisdiction: &str) -> Result<ModelList, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let training = self.school.of(&jurisdiction);
        let list = move |store: &Store| -> Result<ModelList, Error> {
            let (in_use, models) = (in_use(store, &jurisdiction)?, store.models(&jurisdiction)?);
            Ok(ModelList { jurisdiction, in_use, training, models })
        };
        self.read(list).await?
    }

    /// From the next request on this model decides along, or none does.
    pub async fn use_model(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        target: Target,
        number: Option<u64>,
    ) -> Result<InUse, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (actor, at) = (caller.actor(Operation::ApproveRules), self.now());
        let live = self.live.clone();
        let change = move |store: &Store| -> Result<InUse, Error> {
            // Of two who choose, the store and what serves see the same last one.
            let _publishing = live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
            let (in_use, model) = choose(store, &jurisdiction, target, number, actor, at)?;
            show(&live, &jurisdiction, target, model);
            Ok(in_use)
        };
        self.read(change).await?
    }

    pub async fn discard_model(&self, caller: &Caller, jurisdiction: &str, number: u64) -> Result<Trained, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (actor, at) = (caller.actor(Operation::EditRules), self.now());
        self.read(move |store| discard(store, &jurisdiction, number, actor, at)).await?
    }
}

impl School {
    fn begin(&self, jurisdiction: &str, target: Target, by: &Actor, at: DateTime<Utc>) -> Result<Training, Error> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(jurisdiction).is_some_and(|training| training.running) {
            return Err(Error::TrainingRunning { jurisdiction: jurisdiction.to_owned() });
        }
        let started_by = by.person.clone();
        let training = Training { target, started_at: at, started_by, running: true, number: None, error: None };
        all.insert(jurisdiction.to_owned(), training.clone());
        Ok(training)
    }

    fn end(&self, jurisdiction: &str, made: Result<Trained, Untaught>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(training) = all.get_mut(jurisdiction) {
            training.running = false;
            match made {
                Ok(trained) => training.number = Some(trained.number),
                Err(error) => training.error = Some(error.to_string()),
            }
        }
    }

    fn of(&self, jurisdiction: &str) -> Option<Training> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(jurisdiction).cloned()
    }
}
