//! Analyses as a whole: properties that hold for any input.

use proptest::prelude::*;

use super::*;

const PLACES: &str = r#"
[[place]]
name = "龙华区"
kind = "区"
[[place]]
name = "金贸街道"
kind = "街道"
aliases = ["金贸"]
in = "龙华区"
[[place]]
name = "国贸路"
kind = "道路"
in = "金贸街道"
"#;

fn lexicon() -> &'static Lexicon {
    static LEXICON: std::sync::LazyLock<Lexicon> = std::sync::LazyLock::new(|| {
        let names = ["区市场监管局", "海口市龙华区市场监督管理局", "金贸街道", "国贸路"].map(String::from);
        let source = LexiconSource {
            words: &[("words.txt", "椰城市民云 50 nz\n12345热线\n")],
            synonyms: &[("synonyms.txt", "营业执照 = 执照 # 简称\n社会保险 = 社保\n")],
            stop_words: &[("stop.txt", "的\n请问\n您好\n谢谢\n怎么办理\n我想咨询一下\n")],
            variants: &[("variants.txt", "帐单 = 账单\n社饱 = 社保\n")],
            related: &[("related.txt", "挂失 ~ 弄丢 ~ 丢\n补办 ~ 丢\n")],
            small_talk: &[("smalltalk.txt", "你叫什么名字\n")],
            names: &names,
        };
        let (lexicon, problems) = Lexicon::build(&source);
        assert_eq!(problems, []);
        lexicon
    });
    &LEXICON
}

fn analysis(raw: &str) -> Analysis {
    static GAZETTEER: std::sync::LazyLock<Gazetteer> =
        std::sync::LazyLock::new(|| Gazetteer::parse("places.toml", PLACES).unwrap_or_else(|p| panic!("{p:?}")));
    analyse(lexicon(), &GAZETTEER, raw)
}

fn words(raw: &str) -> Vec<String> {
    let analysis = analysis(raw);
    analysis.words.iter().map(|word| word.span.of(&analysis.normal).to_owned()).collect()
}

/// `text@position:weight`.
fn terms(raw: &str) -> Vec<String> {
    analysis(raw).terms.iter().map(|term| format!("{}@{}:{}", term.text, term.position, term.weight)).collect()
}

#[test]
fn normalises() {
    for (raw, normal) in [
        ("ＡＢＣ１２３，（全角）！", "abc123,(全角)!"),
        ("龍華區辦理營業執照", "龙华区办理营业执照"),
        ("乾坤、乾燥、頭髮、發展", "乾坤、干燥、头发、发展"),
        ("  a \u{3000}\t b\r\n\n c  ", "a b\nc"),
        ("停\u{200B}车\u{FEFF}费\u{0}", "停车费"),
        ("①③⑧🄰１️⃣", "138a1"),
        ("⼈⺠金額", "人民金额"),
        ("𝟏𝟑𝟖", "138"),
        ("", ""),
        ("\u{200B} \n", ""),
        ("￥300", "¥300"),
        ("🙂👨‍👩‍👧", "🙂👨👩👧"),
    ] {
        assert_eq!(normalise_word(raw), normal, "{raw:?}");
    }
}

#[test]
fn offsets_lead_back() {
    let raw = "　您好，ＡＢ  龍\u{200B}華區";
    let normal = normalise(raw);
    assert_eq!(normal.text, "您好,ab 龙华区");
    let back = |word: &str| {
        let start = normal.text.find(word).unwrap_or_default();
        normal.offsets.raw_span(Span::new(start, start + word.len())).of(raw)
    };
    assert_eq!(["ab", "华区", "好,", " 龙"].map(back), ["ＡＢ", "華區", "好，", "  龍\u{200B}"]);
    assert_eq!(OffsetMap::from_pairs(normal.offsets.as_pairs().to_vec()), normal.offsets);
}

#[test]
fn ends_sentences() {
    let cut = |text: &str| -> Vec<String> { sentences(text).iter().map(|s| s.of(text).to_owned()).collect() };
    for (text, expect) in [
        ("停车费3.5元。太贵!他说“好。”然后走了", vec!["停车费3.5元。", "太贵!", "他说“好。”", "然后走了"]),
        ("太贵.请处理……谢谢", vec!["太贵.", "请处理……", "谢谢"]),
        ("一\n\n二;三", vec!["一", "二;", "三"]),
        ("。。!?", vec![]),
        ("(真的吗?)』好", vec!["(真的吗?)』", "好"]),
        ("", vec![]),
    ] {
        assert_eq!(cut(text), expect, "{text:?}");
    }
}

#[test]
fn cuts_with_our_words() {
    for (raw, expect) in [
        ("在椰城市民云投诉", "在|椰城市民云|投诉"),
        ("海口市龙华区市场监督管理局怎么走", "海口市龙华区市场监督管理局|怎么|走"),
        ("打12345热线没人接", "打|12345热线|没人接"),
        ("依据海龙府〔2019〕17号文", "依据|海龙府〔2019〕17号|文"),
        ("收了3万元和三千块钱", "收|了|3万元|和|三千块钱"),
        ("琼A·D12345停在国贸路", "琼a·d12345|停|在|国贸路"),
        ("a 🙂。", "a| |🙂|。"),
    ] {
        assert_eq!(words(raw).join("|"), expect, "{raw}");
    }
}

#[test]
fn terms_are_canonical_and_weighed() {
    assert_eq!(terms("办营业执照"), ["办@0:200", "营业@1:500", "营业执照@1:500", "营业执照@1:1000"]);
    assert_eq!(terms("请问社饱帐单"), ["请问@0:0", "社会保险@1:1000", "账单@2:1000"]);
    assert_eq!(terms("我想咨询一下停车").last().map(String::as_str), Some("停车@4:1000"));
    assert!(terms("我想咨询一下停车").iter().rev().skip(1).all(|term| term.ends_with(":0")));
    assert!(terms("我的电话13812345678").iter().all(|term| !term.contains('1') || !term.contains("138")));
}

#[test]
fn finds_places() {
    let names = |raw: &str| -> Vec<String> { analysis(raw).places.into_iter().map(|place| place.name).collect() };
    assert_eq!(names("住在金貿街道國貿路，龍華區"), ["金贸街道", "国贸路", "龙华区"]);
    assert_eq!(names("金贸这边，国贸路和国贸路"), ["金贸街道", "国贸路"]);
    assert_eq!(names("从事黄金贸易"), Vec::<String>::new());
    assert_eq!(names("海口市龙华区市场监督管理局"), ["龙华区"]);
}

#[test]
fn masks_in_the_raw_text() {
    for (raw, masked) in [
        ("我是张三，１３８ １２３４ ５６７８", "我是张三，138****5678"),
        ("电话幺三八一二三四五六七八谢谢", "电话138****5678谢谢"),
        ("身份证11010519491231002X，卡6222021234567890128。", "身份证110105********002X，卡622202*********0128。"),
        ("zhang.san@qq.com 琼A12345", "z********@qq.com 琼A***45"),
        ("座机0898-66778899", "座机0898******99"),
        ("龍華區３００元", "龍華區３００元"),
    ] {
        assert_eq!(analysis(raw).masked(), masked, "{raw}");
    }
}

#[test]
fn amounts_fall() {
    assert_eq!(analysis("先交3000元，再交1.2万元，共15块").amounts(), [12000, 3000, 15]);
}

/// Pieces that meet in bad ways.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("13812345678"),
        Just("138 1234 5678"),
        Just("+86"),
        Just("11010519491231002X"),
        Just("91350100M000100Y43"),
        Just("6222021234567890128"),
        Just("幺三八"),
        Just("一二三四"),
        Just("五六七八"),
        Just("1234"),
        Just(" "),
        Just("-"),
        Just("."),
        Just("，"),
        Just("３"),
        Just("万"),
        Just("元"),
        Just("块"),
        Just("一"),
        Just("十"),
        Just("〔2019〕"),
        Just("17号"),
        Just("海龙府"),
        Just("琼A"),
        Just("年"),
        Just("月"),
        Just("点"),
        Just(":"),
        Just("¥"),
        Just("@qq.com"),
        Just("*"),
        Just("\u{200B}"),
        Just("龍"),
        Just("🙂"),
        Just("\n"),
        Just("身份证"),
        Just("电话"),
        Just("卡号"),
        Just("0898"),
        Just("a"),
        Just("%"),
        Just("①"),
        Just("\u{0}"),
        Just("国贸路"),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => pieces(), 2 => ".{0,60}", 1 => "\\PC{0,60}", 1 => "[\u{4E00}-\u{9FFF}]{0,40}"]
}

fn check_spans(analysis: &Analysis) -> Result<(), TestCaseError> {
    let mut at = 0;
    for word in &analysis.words {
        prop_assert_eq!(word.span.start, at);
        prop_assert!(word.span.end > at);
        at = word.span.end;
        let raw = analysis.offsets.raw_span(word.span);
        prop_assert!(analysis.raw.get(raw.start as usize..raw.end as usize).is_some_and(|part| !part.is_empty()));
    }
    prop_assert_eq!(at as usize, analysis.normal.len());
    let cuts = analysis.cuts();
    for mark in &analysis.marks {
        prop_assert!(analysis.words.iter().any(|word| word.span == mark.span));
    }
    for term in &analysis.terms {
        let word = analysis.words.get(term.position as usize).map(|word| word.span).unwrap_or_default();
        prop_assert!(word.contains(term.span) && !term.text.is_empty());
    }
    for sentence in &analysis.sentences {
        prop_assert!(!sentence.of(&analysis.normal).is_empty());
    }
    prop_assert!(cuts.is_sorted());
    Ok(())
}

/// Every character there is, by itself: chains of variants are rare enough that chance misses them.
#[test]
fn normalising_twice_changes_no_single_character() {
    for c in '\u{2E80}'..=char::MAX {
        let once = normalise_word(c.encode_utf8(&mut [0; 4]));
        assert_eq!(normalise_word(&once), once, "{c:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_stand_on_characters(raw in text()) {
        check_spans(&analysis(&raw))?;
    }

    #[test]
    fn normalising_twice_changes_nothing(raw in text()) {
        let once = normalise_word(&raw);
        prop_assert_eq!(normalise_word(&once), once);
    }

    #[test]
    fn masked_text_holds_no_number_of_a_person(raw in text()) {
        let masked = analysis(&raw).masked();
        let left = analysis(&masked).marks;
        use MarkKind::*;
        prop_assert!(left.iter().all(|mark| !matches!(mark.kind, Phone | IdCard | BankCard | CreditCode)), "{} → {}: {:?}", raw, masked, left);
    }
}

/// One repeated piece is where a recogniser that looks too far would never come back.
#[test]
fn long_texts_come_to_an_end() {
    for piece in [
        "1",
        "13",
        "一万",
        "〔",
        " ",
        "a.",
        "a",
        "琼",
        "@",
        "1 ",
        "1-",
        "1.",
        "〔2019〕",
        "🙂",
        "龍",
        "\u{0}",
        "。",
        "几",
    ] {
        let raw = piece.repeat(65_536 / piece.len());
        let analysis = analysis(&raw);
        assert!(analysis.raw.len() == raw.len());
    }
}

#[test]
fn words_often_meant_alike_are_found_with_every_group_they_are_in() {
    let related = |raw: &str| -> Vec<(String, String)> {
        let analysis = analysis(raw);
        analysis.related.iter().map(|it| (it.span.of(&analysis.normal).to_owned(), it.name.to_string())).collect()
    };
    let pair = |word: &str, name: &str| (word.to_owned(), name.to_owned());
    assert_eq!(related("执照弄丟了"), [pair("弄丢", "≈挂失")], "the longest word counts");
    assert_eq!(related("丢了，要挂失"), [pair("丢", "≈挂失"), pair("丢", "≈补办"), pair("挂失", "≈挂失")]);
    assert_eq!(related("路灯不亮"), []);
}

#[test]
fn personal_data_is_no_related_word() {
    let analysis = analysis("丢 13800138000");
    assert!(super::pieces(&analysis).iter().filter(|it| it.kind == Kind::Related).all(|it| it.text.starts_with('≈')));
    assert_eq!(super::pieces(&analysis).iter().filter(|it| it.kind == Kind::Related).count(), 2);
}
