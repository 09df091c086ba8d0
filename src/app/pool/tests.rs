//! Who waits gets an answer: in a line that is full, behind a panic, behind a script that never ends.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::rules::{enter, fuses};

#[tokio::test]
async fn a_panic_is_an_error_and_the_thread_goes_on() {
    let pool = Pool::start(1, 4).unwrap();
    assert!(matches!(pool.run(Lane::Intake, || panic!("on purpose")).await, Err::<(), _>(Error::Panicked)));
    assert_eq!(pool.run(Lane::Desk, || 7).await.unwrap(), 7);
}

/// The one thread is busy until the sender speaks.
async fn held(pool: &Pool) -> (Sender<()>, tokio::task::JoinHandle<Result<(), Error>>) {
    let (release, held): (Sender<()>, Receiver<()>) = channel();
    let (started, start) = oneshot::channel();
    let pool = pool.clone();
    let job = move || {
        let _ = started.send(());
        let _ = held.recv();
    };
    let first = tokio::spawn(async move { pool.run(Lane::Intake, job).await });
    start.await.unwrap();
    (release, first)
}

#[tokio::test]
async fn a_full_line_turns_away_at_once() {
    let pool = Pool::start(1, 1).unwrap();
    let (release, first) = held(&pool).await;
    let job = Job { work: Box::new(|_| true), turn: Arc::new(Turn::new(drop)) };
    pool.0.0.join(Lane::Intake, job).unwrap();
    assert!(pool.is_full(Lane::Intake) && !pool.is_full(Lane::Desk));
    assert_eq!(pool.load(), Load { waiting: 1, running: 1, given_up: 0 });
    assert!(matches!(pool.run(Lane::Intake, || ()).await, Err(Error::Overloaded)));
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn nothing_begins_for_who_left() {
    let pool = Pool::start(1, 8).unwrap();
    let (release, first) = held(&pool).await;
    let (ran, begun) = channel();
    {
        let mut left = std::pin::pin!(pool.run(Lane::Intake, move || ran.send(()).unwrap()));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(left.as_mut().poll(cx))).await.is_pending());
    }
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    pool.run(Lane::Intake, || ()).await.unwrap();
    assert!(begun.recv().is_err(), "the job was dropped unrun");
}

/// A script that never returns costs its thread, not the service: who waits gets an answer, the next job runs.
#[tokio::test]
async fn a_thread_that_is_held_for_ever_is_replaced() {
    let pool = Pool::start(1, 4).unwrap();
    let (release, held) = channel::<()>();
    let (began, begins) = oneshot::channel();
    let (ended, ends) = oneshot::channel();
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move {
            let job = move |turn: &Turn| {
                let call = enter(&"bad.deaf".into(), u64::MAX);
                let _ = began.send(Fuse::mine().id);
                let _ = held.recv();
                drop(call);
                let _ = ended.send(turn.keep());
            };
            pool.run_turn(Lane::Intake, job).await
        }
    });
    let fuse = begins.await.unwrap();
    let what = fuses().into_iter().find(|it| it.id == fuse).unwrap().running().unwrap().what;
    pool.0.0.replace(fuse, &what);
    assert!(matches!(waiting.await.unwrap(), Err(Error::Stuck { rule }) if rule == "bad.deaf"));
    assert_eq!(pool.run(Lane::Intake, || 7).await.unwrap(), 7);
    assert_eq!(pool.load().given_up, 1);
    release.send(()).unwrap();
    // Whatever it finds out in the end, it must not act on it.
    assert!(!ends.await.unwrap());
}
