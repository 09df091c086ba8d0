//! The only reader of time.

use chrono::{DateTime, Utc};

/// Wall-clock time, UTC. Everything else gets `now` as an argument.
#[expect(clippy::disallowed_methods, reason = "this module is the one door to the wall clock")]
pub fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Monotonic nanoseconds since the first call: for leases, latencies and probes.
#[expect(clippy::disallowed_methods, reason = "this module is the one door to the monotonic clock")]
pub fn monotonic_ns() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}
