//! What the service does for its knowledge base by itself: asks the regression questions again whenever entries, words or
//! questions changed, and makes drafts of what closed tickets say.

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::{App, Error};

/// The running task.
pub struct Tending {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Tending {
    /// Once at the start, then after each change. Needs a runtime.
    pub fn start(app: App) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(run(app, stopped)) }
    }

    /// Ends after the round that is under way.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        // A panic was reported when it happened.
        let _ = self.task.await;
    }
}

async fn run(app: App, mut stopped: oneshot::Receiver<()>) {
    let (mut changes, mut events) = (app.live().changes(), app.store().listen());
    blocking(&app, |app| app.draft_entries().map(drop)).await;
    blocking(&app, App::regress_changed).await;
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            changed = changes.changed() => match changed {
                Ok(()) => blocking(&app, App::regress_changed).await,
                Err(_) => break,
            },
            heard = events.recv() => match heard {
                Ok(event) if App::asks_for_draft(&event) => blocking(&app, |app| app.draft_entries().map(drop)).await,
                Ok(_) => {}
                // What was missed is found in the store.
                Err(RecvError::Lagged(_)) => blocking(&app, |app| app.draft_entries().map(drop)).await,
                Err(RecvError::Closed) => break,
            },
        }
    }
}

async fn blocking(app: &App, work: impl FnOnce(&App) -> Result<(), Error> + Send + 'static) {
    let app = app.clone();
    match tokio::task::spawn_blocking(move || work(&app)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the knowledge base was not tended"),
        Err(_) => tracing::error!("tending the knowledge base panicked"),
    }
}
