//! How often somebody may come: GCRA, so that a burst is allowed and the mean is kept, by whatever they are told apart by.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// Callers that are remembered. Where there are more, the newcomers share one measure.
const MOST: usize = 50_000;

type Counts<K, C> = RateLimiter<K, DefaultKeyedStateStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Counts by key. Who has not come for a while is forgotten.
pub(super) struct Limiter<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    /// `None` in the place of a key: all who come when there are too many.
    counts: Counts<Option<K>, C>,
    clock: C,
}

/// So many in `per`, and as many as `burst` at once.
fn quota(many: u32, per: Duration, burst: u32) -> Quota {
    let one = NonZeroU32::MIN;
    let each = per / NonZeroU32::new(many).unwrap_or(one).get();
    let each = each.max(Duration::from_nanos(1));
    Quota::with_period(each).unwrap_or(Quota::per_second(one)).allow_burst(NonZeroU32::new(burst).unwrap_or(one))
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `many` in each `per` on the average, `burst` at once; each at least 1.
    pub(super) fn new(many: u32, per: Duration, burst: u32) -> Self {
        Self::with_clock(many, per, burst, DefaultClock::default())
    }
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Limiter<K, C> {
    fn with_clock(many: u32, per: Duration, burst: u32, clock: C) -> Self {
        Self { counts: RateLimiter::dashmap_with_clock(quota(many, per, burst), clock.clone()), clock }
    }

    /// Counts one. `Err`: it is one too many; whole seconds to wait, at least 1.
    pub(super) fn take(&self, key: K) -> Result<(), u64> {
        if self.counts.len() >= MOST {
            self.counts.retain_recent();
        }
        let key = Some(key).filter(|_| self.counts.len() < MOST);
        self.counts.check_key(&key).map_err(|not_yet| {
            let wait = not_yet.earliest_possible().duration_since(self.clock.now());
            Duration::from(wait).as_secs() + 1
        })
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn each_key_has_a_burst_and_then_its_mean() {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::with_clock(2, Duration::from_secs(60), 2, clock.clone());
        assert_eq!(["a", "a", "b"].map(|key| limiter.take(key)), [Ok(()), Ok(()), Ok(())]);
        assert_eq!(limiter.take("a"), Err(31), "one comes back each 30 seconds");
        clock.advance(Duration::from_secs(30));
        assert_eq!([limiter.take("a"), limiter.take("b")], [Ok(()), Ok(())]);
        assert!(limiter.take("a").is_err());
    }

    #[test]
    fn who_is_many_shares_one_measure_and_is_forgotten_in_time() {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::with_clock(1, Duration::from_secs(1), 1, clock.clone());
        for n in 0..MOST {
            assert_eq!(limiter.take(n), Ok(()));
        }
        assert_eq!([limiter.take(MOST), limiter.take(MOST + 1)], [Ok(()), Err(2)]);
        assert!(limiter.counts.len() <= MOST + 1);
        clock.advance(Duration::from_secs(10));
        assert_eq!(limiter.take(MOST + 2), Ok(()));
        assert!(limiter.counts.len() < 10);
    }
}
