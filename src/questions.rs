//! Asks the regression questions again whenever entries, words or questions changed.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;

/// The running task.
pub struct Questions {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Questions {
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
    let mut changes = app.live().changes();
    loop {
        changes.mark_unchanged();
        let asked = app.clone();
        match tokio::task::spawn_blocking(move || asked.regress_changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the regression questions were not asked"),
            Err(_) => tracing::error!("asking the regression questions panicked"),
        }
        tokio::select! {
            _ = &mut stopped => break,
            changed = changes.changed() => if changed.is_err() { break },
        }
    }
}
