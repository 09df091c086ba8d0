//! Slips that the scanner sees, each with its place.

use super::*;

fn check(source: &str) -> Vec<Diagnostic> {
    scan(source).diagnostics("a.rhai")
}

#[track_caller]
fn check_one(source: &str, place: (u32, u32), message: &str, help: &str) {
    let found = check(source);
    assert_eq!(found.len(), 1, "{found:#?}");
    let first = &found[0];
    assert_eq!((first.line, first.column), place, "{first:?}");
    assert!(first.message.contains(message), "{first:?}");
    assert!(first.help.contains(help), "{first:?}");
}

#[test]
fn what_authors_get_wrong() {
    check_one("route(“a.b”, #{});", (1, 7), "引号用了全角的 “”", "\"a.b\"");
    check_one("route(\"a.b\", #{ any: [\"x\"，\"y\"] });", (1, 26), "全角标点“，”", "半角的“,”");
    check_one("route(\"a.b\", #{ any: [\"停车] });", (1, 23), "引号没有结束", "\"");
    check_one("\nroute(\"a.b\", #{ any: [\"xy\"] );\n", (2, 14), "没有配对", "}");
    let found = check("route(\"a.b\", #{ any: [\"xy\"）] });");
    assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), [Code::FullWidth, Code::ExtraBracket], "{found:#?}");
    check_one("rout(\"a.b\", #{});", (1, 1), "不认识的动词“rout”", "route");
    check_one("if true { }", (1, 1), "最外层不能写“if”", "词表");
    check_one("route(\"a.b\", #{ when: |t| t.amuont > 3 });", (1, 29), "没有名为“amuont”的事实", "amount");
    check_one("route(\"a.b\", #{ any: [停车] });", (1, 23), "“停车”没有加引号", "双引号");
    check_one("/* abc", (1, 1), "注释没有结束", "*/");
}

#[test]
fn good_files_are_left_alone() {
    let source = "/* a /* b */ c */ const WORDS = [\"哄抬，物价\"];\nfn big(t) { t.amount > 3 }\n\
        route(\"a.b\", #{ any: WORDS, when: |t| t.best.owner == \"甲\", then: |t| #{ lead: `乙${t.amount}` } });\noff(\"x.y\", \"z\");";
    assert_eq!(check(source), vec![]);
}
