//! A line under a clock that the tests turn.

use super::{Lane, Line, Terms};

const MS: u64 = 1_000_000;

fn line(threads: usize) -> Line<u32> {
    Line::new(Terms { threads, most: 100, patience: 250 * MS })
}

#[test]
fn nobody_joins_who_would_wait_longer_than_the_patience() {
    let mut line = line(2);
    line.took(10 * MS);
    // 50 jobs of 10 ms on two threads: 250 ms. One more waits longer.
    for job in 0..51 {
        assert_eq!(line.join(Lane::Intake, job, 0), Ok(()), "{job}");
    }
    assert_eq!(line.join(Lane::Intake, 51, 0), Err(51));
    assert!(line.next(0).is_some());
    assert_eq!(line.join(Lane::Intake, 52, 0), Ok(()));
}

#[test]
fn a_stuck_line_shows_by_its_oldest_job() {
    let mut line = line(1);
    assert_eq!(line.join(Lane::Intake, 1, 0), Ok(()));
    assert_eq!(line.join(Lane::Intake, 2, 200 * MS), Ok(()));
    assert!(line.is_full(Lane::Intake, 251 * MS));
    assert!(line.next(251 * MS).is_some());
    assert!(!line.is_full(Lane::Intake, 252 * MS), "the next one waits for 52 ms only");
}

#[test]
fn a_burst_is_lined_up_and_lasting_overload_is_not() {
    let mut line = line(1);
    line.took(10 * MS);
    let mut longest = 0;
    // A job is done each 10 ms and three come: for ten seconds.
    for step in 0..1_000_u64 {
        let now = step * 10 * MS;
        let joined = (0..3).filter(|_| line.join(Lane::Intake, 0, now).is_ok()).count();
        longest = longest.max(line.intake.len());
        if step > 200 {
            assert!(line.intake.len() <= 6, "{} wait at {step} ms", line.intake.len());
            assert!(joined <= 3);
        }
        line.next(now);
    }
    assert!((20..=27).contains(&longest), "the burst was taken up to 250 ms: {longest}");
    // The load ends: the line empties and is patient again at once.
    while line.next(10_000 * MS).is_some() {}
    let taken = (0..100).filter(|_| line.join(Lane::Intake, 0, 10_001 * MS).is_ok()).count();
    assert_eq!(taken, 26);
}

#[test]
fn a_machine_slower_than_the_patience_still_works() {
    let mut line = line(2);
    line.took(5_000 * MS);
    assert!(line.join(Lane::Intake, 1, 0).is_ok() && line.join(Lane::Intake, 2, 0).is_ok());
    assert_eq!(line.join(Lane::Intake, 3, 0), Err(3));
}

#[test]
fn people_come_first_and_a_batch_does_not_starve() {
    let mut line = line(1);
    for job in 0..8 {
        line.join(Lane::Intake, job, 0).unwrap();
        line.join(Lane::Batch, 100 + job, 0).unwrap();
    }
    line.join(Lane::Desk, 1_000, 0).unwrap();
    let order: Vec<u32> = std::iter::from_fn(|| line.next(0)).map(|(_, job)| job).take(9).collect();
    assert_eq!(order, [1_000, 0, 1, 2, 100, 3, 4, 5, 101]);
}

#[test]
fn lanes_are_bounded_each_for_itself() {
    let mut line = Line::new(Terms { threads: 1, most: 2, patience: u64::MAX });
    for lane in [Lane::Desk, Lane::Intake, Lane::Batch] {
        for job in 0..2 {
            assert!(!line.is_full(lane, 0) && line.join(lane, job, 0).is_ok(), "{lane:?}");
        }
        assert!(line.is_full(lane, 0), "{lane:?}");
    }
}
