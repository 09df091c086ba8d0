//! SIGKILL at random under load over HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use paidan::clock::monotonic_ns;

use super::check::check;
use super::load::Worker;
use super::server::{Place, Server};
use super::{Dice, rounds, say};

const WORKERS: u64 = 5;
/// A folder is left for a fresh one when it has so many tickets: looking at all of them takes time.
const ENOUGH: usize = 2_500;

/// Clients work until the service is killed after `life`.
pub(super) fn live(server: Server, workers: &mut [Worker], life: Duration) -> String {
    let mut server = server;
    let address = server.address().expect("it serves");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for worker in workers.iter_mut() {
            scope.spawn(|| worker.work(address, &stop));
        }
        wait(life);
        let said = server.kill();
        stop.store(true, Ordering::Relaxed);
        said
    })
}

pub(super) fn wait(time: Duration) {
    let (_never, heard) = mpsc::channel::<()>();
    let _ = heard.recv_timeout(time);
}

/// Starts again, repeats what was not answered, checks.
pub(super) fn look(server: &mut Server, workers: &mut [Worker]) -> usize {
    let mut client = server.client();
    for worker in workers.iter_mut() {
        worker.repeat(&mut client);
    }
    let mut books: Vec<_> = workers.iter_mut().map(|worker| &mut worker.book).collect();
    check(&mut client, &mut books).tickets.len()
}

pub(super) fn workers(place: u64) -> Vec<Worker> {
    (0..WORKERS).map(|number| Worker::new(place, number)).collect()
}

pub(super) fn acknowledged(workers: &[Worker]) -> u64 {
    workers.iter().map(|worker| worker.book.acknowledged).sum()
}

/// Every round dies at a moment of its own: one in four while it starts, the others under load.
#[test]
fn nothing_acknowledged_over_http_is_lost_by_a_kill() {
    let (rounds, began_ns) = (rounds(2), monotonic_ns());
    let (mut dice, mut place) = (Dice(41), Place::new());
    let (mut clients, mut done, mut places) = (workers(0), 0, 0);
    for round in 0..rounds {
        if round % 4 == 3 {
            let dying = place.spawn(None);
            wait(Duration::from_millis(dice.roll(500)));
            dying.kill();
        }
        live(place.start(None), &mut clients, Duration::from_millis(dice.roll(700)));
        if round % 5 == 4 {
            let _ = std::fs::remove_dir_all(place.data().join("view"));
        }
        let mut server = place.start(None);
        let tickets = look(&mut server, &mut clients);
        drop(server);
        if tickets > ENOUGH || round + 1 == rounds {
            done += acknowledged(&clients);
            places += 1;
            (place, clients) = (Place::new(), workers(places));
        }
    }
    assert!(done > 0, "nothing was ever acknowledged");
    if rounds > 10 {
        say(&format!(
            "kill over HTTP: {rounds} rounds, {done} acknowledged, 0 lost, {places} folders, {} s",
            (monotonic_ns() - began_ns) / 1_000_000_000
        ));
    }
}
