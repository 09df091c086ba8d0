//! Small lessons: what a model must do whatever it learns from.

use proptest::prelude::*;

use super::*;
use crate::text::{Analysis, Gazetteer, Lexicon, analyse};

/// Twelve ways to complain about each of three things, none twice.
fn lessons() -> Vec<Example> {
    let places =
        ["人民路", "东街", "西门口", "北站", "南湖边", "学府小区", "新村", "老城", "河边", "广场", "桥头", "市场口"];
    let about = [
        ("环境保护", ["噪音很大影响睡觉", "污水直排臭气熏天", "焚烧垃圾黑烟滚滚"]),
        ("交通运输", ["公交车等很久不来", "道路拥堵红绿灯太短", "出租车拒载乱收费"]),
        ("教育文体", ["学校违规补课收费", "幼儿园学位不够", "老师体罚学生"]),
    ];
    let of = |(label, texts): (&str, [&str; 3])| {
        places.iter().enumerate().map(move |(at, place)| example(&format!("{place}{}", texts[at % 3]), label)).collect()
    };
    about.into_iter().flat_map(|it| -> Vec<Example> { of(it) }).collect()
}

fn example(text: &str, label: &str) -> Example {
    Example { text: text.to_owned(), label: label.to_owned() }
}

fn read(text: &str) -> Analysis {
    analyse(Lexicon::plain(), &Gazetteer::default(), text)
}

fn trained() -> Model {
    Model::train(&lessons(), 900, Lexicon::plain()).unwrap()
}

#[test]
fn it_tells_apart_what_it_was_taught_to() {
    let model = trained();
    for (text, label) in
        [("工地半夜噪音很大", "环境保护"), ("公交车总是不来", "交通运输"), ("小学老师收费补课", "教育文体")]
    {
        let likely = model.predict(&read(text));
        assert_eq!(likely[0].label, label, "{text}: {likely:?}");
        assert!(likely.windows(2).all(|pair| pair[0].confidence >= pair[1].confidence));
    }
}

#[test]
fn the_same_lessons_give_the_same_model_in_any_order_of_labels() {
    let model = trained();
    assert_eq!(model.digest(), trained().digest());
    assert_eq!(model.to_bytes(), trained().to_bytes());
}

#[test]
fn bytes_give_the_model_back() {
    let model = trained();
    let again = Model::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(again.digest(), model.digest());
    assert_eq!(again.report(), model.report());
    let text = read("河边焚烧垃圾，孩子上学路过");
    assert_eq!(again.predict(&text), model.predict(&text));
}

#[test]
fn the_report_counts_every_example_once_and_what_a_label_needs() {
    let model = trained();
    let report = model.report();
    assert_eq!((report.examples, report.labels.len()), (36, 3));
    assert_eq!(report.labels.iter().map(|it| it.chosen).sum::<usize>(), 36);
    assert!(report.accuracy > 600, "{report:?}");
    // Twelve examples of a label are too few to promise anything about it.
    assert!(report.labels.iter().all(|it| it.threshold.is_none() && it.sure == 0));
}

#[test]
fn with_enough_right_choices_a_label_gets_a_threshold() {
    let mut many = Vec::new();
    for round in 0..4 {
        many.extend(lessons().into_iter().map(|it| example(&format!("{}第{round}次反映", it.text), &it.label)));
    }
    let model = Model::train(&many, 900, Lexicon::plain()).unwrap();
    let report = model.report();
    assert!(report.reach >= 500 && report.precision >= 900, "{report:?}");
    let likely = model.predict(&read("老城污水直排臭气熏天"));
    assert!(likely[0].sure, "{likely:?}");
}

#[test]
fn reasons_name_the_words_that_speak_for_a_label() {
    let reasons = trained().reasons(&read("工地噪音很大"), "环境保护", 3);
    assert!(reasons.iter().any(|it| "噪音很大".contains(&it.text) && it.weight > 0), "{reasons:?}");
    assert_eq!(trained().reasons(&read("工地噪音很大"), "没有这个标签", 3), []);
}

#[test]
fn a_text_of_unknown_pieces_is_likely_nothing() {
    assert_eq!(trained().predict(&read("")), []);
    assert_eq!(trained().predict(&read("xyzzy")), []);
}

#[test]
fn what_cannot_be_learnt_is_refused() {
    let train = |examples: &[Example], wanted| Model::train(examples, wanted, Lexicon::plain()).map(drop);
    let all = lessons();
    assert_eq!(train(&[], 900), Err(TrainError::TooFewLabels(0)));
    assert_eq!(train(&all[..12], 900), Err(TrainError::TooFewLabels(1)));
    assert_eq!(train(&all[10..14], 900), Err(TrainError::TooFewExamples { examples: 4, needed: 10 }));
    assert_eq!(train(&all, 1_000), Err(TrainError::Wanted(1_000)));
}

proptest! {
    #[test]
    fn damaged_bytes_are_refused_or_harmless(cut in 0_usize..4_000, flip in 0_usize..4_000, bit in 0_u8..8) {
        let mut bytes = BYTES.clone();
        let at = flip % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(model) = Model::from_bytes(&bytes) {
            model.predict(&read("噪音很大"));
        }
        bytes.truncate(cut % bytes.len());
        prop_assert!(Model::from_bytes(&bytes).is_err());
    }
}

static BYTES: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| trained().to_bytes());
