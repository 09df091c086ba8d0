//! Small tables worked out by hand.

use super::*;

fn choice(truth: &str, ranking: &[(&str, i32)], sure: bool) -> Choice {
    let ranking = ranking.iter().map(|(label, confidence)| ((*label).to_owned(), *confidence)).collect();
    Choice { truth: truth.to_owned(), ranking, sure }
}

#[test]
fn figures_of_choices_are_those_worked_out_by_hand() {
    let choices = Choices::new(&[
        choice("甲", &[("甲", 950), ("乙", 40)], true),
        choice("甲", &[("乙", 600), ("甲", 400)], false),
        choice("乙", &[("乙", 900), ("甲", 50)], true),
        choice("丙", &[("甲", 500), ("乙", 300), ("丙", 200)], false),
        choice("丙", &[], false),
    ]);
    assert_eq!((choices.texts, choices.accuracy), (5, 0.4));
    // By name: 丙 never chosen; 乙 chosen twice, right one of one; 甲 chosen twice, right one of two.
    assert_eq!(choices.labels.iter().map(|it| it.f1).collect::<Vec<_>>(), [0.0, 0.6667, 0.5]);
    assert_eq!(choices.macro_f1, 0.3889);
    assert_eq!((choices.top_3, choices.top_5), (0.8, 0.8));
    assert_eq!(choices.reciprocal_rank, 0.5667);
    assert_eq!((choices.sure, choices.sure_precision), (0.4, 1.0));
    let at: Vec<_> = choices.at_precision.iter().map(|it| (it.coverage, it.confidence)).collect();
    assert_eq!(at, [(0.4, 900); 4]);
    let confused: Vec<_> =
        choices.confusions.iter().map(|it| (it.truth.as_str(), it.chosen.as_str(), it.count)).collect();
    assert_eq!(confused, [("丙", "", 1), ("丙", "甲", 1), ("甲", "乙", 1)]);
}

#[test]
fn nothing_measured_is_no_division_by_zero() {
    let nothing = Choices::new(&[]);
    assert_eq!((nothing.accuracy, nothing.macro_f1, nothing.sure_precision), (0.0, 0.0, 0.0));
    assert!(nothing.reliability.is_empty());
}

#[test]
fn auroc_counts_pairs() {
    for (high, low, expected) in [
        (&[900, 800][..], &[100, 200][..], 1.0),
        (&[100], &[900], 0.0),
        (&[500], &[500], 0.5),
        (&[900, 300], &[500, 300], 0.625),
        (&[], &[1], 0.5),
    ] {
        assert_eq!(auroc(high, low), expected, "{high:?} against {low:?}");
    }
}

#[test]
fn the_last_tenth_holds_certainty() {
    let rows = reliability([(1_000, true), (950, true), (910, false), (49, false)].into_iter());
    assert_eq!(rows.iter().map(|row| (row.from, row.count)).collect::<Vec<_>>(), [(0, 1), (900, 3)]);
    assert_eq!((rows[1].said, rows[1].was), (0.9533, 0.6667));
}

#[test]
fn abstention_says_what_a_threshold_would_do() {
    let found = Abstention::new(&[900, 700], &[850, 100, 100, 100], 800);
    assert_eq!((found.answered, found.answered_wrongly, found.auroc), (0.5, 0.25, 0.875));
}
