//! The one thread that writes. Per batch: decide each request against the view and the batch in hand, write and
//! synchronise the journal once, apply to the view, and only then acknowledge and publish.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::append::ClaimNext;
use super::append::{AppendError, Appended};
use super::core::Core;
use super::enterprise::{Enterprise, EnterpriseWork};
use super::journal::Writer;
use super::knowledge::{Imported, KnowledgeWork};
use super::outbox::{Noted, OutboxWork};
use super::plan::{Plan, Planned, Ready};
use super::pulse::Committed;
use super::release::ReleaseWork;
use super::workbench::WorkbenchCommit;
use crate::releases::Record;
use crate::ticket::Recorded;

/// Requests taken into one batch at most.
const BATCH: usize = 256;
/// Bytes of frames after which a batch is closed.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

pub(crate) enum Work {
    Append(Box<Ready>),
    Claim(Box<ClaimNext>),
    Knowledge(Box<KnowledgeWork>),
    Release(Box<ReleaseWork>),
    Outbox(Box<OutboxWork>),
    Enterprise(Box<EnterpriseWork>),
    Workbench(Box<WorkbenchCommit>),
    /// Done while nothing is being written; it is given the next sequence.
    Still(Box<dyn FnOnce(u64) + Send>),
    Stop,
}

/// What was done.
pub(crate) enum Done {
    Appended(Box<Appended>),
    /// Nobody waits, or there is nothing to say beyond that it was done.
    Empty,
    Knowledge(Box<Imported>),
    Release(Option<Box<Record>>),
    Outbox(Box<Noted>),
    Enterprise(Box<Enterprise>),
}

pub(crate) type Outcome = Result<Done, AppendError>;
pub(crate) type Reply = Box<dyn FnOnce(Outcome) + Send>;

pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) reply: Reply,
}

pub(crate) struct Committer {
    pub(crate) core: Arc<Core>,
    pub(crate) writer: Writer,
    /// The next sequence.
    pub(crate) next: u64,
}

impl Committer {
    /// Until it is told to stop or every sender is gone.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        let _guard = PanicGuard(Arc::clone(&self.core));
        let mut going = true;
        while let Some(first) = going.then(|| jobs.recv().ok()).flatten() {
            let pressure = &Arc::clone(&self.core).pressure;
            pressure.left();
            pressure.begins((self.core.clock)());
            let (on, done) = self.batch(first, jobs);
            pressure.ended((self.core.clock)(), done);
            going = on;
        }
    }

    /// Whether to go on, and how many jobs it were.
    fn batch(&mut self, first: Job, jobs: &Receiver<Job>) -> (bool, usize) {
        let core = Arc::clone(&self.core);
        let place = match core.refusal().map_or_else(|| self.place(), Err) {
            Ok(place) => place,
            Err(error) => return (refuse(first, &error), 1),
        };
        let mut plan = Plan::begin(&core, place, self.next);
        let mut replies: Vec<(Reply, Outcome)> = Vec::new();
        let mut job = Some(first);
        let (mut going, mut still) = (true, None);
        while let Some(Job { work, reply }) = job {
            match work {
                Work::Stop => {
                    replies.push((reply, Ok(Done::Empty)));
                    going = false;
                    break;
                }
                Work::Still(look) => {
                    still = Some((look, reply));
                    break;
                }
                work => replies.push((reply, plan.take(work))),
            }
            let full = replies.len() >= BATCH || plan.bytes() >= BATCH_BYTES;
            job = if full { None } else { jobs.try_recv().ok().inspect(|_| core.pressure.left()) };
        }
        let (published, done) = (self.settle(plan, replies.len()), replies.len());
        answer(replies, published.as_ref().err());
        for event in published.unwrap_or_default() {
            // An error means that nobody listens.
            let _ = core.recorded.send(Arc::new(event));
        }
        if let Some((look, reply)) = still {
            look(self.next);
            reply(Ok(Done::Empty));
        }
        (going, done)
    }

    fn place(&mut self) -> Result<super::journal::Location, AppendError> {
        self.writer.place(self.next).map_err(|error| self.failed(format!("journal: {error}")))
    }

    /// Journal, then view. An error leaves it open whether the batch was stored: the store stops.
    fn settle(&mut self, plan: Plan<'_>, requests: usize) -> Result<Vec<Recorded>, AppendError> {
        let Planned { frames, changes, events, next, erased } = plan.finish().map_err(|reason| self.failed(reason))?;
        if frames.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(keys) = &self.core.keys {
            keys.sync().map_err(|error| self.failed(format!("keys: {error}")))?;
        }
        let start = (self.core.clock)();
        self.writer.write(&frames).map_err(|error| self.failed(format!("journal: {error}")))?;
        let nanoseconds = (self.core.clock)().saturating_sub(start);
        self.core.voice.committed(Committed { requests, bytes: frames.len(), nanoseconds });
        for key in erased {
            let destroyed = self.core.keys.as_ref().map_or(Ok(()), |keys| keys.destroy(key));
            destroyed.map_err(|error| self.failed(format!("keys: {error}")))?;
        }
        self.core.view.apply(changes).map_err(|error| self.failed(error.to_string()))?;
        self.next = next;
        Ok(events)
    }

    fn failed(&self, reason: String) -> AppendError {
        self.core.fail(reason.clone());
        AppendError::Failed { reason }
    }
}

/// Answers one request without doing it; whether to go on.
fn refuse(job: Job, error: &AppendError) -> bool {
    let going = !matches!(job.work, Work::Stop);
    (job.reply)(Err(error.clone()));
    going
}

fn answer(replies: Vec<(Reply, Outcome)>, failed: Option<&AppendError>) {
    for (reply, outcome) in replies {
        reply(match failed {
            Some(error) => outcome.and(Err(error.clone())),
            None => outcome,
        });
    }
}

/// A panic here is a bug, and must not look like a store that is merely slow.
struct PanicGuard(Arc<Core>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail("the committer panicked".into());
        }
    }
}
