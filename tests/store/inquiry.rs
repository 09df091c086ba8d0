//! What was asked of the knowledge base: bounded, and there again after a restart.

use paidan::digest::Digest;
use paidan::knowledge::regression::{Question, Stand, Tally};
use paidan::store::{HITS, HitTest, KeptQuestion, Run, Store};
use paidan::ticket::EventId;

use super::fixture::{at, clock, open, person};

fn hit(text: &str) -> HitTest {
    HitTest {
        number: 0,
        at: at(1),
        person: "k".into(),
        text: text.into(),
        entry: "a".into(),
        confidence: 700,
        threshold: 800,
        answered: false,
        why_not: "低于门槛".into(),
        knowledge: "1-1".into(),
    }
}

fn run(basis: &str) -> Run {
    let (basis, knowledge) = (Digest::of(basis.as_bytes()), "1-1".into());
    Run { number: 0, at: at(2), knowledge, basis, tally: Tally::default(), moved: Vec::new(), more: 0 }
}

fn stand(found: &str) -> Stand {
    Stand { found: found.into(), confidence: 900, answered: true, right: true }
}

/// Hit tests, questions, runs, campaigns, and how far drafts were made.
type Everything = (Vec<u64>, Vec<KeptQuestion>, Vec<u64>, Vec<(String, Stand)>, Option<EventId>);

fn all(store: &Store) -> Everything {
    let hits = store.hits("demo", usize::MAX).unwrap().into_iter().map(|it| it.number).collect();
    let runs = store.runs("demo", usize::MAX).unwrap().into_iter().map(|it| it.number).collect();
    (hits, store.questions("demo").unwrap(), runs, store.stands("demo").unwrap(), store.drafted_until().unwrap())
}

#[test]
fn the_newest_are_kept_and_outlive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = open(dir.path(), clock);
    for number in 0..HITS + 5 {
        store.keep_hit("demo", hit(&number.to_string()), person("k")).unwrap();
    }
    store.keep_hit("other", hit("别处"), person("k")).unwrap();
    let question = Question { text: "怎么年报".into(), entry: "a".into() };
    let kept = |id: &str| KeptQuestion { id: id.into(), question: question.clone(), person: "k".into(), at: at(3) };
    store.keep_question("demo", kept("q1"), person("k")).unwrap();
    store.keep_question("demo", kept("q2"), person("k")).unwrap();
    store.drop_question("demo", "q1", person("k"), at(4)).unwrap();
    let stands = |list: &[(&str, &str)]| list.iter().map(|(id, found)| ((*id).to_owned(), stand(found))).collect();
    store.keep_run("demo", run("1"), stands(&[("q1", "a"), ("q2", "b")]), Vec::new()).unwrap();
    store.keep_run("demo", run("2"), stands(&[("q2", "c")]), vec!["q1".into()]).unwrap();
    let until = EventId { epoch: 1, seq: 3 };
    store.remember_drafted(until, at(5)).unwrap();
    let before = all(&store);
    assert_eq!((before.0.len() as u64, before.0[0], before.0.last()), (HITS, HITS + 5, Some(&6)), "the newest first");
    assert_eq!((before.1.len(), before.1[0].id.as_str()), (1, "q2"));
    assert_eq!((before.2.as_slice(), before.3.as_slice()), (&[2, 1][..], &[("q2".to_owned(), stand("c"))][..]));
    assert_eq!(before.4, Some(until));
    store.close();
    drop(store);
    assert_eq!(all(&open(dir.path(), clock)), before);
}
