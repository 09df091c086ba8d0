//! A fuse in front of every script that runs: how many steps it may take, and whether somebody outside has had enough.
//!
//! Each thread that evaluates has a fuse of its own, known to all. The core counts steps and looks at a flag; how long
//! something has run, and how long is too long, only an edge knows: it sees the number of the call that runs, and blows the
//! fuse of that call and no other.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Why a script has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// All steps are used up, those of its callbacks included: Rhai counts each callback from where its caller stood.
    Steps,
    /// The fuse was blown.
    Time,
}

/// The fuse of one thread. Written by that thread, but for `blown`.
#[derive(Debug)]
pub struct Fuse {
    /// Tells fuses apart.
    pub id: u64,
    calls: AtomicU64,
    evaluations: AtomicU64,
    /// Number of the call that runs; 0: none.
    call: AtomicU64,
    /// Number of the evaluation that it is part of; 0: none.
    evaluation: AtomicU64,
    /// Number of the call that has to end.
    blown: AtomicU64,
    steps: AtomicU64,
    most: AtomicU64,
    what: Mutex<Arc<str>>,
}

/// A call that runs, as seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Different for every call of a thread.
    pub call: u64,
    /// The same for all calls of one decision; 0: outside of any.
    pub evaluation: u64,
    /// Id of the rule, or name of the file that is being loaded.
    pub what: Arc<str>,
}

static ALL: Mutex<Vec<Weak<Fuse>>> = Mutex::new(Vec::new());

thread_local! {
    static MINE: Arc<Fuse> = Fuse::registered();
}

/// The fuses of all threads that ever ran a script and still live.
pub fn fuses() -> Vec<Arc<Fuse>> {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|fuse| fuse.strong_count() > 0);
    all.iter().filter_map(Weak::upgrade).collect()
}

impl Fuse {
    /// The one of this thread.
    pub fn mine() -> Arc<Self> {
        MINE.with(Arc::clone)
    }

    fn registered() -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let zero = AtomicU64::default;
        let fuse = Arc::new(Self {
            id: NEXT.fetch_add(1, Relaxed),
            calls: zero(),
            evaluations: zero(),
            call: zero(),
            evaluation: zero(),
            blown: zero(),
            steps: zero(),
            most: AtomicU64::new(u64::MAX),
            what: Mutex::new("".into()),
        });
        ALL.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&fuse));
        fuse
    }

    /// What runs on its thread now.
    pub fn running(&self) -> Option<Running> {
        let call = self.call.load(Relaxed);
        let what = Arc::clone(&self.what.lock().unwrap_or_else(PoisonError::into_inner));
        (call != 0).then(|| Running { call, evaluation: self.evaluation.load(Relaxed), what })
    }

    /// Whether the call that runs has to end.
    pub fn is_blown(&self) -> bool {
        let call = self.call.load(Relaxed);
        call != 0 && self.blown.load(Relaxed) == call
    }

    /// Ends this call at its next step, if it still runs. No other call is touched.
    pub fn blow(&self, call: u64) {
        self.blown.store(call, Relaxed);
    }
}

/// While it lives, a call runs on this thread.
pub(crate) struct Call {
    before: (u64, u64, u64),
}

/// While it lives, a decision is made on this thread.
pub(crate) struct Evaluation {
    before: u64,
}

/// A call begins, with so many steps.
pub(crate) fn enter(what: &Arc<str>, most: u64) -> Call {
    MINE.with(|fuse| {
        *fuse.what.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(what);
        let before = (fuse.call.load(Relaxed), fuse.steps.load(Relaxed), fuse.most.load(Relaxed));
        let number = fuse.calls.fetch_add(1, Relaxed) + 1;
        fuse.steps.store(0, Relaxed);
        fuse.most.store(most, Relaxed);
        fuse.call.store(number, Relaxed);
        Call { before }
    })
}

/// A decision begins. One within another is part of it.
pub(crate) fn evaluation() -> Evaluation {
    MINE.with(|fuse| {
        let before = fuse.evaluation.load(Relaxed);
        if before == 0 {
            fuse.evaluation.store(fuse.evaluations.fetch_add(1, Relaxed) + 1, Relaxed);
        }
        Evaluation { before }
    })
}

/// One step more.
pub(super) fn step() -> Option<Stop> {
    MINE.with(|fuse| {
        let steps = fuse.steps.load(Relaxed) + 1;
        fuse.steps.store(steps, Relaxed);
        match steps > fuse.most.load(Relaxed) {
            true => Some(Stop::Steps),
            false => fuse.is_blown().then_some(Stop::Time),
        }
    })
}

impl Drop for Call {
    fn drop(&mut self) {
        let (call, steps, most) = self.before;
        MINE.with(|fuse| {
            fuse.call.store(call, Relaxed);
            fuse.steps.store(steps, Relaxed);
            fuse.most.store(most, Relaxed);
        });
    }
}

impl Drop for Evaluation {
    fn drop(&mut self) {
        MINE.with(|fuse| fuse.evaluation.store(self.before, Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_call_that_was_meant_ends() {
        let fuse = Fuse::mine();
        let what: Arc<str> = "a.slow".into();
        let first = enter(&what, 10);
        let seen = fuse.running().unwrap();
        assert_eq!((&*seen.what, seen.evaluation, step()), ("a.slow", 0, None));
        drop(first);
        assert_eq!(fuse.running(), None);
        // Blown too late: the next call is another one.
        fuse.blow(seen.call);
        let _evaluation = evaluation();
        let _second = enter(&what, 10);
        assert_eq!((step(), fuse.running().unwrap().evaluation > 0), (None, true));
        fuse.blow(fuse.running().unwrap().call);
        assert_eq!(step(), Some(Stop::Time));
    }

    #[test]
    fn steps_are_counted_for_the_whole_call() {
        let _call = enter(&"a.long".into(), 3);
        assert_eq!((step(), step(), step(), step()), (None, None, None, Some(Stop::Steps)));
    }

    #[test]
    fn a_fuse_is_known_while_its_thread_lives() {
        let id = std::thread::spawn(|| Fuse::mine().id).join().unwrap();
        let mine = Fuse::mine().id;
        let known: Vec<u64> = fuses().iter().map(|fuse| fuse.id).collect();
        assert!(known.contains(&mine) && !known.contains(&id), "{known:?}");
    }
}
