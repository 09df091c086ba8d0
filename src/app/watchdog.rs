//! Sees how long scripts run, and ends what takes too long. Steps bound a script already; this is for what a step may cost.
//!
//! Time is counted in looks of this thread, each worth at most twice the pause between two: a machine that stood still for a
//! while blames no rule.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::pool::Hall;
use crate::clock;
use crate::rules::{Fuse, fuses};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the function of a rule may run; a sound one takes less than a thousandth of it.
const CALL: Duration = Duration::from_millis(500);
/// How long one decision may take; after that nobody gets more than a moment.
const EVALUATION: Duration = Duration::from_secs(3);
const MOMENT: Duration = Duration::from_millis(100);
/// After this a call that was told to end does not hear it, and never will.
const STUCK: Duration = Duration::from_secs(10);

/// Watches every thread that runs scripts, for as long as the pool lives.
pub(super) fn start(pool: &Arc<Hall>) -> std::io::Result<()> {
    let pool = Arc::downgrade(pool);
    thread::Builder::new().name("watchdog".into()).spawn(move || run(&pool))?;
    Ok(())
}

fn run(pool: &Weak<Hall>) {
    let (mut watch, mut last) = (Watch::default(), clock::monotonic_ns());
    loop {
        thread::park_timeout(PAUSE);
        // Threads that were given up may hold it for ever.
        let Some(pool) = pool.upgrade().filter(|pool| !pool.is_closed()) else { return };
        let now = clock::monotonic_ns();
        let passed = Duration::from_nanos(now.saturating_sub(last)).min(2 * PAUSE);
        last = now;
        for (fuse, what) in watch.look(&fuses(), passed) {
            pool.replace(fuse, &what);
        }
    }
}

/// What was seen running, and for how long.
#[derive(Default)]
pub(super) struct Watch {
    seen: HashMap<u64, Seen>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    call: u64,
    called: Duration,
    evaluation: u64,
    evaluated: Duration,
    given_up: bool,
}

impl Watch {
    /// One look, so long after the last one. Blows the fuses of what takes too long; gives the fuses that did not help.
    pub(super) fn look(&mut self, fuses: &[Arc<Fuse>], passed: Duration) -> Vec<(u64, Arc<str>)> {
        let (mut seen, mut stuck) = (HashMap::new(), Vec::new());
        for fuse in fuses {
            let Some(running) = fuse.running() else { continue };
            let before = self.seen.get(&fuse.id).copied().unwrap_or_default();
            let mut now = Seen { call: running.call, evaluation: running.evaluation, ..Seen::default() };
            if before.call == running.call {
                (now.called, now.given_up) = (before.called + passed, before.given_up);
            }
            if before.evaluation == running.evaluation && running.evaluation != 0 {
                now.evaluated = before.evaluated + passed;
            }
            let allowed = if now.evaluated >= EVALUATION { MOMENT } else { CALL };
            if now.called >= allowed {
                if before.called < allowed {
                    tracing::warn!(rule = &*running.what, "it takes too long and is ended");
                }
                fuse.blow(running.call);
            }
            if now.called >= STUCK && !now.given_up {
                now.given_up = true;
                stuck.push((fuse.id, running.what));
            }
            seen.insert(fuse.id, now);
        }
        self.seen = seen;
        stuck
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{enter, evaluation};

    fn mine() -> Vec<Arc<Fuse>> {
        vec![Fuse::mine()]
    }

    const TICK: Duration = Duration::from_millis(100);

    /// Looks until the fuse of this thread's call is blown, at most so often.
    fn looks_until_blown(watch: &mut Watch, most: usize, blown: impl Fn() -> bool) -> Option<usize> {
        (1..=most).find(|_| {
            watch.look(&mine(), TICK);
            blown()
        })
    }

    #[test]
    fn a_call_has_half_a_second_and_less_in_a_decision_that_takes_long() {
        let mut watch = Watch::default();
        let what: Arc<str> = "a.slow".into();
        let blown = || Fuse::mine().is_blown();
        {
            let _call = enter(&what, u64::MAX);
            // The first look begins to count.
            assert_eq!(looks_until_blown(&mut watch, 20, blown), Some(6));
        }
        let _decision = evaluation();
        for _ in 0..6 {
            let _call = enter(&what, u64::MAX);
            assert_eq!(looks_until_blown(&mut watch, 5, blown), None);
        }
        let _call = enter(&what, u64::MAX);
        assert_eq!(looks_until_blown(&mut watch, 20, blown), Some(2));
    }

    #[test]
    fn what_does_not_end_is_given_up_once() {
        let mut watch = Watch::default();
        let _call = enter(&"a.deaf".into(), u64::MAX);
        let stuck: Vec<usize> = (0..300).filter(|_| !watch.look(&mine(), TICK).is_empty()).collect();
        assert_eq!(stuck, [100]);
    }

    #[test]
    fn another_call_begins_anew() {
        let mut watch = Watch::default();
        for _ in 0..20 {
            let _call = enter(&"a.quick".into(), u64::MAX);
            watch.look(&mine(), TICK);
            assert!(!Fuse::mine().is_blown());
        }
    }
}
