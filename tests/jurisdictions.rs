//! What the five documents enumerate stands in the data of their jurisdictions: channels, classes, units, refusals.

use std::sync::{Arc, LazyLock};

use paidan::packs::{Pack, Source};
use paidan::regulation::Units;
use paidan::releases::{Releases, Round};
use paidan::triage::Release;

fn shipped() -> Pack {
    Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read().expect("the packs can be read")
}

fn release(name: &str) -> Arc<Release> {
    static ROUND: LazyLock<Round> = LazyLock::new(|| Releases::default().round(&shipped()));
    ROUND.releases[name].clone().expect(name)
}

fn holds(list: &[String], wanted: &[&str]) {
    for one in wanted {
        assert!(list.iter().any(|it| it == one), "{one} is not in {list:?}");
    }
}

#[test]
fn lh_01_channels_and_requesters_of_longhua() {
    let regulation = &release("longhua").regulation;
    holds(&regulation.channels, &["微信", "网站", "其他"]);
    assert_eq!(regulation.requesters, ["公民", "法人", "其他组织"]);
}

#[test]
fn a_lh_1_longhua_has_five_classes() {
    assert_eq!(release("longhua").regulation.categories, ["咨询", "服务", "投诉", "意见建议", "其他"]);
}

/// LH-51: five towns and six streets, district departments, vertically managed bodies.
#[test]
fn lh_51_member_units_of_longhua() {
    let release = release("longhua");
    let count = |kind: &str| release.units.iter().filter(|unit| unit.kind == kind).count();
    assert_eq!(count("镇街"), 11);
    assert!(count("区直") >= 20 && count("双垂管") >= 5);
}

/// LH-57, RC-12, HN-04: a leader, a liaison or administrator, a telephone; the unit is taken without, and that is said.
/// LH-61 as far as it goes today: what was filled in is there with the next reading.
#[test]
fn what_a_unit_lacks_is_said() {
    let unit = |phone: &str| {
        let file = format!(
            "[[unit]]\nid = \"a\"\nname = \"甲局\"\nkind = \"市直\"\nleader = \"李\"\nliaison = \"王\"\nphone = \"{phone}\"\n"
        );
        Units::parse("units.toml", &file, &["市直".to_owned()])
    };
    let (units, told) = unit("");
    assert_eq!(units.find("甲局").map(|it| it.missing_contacts()), Some(vec!["phone"]));
    assert!(told.iter().all(|it| !it.is_error()) && told[0].message.contains("甲局"), "{told:?}");
    let (units, told) = unit("0000-0000000");
    assert_eq!((units.find("甲局").map(|it| it.missing_contacts()), told.len()), (Some(Vec::new()), 0));
}

#[test]
fn rc_01_the_managing_bodies_of_rongcheng() {
    let release = release("rongcheng");
    for name in ["市行政审批服务局", "市工信局", "市商务局"] {
        assert_eq!(release.units.find(name).map(|it| it.kind.as_str()), Some("管理机构"), "{name}");
    }
    assert_eq!(release.regulation.center, "市行政审批服务局", "A-RC-10: of an enterprise's own space as well");
}

#[test]
fn rc_03_four_sections() {
    assert_eq!(release("rongcheng").regulation.sections, ["办事服务", "政策诉求", "智慧招商", "专属空间"]);
}

#[test]
fn hn_05_domains_and_classes_of_hunan() {
    let regulation = &release("hunan").regulation;
    assert_eq!(regulation.topics.len(), 9);
    assert_eq!(regulation.categories, ["咨询", "求助", "投诉", "举报", "意见建议"]);
    holds(&regulation.channels, &["国家平台转办", "市州转接"]);
}

#[test]
fn hn_07_ten_classes_that_are_not_taken() {
    let regulation = &release("hunan").regulation;
    let codes: Vec<u16> = regulation.refusal.iter().map(|it| it.code).collect();
    assert_eq!(codes, (1..=10).collect::<Vec<u16>>());
    assert!(regulation.refusal.iter().all(|it| it.article.starts_with("第九条")));
}

#[test]
fn cb_02_six_channels_of_chibi() {
    let six = ["移动端鄂汇办", "Web端", "店小二呼叫中心", "特殊服务窗口", "网络舆情", "线下调研"];
    assert_eq!(release("chibi").regulation.channels, six);
}

#[test]
fn cb_04_three_classes_and_three_urgencies_of_chibi() {
    let regulation = &release("chibi").regulation;
    assert_eq!(regulation.categories, ["企业服务", "政务服务", "投诉咨询"]);
    assert_eq!(regulation.urgencies, ["一般", "较紧急", "紧要"]);
}

/// HK-01: a new member unit is data, and tickets can go to it at once.
#[test]
fn hk_01_a_new_unit_needs_no_new_program() {
    let mut pack = shipped();
    let units = pack.files.get_mut("rules/haikou/units.toml").expect("units");
    units.push_str("\n[[unit]]\nid = \"hk-new\"\nname = \"市新设局\"\nkind = \"市直\"\nduties = [\"新设事项\"]\n");
    let rule =
        "route(\"new.unit\", #{ any: [\"新设事项\"], then: #{ lead: \"市新设局\", weight: 4 }, basis: \"示\" });\n";
    let case = "[[case]]\nname = \"新设\"\ntext = \"新设事项在哪办\"\n[case.expect]\nlead = \"市新设局\"\n";
    pack.files.insert("rules/haikou/route/new.rhai".into(), rule.to_owned());
    pack.files.insert("rules/haikou/cases/new.toml".into(), case.to_owned());
    let round = Releases::default().round(&pack);
    let report = &round.reports["haikou"];
    assert!(report.current && report.failed_cases.is_empty(), "{:#?}", report.failed_cases);
}

/// No limit for tickets stands in the report of Haikou: whatever holds there is shown as ours. LH-71: so is every value
/// elsewhere that no document states.
#[test]
fn lh_71_what_no_document_says_is_shown_as_ours() {
    assert!(release("haikou").regulation.life.clock.iter().filter(|it| it.id == "handle").all(|it| it.ours));
    for name in ["longhua", "rongcheng", "hunan", "chibi", "haikou"] {
        let life = &release(name).regulation.life;
        for clock in life.clock.iter().filter(|it| it.article.starts_with("本平台")) {
            assert!(clock.ours, "{name}: {} {}", clock.id, clock.article);
        }
    }
}
