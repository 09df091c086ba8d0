//! A small jurisdiction, `demo`, for tests that write their own rules.

use std::sync::Arc;

use paidan::packs::Pack;
use paidan::releases::{Releases, Report};
use paidan::ticket::Request;
use paidan::triage::{Decision, History, Probe, Release, Snapshot, triage};

pub(crate) const REGULATION: &str = r#"
id = "demo-1"
name = "示例平台"
code = "DM"
source = "示例办法"
effective_from = "2020-01-01"
center = "联动中心"
categories = ["咨询", "投诉", "其他"]
channels = ["网站", "电话"]
sections = ["办事服务"]
requesters = ["公民", "法人"]
topics = ["市场", "交通"]
urgencies = ["一般", "紧要"]
impacts = ["一般", "重大"]
skills = ["政企通"]
unit_kinds = ["区直", "镇街"]
[category_of]
"咨询" = "咨询"
"求助" = "其他"
"投诉" = "投诉"
"举报" = "投诉"
"建议" = "其他"
"服务" = "其他"
"其他" = "其他"
[triage]
answer_threshold = 0.8
least_weight = 3
least_margin = 1
[limits]
large = 100000
[[refusal]]
code = 5
name = "属于紧急求助"
article = "第九条（五）"
"#;

pub(crate) const UNITS: &str = r#"
[[unit]]
id = "dm-ld"
name = "联动中心"
kind = "区直"
[[unit]]
id = "dm-sc"
name = "区市场监管局"
kind = "区直"
aliases = ["工商局"]
duties = ["价格欺诈", "食品安全", "营业执照"]
[[unit]]
id = "dm-jt"
name = "区交通局"
kind = "区直"
duties = ["公交线路"]
[[unit]]
id = "dm-jm"
name = "金贸街道办事处"
kind = "镇街"
places = ["金贸街道"]
"#;

const PLACES: &str = r#"
[[place]]
name = "金贸街道"
kind = "街道"
[[place]]
name = "国贸大道"
kind = "道路"
in = "金贸街道"
"#;

/// Thursday, a working day, 15:00 in Shanghai.
pub(crate) const NOW: &str = "2022-09-29T07:00:00Z";

/// The pack with one rule file `rules/demo/test.rhai`.
pub(crate) fn pack(rules: &str) -> Pack {
    let mut pack = Pack::default();
    for (path, text) in [
        ("rules/demo/regulation.toml", REGULATION),
        ("rules/demo/units.toml", UNITS),
        ("dictionaries/places/demo.toml", PLACES),
        ("rules/calendar/2022.toml", "year = 2022\nrest = [\"10-03\"]\nwork = [\"10-08\"]\nsource = \"示例\"\n"),
        ("rules/demo/test.rhai", rules),
    ] {
        // An empty file is a mistake; no file is none.
        if text.is_empty() {
            continue;
        }
        pack.files.insert(path.to_owned(), text.to_owned());
    }
    pack
}

pub(crate) fn report(rules: &str) -> Report {
    Releases::default().round(&pack(rules)).reports["demo"].clone()
}

/// A snapshot with these rules, which must be sound.
#[track_caller]
pub(crate) fn snapshot(rules: &str) -> Snapshot {
    let round = Releases::default().round(&pack(rules));
    let report = &round.reports["demo"];
    assert!(report.current, "{:#?}", report.diagnostics);
    Snapshot { releases: round.releases, ..Snapshot::default() }
}

pub(crate) fn release(snapshot: &Snapshot) -> &Arc<Release> {
    snapshot.releases["demo"].as_ref().expect("a sound release")
}

pub(crate) fn request(text: &str) -> Request {
    Request { jurisdiction: "demo".into(), text: text.into(), ..Request::default() }
}

pub(crate) fn ask(snapshot: &Snapshot, request: &Request) -> Decision {
    triage(snapshot, request, &History::default(), NOW.parse().expect("an instant"), Probe::Off).0
}

#[track_caller]
pub(crate) fn decide(rules: &str, text: &str) -> Decision {
    ask(&snapshot(rules), &request(text))
}
