//! The machine loses power under load: what was not synchronised is gone, whatever was acknowledged is not.

use std::time::{Duration, Instant};

use super::kill::{acknowledged, live, look, workers};
use super::server::Place;
use super::shim::{EAGER, NAMES, Shim, Slot};
use super::{Dice, rounds, say};

/// Contents only by fsync; some writes at once, which reorders them; names only by fsync of their folder; both.
const MODES: [u32; 4] = [0, EAGER, NAMES, EAGER | NAMES];
/// Rounds on one folder before the next mode.
const IN_A_ROW: u64 = 10;

#[test]
fn nothing_acknowledged_is_lost_by_a_power_cut() {
    if Shim::new().is_none() {
        return;
    }
    let (rounds, began) = (rounds(2), Instant::now());
    let (mut dice, mut done, mut torn) = (Dice(43), 0, 0);
    // Every day, two modes; each with what a first start leaves.
    let in_a_row = IN_A_ROW.min(rounds.div_ceil(2));
    let (mut place, mut clients) = (Place::new(), workers(900));
    for round in 0..rounds {
        let place_number = round / in_a_row;
        if round % in_a_row == 0 {
            done += acknowledged(&clients);
            (place, clients) = (Place::new(), workers(900 + place_number));
        }
        let mut shim = Shim::new().expect("built");
        // The first of a short run is the strictest.
        shim.shadow = Some(
            MODES[MODES.len() - 1 - (place_number as usize + 2 * usize::from(place_number % 2 == 1)) % MODES.len()],
        );
        shim.set(Slot::Seed, dice.roll(1 << 30));
        let life = Duration::from_millis(dice.roll(if rounds > 10 { 1500 } else { 500 }));
        let said = live(place.start(Some(&shim)), &mut clients, life);
        assert!(!said.contains("shim:"), "{said}");
        shim.cut_power(&place.disk());
        let mut server = place.start(None);
        look(&mut server, &mut clients);
        // What was looked at is durable from now on.
        torn += u32::from(server.stop().1.contains("unfinished write"));
    }
    done += acknowledged(&clients);
    assert!(done > 0, "nothing was ever acknowledged");
    if rounds > 10 {
        say(&format!(
            "power cuts: {rounds} rounds, {done} acknowledged, 0 lost, {torn} torn tails, {:?}",
            began.elapsed()
        ));
    }
}
