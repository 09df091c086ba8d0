//! 情形导办: one question at a time, nothing remembered.

use paidan::knowledge::guide::{Astray, Choice, Guided, Step};
use paidan::knowledge::{Entry, parse};

use super::{build, entry, lexicon, today};

const GUIDED: &str = r#"
[[entry]]
id = "open"
question = "开店怎么办手续"
answer = "先办营业执照，再办行业许可。"
owner = "区市场监管局"
[[entry.guide]]
ask = "开什么店？"
[[entry.guide.options]]
text = "餐饮店"
step = "size"
[[entry.guide.options]]
text = "理发店"
entry = "hair"
[[entry.guide.options]]
text = "其他"
answer = "请到政务服务中心咨询台说明情况。"
[[entry.guide]]
id = "size"
ask = "店面多大？"
[[entry.guide.options]]
text = "60平方米以下"
answer = "办小餐饮备案。"
[[entry.guide.options]]
text = "60平方米以上"
answer = "办食品经营许可。"
"#;

fn entries() -> Vec<Entry> {
    let mut entries = parse("a.toml", GUIDED).expect("a sound file");
    entries.push(entry("hair", "理发店卫生许可怎么办", &[]));
    entries
}

/// HK-13: the entry asks back until one answer is left; an unknown choice is told with the options.
#[test]
fn hk_13_a_guide_asks_one_question_at_a_time() {
    let lexicon = lexicon();
    let knowledge = build(entries(), &lexicon);
    let go = |choices: &[&str]| {
        let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
        knowledge.guided("demo", "open", &choices, today())
    };
    let asks = |choices: &[&str]| match go(choices) {
        Ok(Guided::Ask { step, .. }) => step.ask.clone(),
        other => panic!("{other:?}"),
    };
    let says = |choices: &[&str]| match go(choices) {
        Ok(Guided::Answer { entry, text }) => (entry.entry.id.clone(), text.to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(asks(&[]), "开什么店？");
    assert_eq!(asks(&["餐饮店"]), "店面多大？");
    assert_eq!(asks(&["1"]), "店面多大？", "a number will do");
    assert_eq!(says(&["餐饮店", "６０平方米以上"]), ("open".into(), "办食品经营许可。".into()), "normalised");
    assert_eq!(says(&["理发店"]), ("hair".into(), "hair 的答案".into()), "the answer of the other entry");
    let unknown = go(&["书店"]).expect_err("no such option");
    assert_eq!(unknown.to_string(), "第 1 个选择「书店」不是「开什么店？」的选项，可选：餐饮店、理发店、其他");
    assert!(matches!(go(&["其他", "再"]), Err(Astray::TooMany { number: 2, .. })));
    let gone = build(entries().into_iter().take(1).collect(), &lexicon);
    assert!(matches!(gone.guided("demo", "open", &["2".into()], today()), Err(Astray::Gone { .. })));
}

#[test]
fn a_guide_that_leads_nowhere_is_refused() {
    let option = |text: &str, step: &str| Choice { text: text.into(), step: step.into(), ..Choice::default() };
    let step = |id: &str, options| Step { id: id.into(), ask: "问".into(), options };
    let guide = vec![
        step("", vec![option("甲", "later"), option("甲", "nowhere")]),
        step("lost", vec![option("乙", "")]),
        step("later", vec![option("丙", "lost"), option("丁", "later")]),
    ];
    let wrong = Entry { guide, ..entry("a", "问", &[]) }.check().join("\n");
    for part in [
        "选项「甲」重复",
        "通向「nowhere」，后面没有这一步",
        "第 2 步「lost」没有选项通到",
        "现在写了 0 个",
        "应有 2 到 12 个选项",
        "通向「lost」",
    ] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
}
