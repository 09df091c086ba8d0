//! How often one address may ask: so many times a minute, counted in windows of a minute. Knows no clock.

use std::collections::HashMap;
use std::net::IpAddr;

/// Addresses that are remembered; where more ask within a minute, newcomers wait for the next one.
const MOST: usize = 20_000;
const MINUTE_NS: u64 = 60_000_000_000;

/// Counts of the present minute.
#[derive(Default)]
pub(super) struct Limiter {
    minute: u64,
    counts: HashMap<IpAddr, u32>,
}

impl Limiter {
    /// Counts one question. `Err`: it is one too many; seconds until the next minute.
    pub(super) fn ask(&mut self, from: IpAddr, most: u32, now_ns: u64) -> Result<(), u64> {
        let minute = now_ns / MINUTE_NS;
        if minute != self.minute {
            self.counts.clear();
            self.minute = minute;
        }
        let wait = (MINUTE_NS - now_ns % MINUTE_NS).div_ceil(1_000_000_000);
        let from = household(from);
        if self.counts.len() >= MOST && !self.counts.contains_key(&from) {
            return Err(wait);
        }
        let count = self.counts.entry(from).or_default();
        if *count >= most {
            return Err(wait);
        }
        *count += 1;
        Ok(())
    }
}

/// One connection has a whole /64 of IPv6 addresses.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_minute() {
        let mut limiter = Limiter::default();
        let (one, two): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert_eq!([limiter.ask(one, 2, 1), limiter.ask(one, 2, 2)], [Ok(()), Ok(())]);
        assert_eq!(limiter.ask(one, 2, MINUTE_NS / 2), Err(30));
        assert_eq!(limiter.ask(two, 2, MINUTE_NS / 2), Ok(()));
        assert_eq!(limiter.ask(one, 2, MINUTE_NS), Ok(()), "the next minute");
    }

    #[test]
    fn neighbours_of_one_ipv6_network_count_together() {
        let mut limiter = Limiter::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(limiter.ask(address("2001:db8::1"), 1, 0), Ok(()));
        assert!(limiter.ask(address("2001:db8::2"), 1, 0).is_err());
        assert_eq!(limiter.ask(address("2001:db8:0:1::1"), 1, 0), Ok(()));
        assert_eq!(limiter.ask(address("::ffff:10.0.0.1"), 1, 0), Ok(()));
        assert!(limiter.ask(address("10.0.0.1"), 1, 0).is_err(), "the same address, written otherwise");
    }
}
