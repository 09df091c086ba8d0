//! Counts what becomes of decisions: hears every durable event, and writes the numbers down each minute and at the end.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;

const EVERY: Duration = Duration::from_secs(60);

pub struct Counting {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Counting {
    pub fn start(app: App) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(run(app, stopped)) }
    }

    /// Writes down what is left.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        // A panic was reported when it happened.
        let _ = self.task.await;
    }
}

async fn run(app: App, mut stopped: oneshot::Receiver<()>) {
    let mut events = app.store().listen();
    let mut minute = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = minute.tick() => blocking(&app, |app| app.write_numbers()).await,
            heard = events.recv() => match heard {
                Ok(event) => if App::counts(&event) { blocking(&app, move |app| app.heard(&event)).await },
                // Statistics: what was missed is not counted.
                Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "events were too many to be counted"),
                Err(RecvError::Closed) => break,
            },
        }
    }
    blocking(&app, |app| app.write_numbers()).await;
}

async fn blocking(app: &App, work: impl FnOnce(&App) -> Result<(), crate::app::Error> + Send + 'static) {
    let app = app.clone();
    match tokio::task::spawn_blocking(move || work(&app)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the numbers of rules cannot be counted"),
        Err(_) => tracing::error!("counting panicked"),
    }
}
