//! Regression questions: read, asked, compared with how they stood.

use paidan::knowledge::regression::{Move, Question, Tally, ask, parse};
use paidan::text::Gazetteer;

use super::{asking, build, entry, lexicon};

fn question(text: &str, entry: &str) -> Question {
    Question { text: text.into(), entry: entry.into() }
}

#[test]
fn a_change_of_knowledge_shows_what_it_moved() {
    let (lexicon, gazetteer) = (lexicon(), Gazetteer::empty());
    let asking = asking(&lexicon, &gazetteer);
    let questions = [
        question("营业执照怎么注销", "a"),
        question("公积金怎么提取", "c"),
        question("火星旅行", ""),
        question("社保怎么转移", "d"),
    ];
    let before = build(vec![entry("a", "营业执照怎么注销", &[]), entry("c", "公积金怎么提取", &[])], &lexicon);
    let old = ask(&before, &asking, &questions);
    assert_eq!(old, ask(&before, &asking, &questions), "the same questions come out the same");
    assert_eq!(Tally::of(&old), Tally { questions: 4, right: 3, answered: 2, answered_right: 2 });
    let after = build(vec![entry("c", "公积金怎么提取", &[]), entry("d", "社保怎么转移", &["火星旅行"])], &lexicon);
    let new = ask(&after, &asking, &questions);
    let moved: Vec<_> = new.iter().zip(&old).map(|(new, old)| new.moved(&old.stand()).map(|it| it.how)).collect();
    assert_eq!(moved, [Some(Move::Broken), None, Some(Move::Broken), Some(Move::Mended)]);
}

#[test]
fn a_file_of_questions_says_what_is_wrong_and_where() {
    let sound = parse("q.toml", "[[question]]\ntext = \"问\"\n\n[[question]]\ntext = \"答\"\nentry = \"a\"\n").unwrap();
    assert_eq!(sound, [question("问", ""), question("答", "a")]);
    let wrong = parse("q.toml", "[[question]]\ntext = \"问\"\n\n[[question]]\ntext = \" \"\n").unwrap_err();
    assert_eq!((wrong.len(), wrong[0].line), (1, 4), "{wrong:?}");
    let unknown = parse("q.toml", "[[question]]\ntext = \"问\"\nanswer = \"a\"\n").unwrap_err();
    assert!(unknown[0].render().contains("answer"), "{unknown:?}");
}
