//! Who keeps coming with wrong tokens is told to wait, longer each time. Knows no clock; every instant is in nanoseconds of a
//! clock that never goes back.
//!
//! It slows down guessing and makes it seen. A good token is never kept out by it: behind one address a whole hall may sit.

use std::collections::HashMap;
use std::net::IpAddr;

const SECOND: u64 = 1_000_000_000;
/// So many failures …
const FAILURES: u32 = 10;
/// … within so long.
const WINDOW: u64 = 60 * SECOND;
/// The first lockout; each further one is twice as long.
const FIRST: u64 = 30 * SECOND;
const LONGEST: u64 = 15 * 60 * SECOND;
/// After so long without a lockout, the next one is a first one again.
const FORGIVEN: u64 = 60 * 60 * SECOND;
/// Addresses that are remembered. Where more fail, the newcomers count as one.
const MOST: usize = 20_000;

/// Failures of one address.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    /// Beginning of the window.
    since: u64,
    failures: u32,
    /// Lockouts so far.
    strikes: u32,
    until: u64,
}

impl Record {
    fn stale(&self, now: u64) -> bool {
        now >= self.until.saturating_add(FORGIVEN) && now >= self.since.saturating_add(WINDOW)
    }
}

/// Failures by address.
#[derive(Debug, Default)]
pub struct Lockout(HashMap<Option<IpAddr>, Record>);

impl Lockout {
    /// Notes a failure. `Err`: this address has to wait so many seconds; `true` with it: from now on.
    pub fn failed(&mut self, from: IpAddr, now: u64) -> Result<(), (u64, bool)> {
        let key = self.key(from, now);
        let record = self.0.entry(key).or_insert(Record { since: now, ..Record::default() });
        if now < record.until {
            return Err(((record.until - now).div_ceil(SECOND), false));
        }
        if now >= record.since.saturating_add(WINDOW) {
            (record.since, record.failures) = (now, 0);
        }
        record.failures += 1;
        if record.failures < FAILURES {
            return Ok(());
        }
        if now >= record.until.saturating_add(FORGIVEN) {
            record.strikes = 0;
        }
        let wait = FIRST.saturating_mul(1 << record.strikes.min(10)).min(LONGEST);
        record.strikes += 1;
        (record.until, record.since, record.failures) = (now + wait, now, 0);
        Err((wait / SECOND, true))
    }

    fn key(&mut self, from: IpAddr, now: u64) -> Option<IpAddr> {
        let from = household(from);
        if self.0.len() >= MOST && !self.0.contains_key(&Some(from)) {
            self.0.retain(|_, record| !record.stale(now));
            if self.0.len() >= MOST {
                return None;
            }
        }
        Some(from)
    }
}

/// One connection has a whole /64 of IPv6 addresses.
pub(crate) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn fail(lockout: &mut Lockout, from: &str, at: u64, times: u32) -> Vec<Result<(), (u64, bool)>> {
        (0..times).map(|_| lockout.failed(address(from), at)).collect()
    }

    #[test]
    fn the_tenth_failure_within_a_minute_locks_and_each_time_for_longer() {
        let mut lockout = Lockout::default();
        let mut now = 5;
        for wait in [30, 60, 120, 240, 480, 900, 900] {
            let told = fail(&mut lockout, "10.0.0.1", now, 11);
            assert!(told[..9].iter().all(Result::is_ok), "{told:?}");
            assert_eq!(told[9..], [Err((wait, true)), Err((wait, false))]);
            now += wait * SECOND;
        }
        now += FORGIVEN;
        assert_eq!(fail(&mut lockout, "10.0.0.1", now, 10)[9], Err((30, true)), "forgiven");
    }

    #[test]
    fn slow_failures_and_other_addresses_do_not_count() {
        let mut lockout = Lockout::default();
        assert!((0..100).all(|n| lockout.failed(address("10.0.0.1"), n * 7 * SECOND).is_ok()), "9 a minute");
        assert!(fail(&mut lockout, "10.0.0.2", 0, 9).iter().all(Result::is_ok));
        assert!(fail(&mut lockout, "10.0.0.3", 0, 9).iter().all(Result::is_ok));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_ipv4_is_itself_however_written() {
        let mut lockout = Lockout::default();
        assert!(fail(&mut lockout, "2001:db8::1", 0, 9).iter().all(Result::is_ok));
        assert!(lockout.failed(address("2001:db8::2"), 0).is_err());
        assert!(lockout.failed(address("2001:db8:0:1::1"), 0).is_ok());
        assert_eq!(household(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }

    #[test]
    fn memory_is_bounded_and_newcomers_count_as_one() {
        let mut lockout = Lockout::default();
        for n in 0..u32::try_from(MOST).unwrap() + 9 {
            assert!(lockout.failed(IpAddr::V4((n + 1).into()), 0).is_ok());
        }
        assert!(lockout.0.len() <= MOST + 1);
        assert!(lockout.failed(address("203.0.113.9"), 0).is_err(), "the tenth of the newcomers");
        assert!(lockout.failed(address("203.0.113.10"), 2 * FORGIVEN).is_ok());
        assert_eq!(lockout.0.len(), 1, "the others are forgotten");
    }
}
