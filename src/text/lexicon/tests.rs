//! Words, slips, stop phrases.

use super::*;

fn canonical<'a>(lexicon: &'a Lexicon, word: &'a str) -> &'a str {
    lexicon.known(word).and_then(|known| known.canonical.as_deref()).unwrap_or(word)
}

#[test]
fn bad_lines_are_reported_and_the_rest_works() {
    let source = LexiconSource {
        words: &[("words.txt", "# 说明\n椰城市民云 50 nz\n坏词 很多 n\n短 3\n海 口 市 龙 华\n")],
        synonyms: &[("synonyms.txt", "营业执照 = 执照\n孤单\n证件 = 执照\n")],
        stop_words: &[("stop.txt", "您好\n\n  谢谢 # 客气\n")],
        variants: &[("variants.txt", "帐单 = 账单\n一样 = 一样\n")],
        related: &[("related.txt", "挂失 ~ 弄丢\n孤零零\n")],
        small_talk: &[("smalltalk.txt", "你好\n")],
        names: &["區市場監管局".to_owned()],
    };
    let (lexicon, problems) = Lexicon::build(&source);
    let places: Vec<(&str, u32)> = problems.iter().map(|p| (p.file.as_str(), p.line)).collect();
    let expect = [
        ("words.txt", 3),
        ("words.txt", 4),
        ("words.txt", 5),
        ("related.txt", 2),
        ("synonyms.txt", 2),
        ("synonyms.txt", 3),
        ("variants.txt", 2),
    ];
    assert_eq!(places, expect);
    assert!(lexicon.jieba.has_word("椰城市民云") && lexicon.jieba.has_word("区市场监管局"));
    assert_eq!(canonical(&lexicon, "执照"), "营业执照");
    assert!(lexicon.known("谢谢").is_some_and(|known| known.stop));
}

#[test]
fn variants_lead_to_the_canonical_word() {
    let source = LexiconSource {
        synonyms: &[("s", "社会保险 = 社保")],
        variants: &[("v", "社饱 = 社保")],
        ..Default::default()
    };
    let (lexicon, problems) = Lexicon::build(&source);
    assert_eq!(problems, []);
    assert_eq!(["社饱", "社保", "社会保险"].map(|word| canonical(&lexicon, word)), ["社会保险"; 3]);
}

#[test]
fn the_digest_is_over_the_content() {
    let digest =
        |words| Lexicon::build(&LexiconSource { words: &[("w", words)], ..Default::default() }).0.digest().clone();
    assert_eq!(digest("椰城市民云 5"), digest("椰城市民云 5"));
    assert_ne!(digest("椰城市民云 5"), digest("椰城市民云 6"));
}
