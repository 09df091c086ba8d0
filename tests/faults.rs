//! Faults from outside: the real program killed, starved of room, lied to by the disk and the clock, and its files damaged;
//! and a checker that knows nothing but HTTP. What each fault is and what is promised: `docs/reliability.md`.

mod check;
mod client;
mod clock;
mod damage;
mod folder;
mod full;
mod kill;
mod load;
mod points;
mod power;
mod server;
mod shim;

use std::io::Write as _;

/// `PAIDAN_FAULT_ROUNDS`, or few enough for every day.
fn rounds(few: u64) -> u64 {
    long().unwrap_or(few)
}

fn long() -> Option<u64> {
    std::env::var_os("PAIDAN_FAULT_ROUNDS")?.to_str()?.parse().ok()
}

/// To whoever runs the tests, past the harness, which keeps output of passing tests to itself.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Numbers that look random and are the same each time.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}
