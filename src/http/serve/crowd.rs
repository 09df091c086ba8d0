//! The open connections: how many there are, from where, and who would be missed least. Times are monotonic nanoseconds.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Who came or asked so short a time ago is not sent away for somebody else.
const SETTLED: u64 = 1_000_000_000;
/// Pause between two searches for somebody to send away that found nobody.
const SEARCH: u64 = 100_000_000;
/// One of so many connections is sent away at once: a search goes through all of them.
const SHARE: usize = 64;

/// Why a newcomer has no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// Everybody is being served.
    House,
    /// Its address has as many connections as one may have.
    Address,
}

pub(super) struct Crowd {
    most: usize,
    /// Connections of one address; 0: any number.
    per_address: usize,
    inside: Mutex<Inside>,
    emptied: Notify,
}

#[derive(Default)]
struct Inside {
    next: u64,
    open: HashMap<u64, Arc<Guest>>,
    by_address: HashMap<IpAddr, usize>,
    /// Told to leave and not gone yet.
    leaving: usize,
    searched_at: u64,
}

/// What is known of a connection.
pub(super) struct Guest {
    under_way: AtomicUsize,
    served: AtomicBool,
    quiet_since: AtomicU64,
    leaving: AtomicBool,
    leave: Notify,
}

/// A place among the connections, given back when it is dropped.
pub(super) struct Seat {
    crowd: Arc<Crowd>,
    number: u64,
    address: IpAddr,
    guest: Arc<Guest>,
}

/// A request under way, until the last byte of its answer is handed over.
pub(super) struct Busy(Arc<Guest>, fn() -> u64);

impl Crowd {
    pub(super) fn new(most: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self { most, per_address, inside: Mutex::default(), emptied: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self) -> usize {
        self.lock().open.len()
    }

    /// A seat for a newcomer. In a full house those leave who asked for nothing for the longest time.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, now: u64) -> Result<Seat, Full> {
        let mut inside = self.lock();
        if self.per_address > 0 && inside.by_address.get(&address).is_some_and(|&open| open >= self.per_address) {
            return Err(Full::Address);
        }
        if inside.staying() >= self.most {
            inside.send_idlest_away(self.most / SHARE + 1, now);
        }
        if inside.staying() >= self.most {
            return Err(Full::House);
        }
        let guest = Arc::new(Guest {
            under_way: AtomicUsize::new(0),
            served: AtomicBool::new(false),
            quiet_since: AtomicU64::new(now),
            leaving: AtomicBool::new(false),
            leave: Notify::new(),
        });
        let number = inside.next;
        inside.next += 1;
        inside.open.insert(number, Arc::clone(&guest));
        *inside.by_address.entry(address).or_default() += 1;
        Ok(Seat { crowd: Arc::clone(self), number, address, guest })
    }

    /// Until nobody is there any more.
    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }
}

impl Inside {
    fn staying(&self) -> usize {
        self.open.len() - self.leaving.min(self.open.len())
    }

    fn send_idlest_away(&mut self, most: usize, now: u64) {
        if self.searched_at != 0 && now.saturating_sub(self.searched_at) < SEARCH {
            return;
        }
        let idle = |guest: &&Arc<Guest>| {
            let quiet_since = guest.quiet_since.load(SeqCst);
            !guest.is_busy() && !guest.leaving.load(SeqCst) && quiet_since.saturating_add(SETTLED) <= now
        };
        let mut idle: Vec<&Arc<Guest>> = self.open.values().filter(idle).collect();
        if idle.is_empty() {
            self.searched_at = now;
            return;
        }
        let most = most.min(idle.len());
        idle.select_nth_unstable_by_key(most - 1, |guest| guest.quiet_since.load(SeqCst));
        for guest in &idle[..most] {
            guest.leaving.store(true, SeqCst);
            guest.leave.notify_one();
        }
        self.leaving += most;
    }
}

impl Guest {
    pub(super) fn is_busy(&self) -> bool {
        self.under_way.load(SeqCst) > 0
    }

    pub(super) fn begin(self: &Arc<Self>, clock: fn() -> u64) -> Busy {
        self.under_way.fetch_add(1, SeqCst);
        self.served.store(true, SeqCst);
        Busy(Arc::clone(self), clock)
    }

    /// Nanoseconds until it has been quiet for too long: `first` before its first request, `idle` after that. `None`: it is.
    pub(super) fn rest(&self, first: u64, idle: u64, now: u64) -> Option<u64> {
        let allowed = if self.served.load(SeqCst) { idle } else { first };
        if self.is_busy() {
            return Some(allowed);
        }
        let quiet = now.saturating_sub(self.quiet_since.load(SeqCst));
        (quiet < allowed).then(|| allowed - quiet)
    }

    /// Until it is told to leave for somebody else.
    pub(super) async fn told_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Seat {
    pub(super) fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inside = self.crowd.lock();
        inside.open.remove(&self.number);
        if self.guest.leaving.load(SeqCst) {
            inside.leaving = inside.leaving.saturating_sub(1);
        }
        let left = inside.by_address.get_mut(&self.address).map(|open| {
            *open -= 1;
            *open
        });
        if left == Some(0) {
            inside.by_address.remove(&self.address);
        }
        if inside.open.is_empty() {
            self.crowd.emptied.notify_waiters();
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.quiet_since.store((self.1)(), SeqCst);
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const SECOND: u64 = 1_000_000_000;

    fn told(seat: &Seat) -> bool {
        seat.guest.leaving.load(SeqCst)
    }

    #[test]
    fn the_idlest_leaves_for_a_newcomer_and_who_is_served_stays() {
        let crowd = Crowd::new(3, 0);
        let seats: Vec<Seat> = (0..3).map(|at| crowd.admit(HERE, at * SECOND).unwrap()).collect();
        let busy = seats[0].guest().begin(|| 5 * SECOND);
        let fourth = crowd.admit(HERE, 4 * SECOND).unwrap();
        assert_eq!([told(&seats[0]), told(&seats[1]), told(&seats[2]), told(&fourth)], [false, true, false, false]);
        drop(busy);
        drop(seats);
        assert_eq!((crowd.open(), crowd.lock().leaving), (1, 0));
    }

    #[test]
    fn who_just_came_is_not_sent_away_and_nobody_searches_all_the_time() {
        let crowd = Crowd::new(2, 0);
        let _seats: Vec<Seat> = (0..2).map(|_| crowd.admit(HERE, SECOND).unwrap()).collect();
        assert_eq!(crowd.admit(HERE, SECOND + 1).err(), Some(Full::House));
        assert_eq!(crowd.admit(HERE, SECOND + SEARCH).err(), Some(Full::House), "searched a moment ago");
        assert!(crowd.admit(HERE, 3 * SECOND).is_ok());
    }

    #[test]
    fn one_address_has_its_share() {
        let other = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        let crowd = Crowd::new(9, 2);
        let _first = crowd.admit(HERE, 0).unwrap();
        let second = crowd.admit(HERE, 0).unwrap();
        assert_eq!(crowd.admit(HERE, 0).err(), Some(Full::Address));
        assert!(crowd.admit(other, 0).is_ok());
        drop(second);
        assert!(crowd.admit(HERE, 0).is_ok());
        assert!(!crowd.lock().by_address.contains_key(&other), "nothing is kept of who left");
    }

    #[test]
    fn quiet_is_counted_from_the_last_answer() {
        let crowd = Crowd::new(1, 0);
        let seat = crowd.admit(HERE, 0).unwrap();
        let rest = |now| seat.guest().rest(10, 60, now);
        assert_eq!([rest(0), rest(9), rest(10)], [Some(10), Some(1), None]);
        let busy = seat.guest().begin(|| 100);
        assert_eq!(rest(99), Some(60), "served: asked again later");
        drop(busy);
        assert_eq!([rest(100), rest(159), rest(160)], [Some(60), Some(1), None]);
    }

    #[tokio::test]
    async fn who_waits_for_an_empty_house_hears_of_it() {
        let crowd = Crowd::new(1, 0);
        crowd.emptied().await;
        let seat = crowd.admit(HERE, 0).unwrap();
        let mut emptied = std::pin::pin!(crowd.emptied());
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(emptied.as_mut().poll(cx))).await.is_pending());
        drop(seat);
        emptied.await;
    }
}
