//! What authors get wrong: each mistake is found, explained with a way to mend it, and survived.

use paidan::diagnostic::Code;

use crate::demo::{pack, report};

/// Source, line, part of the message, part of the help.
#[track_caller]
fn check(source: &str, line: u32, message: &str, help: &str) {
    let report = report(source);
    assert!(!report.current, "it must not go live: {source}");
    let found = report.diagnostics.iter().find(|it| it.message.contains(message));
    let Some(found) = found else { panic!("no “{message}” in {:#?}", report.diagnostics) };
    assert_eq!((found.file.as_str(), found.line), ("rules/demo/test.rhai", line), "{found:?}");
    assert!(found.help.contains(help), "{found:?}");
}

/// A rule on one line with this inside.
fn rule(inside: &str) -> String {
    format!("route(\"a.b\", #{{ {inside} }});")
}

const REST: &str = "then: #{ lead: \"区交通局\" }, basis: \"示\"";

#[test]
fn the_form() {
    check("route(“a.b”, #{ any: [\"涨价\"] });", 1, "引号用了全角的", "半角");
    check("route(\"a.b\"，#{ any: [\"涨价\"] });", 1, "全角标点“，”", ",");
    check("route(\"a.b\", #{ any: [\"涨价] });", 1, "引号没有结束", "\"");
    check("\nroute(\"a.b\", #{ any: [\"涨价\"],\n  basis: \"示\" ;\n", 3, "没有配对", "}");
    check("route(\"a.b\", { any: [\"涨价\"] });", 1, "少了 #", "#{");
    check("route('a.b', #{ any: [\"涨价\"] });", 1, "单引号", "双引号");
    check(&rule(&format!("any: [\"涨价\"], until: \"2022\", {REST}")), 1, "“until”是保留字", "换一个");
    check("\n\nrotue(\"a.b\", #{});", 3, "不认识的动词“rotue”", "route");
    check("for i in 0..3 { }", 1, "最外层不能写“for”", "词表");
    check(&format!("route(\"a.b\", #{{ any: [\"涨价\"] {REST} }});"), 1, "少了", "补上");
    check("route(#{ any: [\"涨价\"] });", 1, "route 的写法不对", "编号");
    check(&rule(&format!("any: [涨价], {REST}")), 1, "“涨价”没有加引号", "双引号");
}

#[test]
fn keys_and_values() {
    check(&rule(&format!("anyy: [\"涨价\"], {REST}")), 1, "不认识的键“anyy”", "any");
    check(&rule(&format!("any: [\"涨\"], {REST}")), 1, "太短", "两个字");
    check(&rule(&format!("any: [], {REST}")), 1, "是空的", "删去");
    check(&rule(&format!("any: [3], {REST}")), 1, "只能写词语", "甲词");
    check(&rule(REST), 1, "没有任何条件", "any");
    check(&rule("any: [\"涨价\"], then: #{ lead: \"区交通局\" }"), 1, "没有写依据", "basis");
    check(&rule("any: [\"涨价\"], basis: \"示\""), 1, "没有写结果", "then");
    check(&rule("any: [\"涨价\"], then: #{ lead: \"区交同局\" }, basis: \"示\""), 1, "没有单位“区交同局”", "区交通局");
    check(&rule("any: [\"涨价\"], then: #{ leed: \"区交通局\" }, basis: \"示\""), 1, "不认识的键“leed”", "lead");
    check(
        &rule("any: [\"涨价\"], then: #{ lead: \"区交通局\", weight: 30 }, basis: \"示\""),
        1,
        "-10 到 10",
        "weight: 3",
    );
    check(&rule(&format!("any: [\"涨价\"], channel: \"微信\", {REST}")), 1, "channel 没有“微信”", "网站");
    check(&rule(&format!("any: [\"涨价\"], within: \"para\", {REST}")), 1, "within 没有“para”", "sentence");
    check(&rule(&format!("any: [\"涨价\"], valid: [\"2022-13-01\"], {REST}")), 1, "valid", "起");
    check(&format!("route(\"A\", #{{ any: [\"涨价\"], {REST} }});"), 1, "编号不合规范", "market.price");
    let twice = format!("{}\n{}", rule(&format!("any: [\"涨价\"], {REST}")), rule(&format!("any: [\"停车\"], {REST}")));
    check(&twice, 2, "已经在 rules/demo/test.rhai:1 用过", "override");
    check("off(\"no.such\", \"不用\");", 1, "要停用的规则“no.such”不存在", "");
    check("admit(\"a.b\", #{ any: [\"涨价\"], then: #{ refuse: 7 }, basis: \"示\" });", 1, "代码 7", "5");
    check("warn(\"a.b\", #{ any: [\"涨价\"], then: #{ level: \"orange\" }, basis: \"示\" });", 1, "orange", "red");
    check(
        "classify(\"a.b\", #{ any: [\"涨价\"], then: #{ topic: \"市场监管\" }, basis: \"示\" });",
        1,
        "topic 没有",
        "市场",
    );
}

#[test]
fn functions() {
    let guard = |body: &str| rule(&format!("any: [\"涨价\"], when: |t| {body}, {REST}"));
    check(&guard("t.amuont > 3"), 1, "没有名为“amuont”的事实", "amount");
    check(&guard("no_such(t)"), 1, "没有名为“no_such”的函数", "fn");
    check(&guard("t.amount"), 1, "true 或 false", "");
    check(&guard("LIMIT > 3"), 1, "看不到名为“LIMIT”的变量", "fn");
    check(&guard("loop { }"), 1, "死循环", "");
    check(&guard("t.text.contain(\"涨\")"), 1, "没有名为“contain”的函数", "contains");
    check(&guard("t.places[0] == \"\""), 1, "取不到", "事实缺失时");
    check(&guard("t.amount > 3 and t.hour > 3"), 1, "不能写“and”", "&&");
    check(&guard("eval(\"1\") == 1"), 1, "eval", "");
    check(&rule(&format!("any: [\"涨价\"], when: t.amount > 3, {REST}")), 1, "还没有 t", "|t|");
    check("fn f() { let s = \"好\"; loop { s += s; } }\nroute(\"a.b\", f());", 2, "超过上限", "16 KiB");
    check("fn f() { loop { } }\nroute(\"a.b\", f());", 2, "步数超过上限", "循环");
}

#[test]
fn a_file_of_a_hundred_megabytes_is_named_and_left_out() {
    let huge = format!("// {}\n", "长".repeat(200_000));
    check(&huge, 1, "超过 512 KiB", "拆成");
}

#[test]
fn every_problem_of_every_file_is_reported() {
    let mut pack = pack("rotue(\"a.b\", #{});\nrote(\"a.c\", #{});");
    pack.files.insert("rules/demo/two.rhai".into(), "route(“a.b”，#{});".into());
    let round = paidan::releases::Releases::default().round(&pack);
    let errors = round.reports["demo"].diagnostics.iter().filter(|it| it.is_error());
    let places: Vec<(&str, u32, Code)> = errors.map(|it| (it.file.as_str(), it.line, it.code)).collect();
    for place in [
        ("rules/demo/test.rhai", 1, Code::UnknownVerb),
        ("rules/demo/test.rhai", 2, Code::UnknownVerb),
        ("rules/demo/two.rhai", 1, Code::FullWidth),
        ("rules/demo/two.rhai", 1, Code::MissingBasis),
    ] {
        assert!(places.contains(&place), "{place:?} in {places:?}");
    }
}

/// Five mistakes in five rules: five places, each exact.
#[test]
fn a_broken_rule_hides_no_other() {
    let source = "route(\"a.one\", #{\n    any: [\"涨价\", \"停车费],\n    then: #{ lead: \"区交通局\" },\n    basis: \"示\",\n});\n\
        route(\"a.two\", #{\n    any: [\"涨价\"],\n    then: #{ lead: \"区交同局\" },\n    basis: \"示\",\n});\n\
        route(\"a.three\", #{\n    any: [\"涨价\"]，\n    then: #{ lead: \"区交通局\", weigth: 3 },\n    basis: \"示\",\n});\n\
        route(\"a.four\", #{\n    any: [\"涨价\"],\n    then: #{ lead: \"区交通局\" },\n    basis: \"示\",\n\n\
        route(\"a.five\", #{\n    any: [\"涨价\"],\n    when: |t| t.amuont > 3,\n    then: #{ lead: \"区交通局\" },\n});\n";
    let found: Vec<(u32, u32, Code)> =
        report(source).diagnostics.iter().filter(|it| it.is_error()).map(|it| (it.line, it.column, it.code)).collect();
    let wanted = [
        (2, 17, Code::OpenQuote),
        (8, 20, Code::UnknownUnit),
        (12, 16, Code::FullWidth),
        (13, 28, Code::UnknownKey),
        (19, 15, Code::MissingEnd),
        (23, 17, Code::UnknownFact),
    ];
    assert_eq!(found, wanted);
}
