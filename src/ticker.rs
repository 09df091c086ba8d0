//! The timer: does what time alone causes, in order, once each, also across a restart or a clock that was set back.
//!
//! What is due stands in the store, so a restart begins where the last process ended: a mark is done when its event is
//! stored, not when somebody thought of it. What fell due meanwhile is done in order and marked late.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::app::App;

/// Tickets done between two looks at whether to stop: well below a second of work.
const AT_ONCE: usize = 256;
/// The longest sleep: a clock that was set forward is noticed at the latest then.
const LONGEST: Duration = Duration::from_secs(30);
/// After a failure, doubled each time: the store will say why, and a busy loop helps nobody.
const BREATH: Duration = Duration::from_secs(1);

/// The running timer.
pub struct Ticker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Ticker {
    /// Starts it. Needs a runtime.
    pub fn start(app: App) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(run(app, stopped)) }
    }

    /// Ends it after the tickets in hand.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A panic was reported when it happened.
        let _ = self.task.await;
    }
}

async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let mut recorded = app.store().listen();
    // Dates that waited for a calendar may have been set right by the packs of this start.
    let mut calendars = None;
    let mut breath = BREATH;
    loop {
        if *stop.borrow() {
            return;
        }
        let round = app.live().reports.load().round;
        if calendars != Some(round) && app.recheck_calendars().await {
            calendars = Some(round);
        }
        let pause = match app.tick(AT_ONCE).await {
            Ok(next) => {
                breath = BREATH;
                next.map_or(LONGEST, |at| until(at, app.now()))
            }
            Err(error) => {
                tracing::error!(%error, "the timer could not do what is due; trying again");
                let now = breath;
                breath = (breath * 2).min(LONGEST);
                now
            }
        };
        let woken = async {
            // Every commit may have brought something nearer; a lagging listener looks as well.
            match recorded.recv().await {
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = woken => drain(&mut recorded),
            _ = stop.changed() => return,
        }
    }
}

/// One look serves all that was recorded meanwhile.
fn drain(recorded: &mut broadcast::Receiver<std::sync::Arc<crate::ticket::Recorded>>) {
    while recorded.try_recv().is_ok() {}
}

fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or(Duration::ZERO).min(LONGEST)
}
