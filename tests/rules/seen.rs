//! Seeing through: what `why`, `why_not`, `refs`, `coverage` and `overlaps` say is what the rules did.

use std::sync::Arc;

use paidan::insight::{Coverage, Likeness, Place, Reason, Sight, Standing, Trouble, overlaps, refs, why, why_not};
use paidan::knowledge::Entry;
use paidan::rules::Verb;
use paidan::triage::{Decision, so_far};
use proptest::prelude::*;

use super::prefilter::{PIECES, conditions};
use crate::demo::{NOW, ask, pack, release, request, snapshot};

const RULES: &str = r#"
fn big(x) { x.amount >= x.limit("large") }
route("market.price", #{ any: ["哄抬物价", "乱涨价"], unless: ["停车费"], then: #{ lead: "区市场监管局", weight: 4 }, basis: "示" });
route("market.price.low", #{ any: ["哄抬物价"], then: #{ lead: "区市场监管局", weight: 1 }, basis: "示" });
route("site.noise", #{ all: [["工地", "施工"], ["扰民", "噪音"]], within: "sentence", then: #{ lead: "区交通局", weight: 3 }, basis: "示" });
route("call.only", #{ any: ["公交"], channel: "电话", then: #{ lead: "区交通局", weight: 3 }, basis: "示" });
route("old.times", #{ any: ["公交"], valid: ["2021-01-01", "2021-02-01"], then: #{ lead: "区交通局", weight: 3 }, basis: "示" });
route("big.fraud", #{ any: ["骗了"], when: |t| big(t) && t.channel != "", then: #{ lead: "区市场监管局", weight: 3 }, basis: "示" });
route("court.word", #{ any: ["word:法院"], then: #{ not: "区交通局" }, basis: "示" });
route("says.nothing", #{ any: ["沉默"], then: |t| if t.amount > 5 { #{ lead: "区交通局" } } else { #{} }, basis: "示" });
route("breaks.down", #{ any: ["出错"], when: |t| t.text.len() < 3 || [1][t.text.len()] > 0, then: #{ lead: "区交通局" }, basis: "示" });
route("bus.tie", #{ any: ["公交站"], then: #{ lead: "区交通局", weight: 3.5 }, basis: "示" });
classify("n.bad", #{ any: ["投诉"], then: #{ nature: "投诉", weight: 2 }, basis: "示" });
admit("r.call", #{ any: ["火灾"], then: #{ refuse: 5, why: "应当拨打119" }, basis: "示" });
admit("e.fire", #{ any: ["着火了"], then: #{ special_urgent: "火灾" }, basis: "示" });
warn("w.red", #{ any: ["着火了"], then: #{ level: "red" }, basis: "示" });
warn("w.blue", #{ any: ["着火了"], then: #{ level: "blue" }, basis: "示" });
"#;

/// Why a rule kept silent, as code and sentence.
#[track_caller]
fn check(rule: &str, text: &str, code: &str, sentence: &str) {
    let snapshot = snapshot(RULES);
    let decision = ask(&snapshot, &request(text));
    let found = why_not(&Sight::new(release(&snapshot), &decision, text), rule).expect("a rule");
    let value = serde_json::to_value(&found.reason).expect("JSON");
    assert_eq!(value["code"], code, "{found:#?}");
    assert!(found.sentence.contains(sentence), "{found:#?}");
    assert_eq!(found.fired, decision.fired_rules().contains(&rule), "{found:#?}");
}

#[test]
fn why_not_names_the_part_that_is_missing() {
    check("market.price", "小区门口乱收价", "word", "any 要“乱涨价”，来件写的是“乱收价”");
    check("market.price", "今天天气不错", "word", "any 的词一个也没有出现，例如“乱涨价”");
    check("market.price", "停车费乱涨价", "exception", "例外词“停车费”");
    check("site.noise", "我在工地上班。邻居家的狗扰民", "apart", "“工地”在“我在工地上班。”，“扰民”在“邻居家的狗扰民”");
    check("site.noise", "工地很大。我很好", "word", "all[2] 的词一个也没有出现");
    check("call.only", "公交太挤", "facet", "channel 要“电话”，来件是“网站”");
    check("old.times", "公交太挤", "not_today", "只在 2021-01-01 至 2021-02-01 有效，来件是 2022-09-29");
    check("big.fraud", "骗了我200块", "guard", "t.channel = “网站”，t.amount = 200，t.limit(\"large\") = 100000");
    check("court.word", "我在司法院校读书", "word", "any");
    check("says.nothing", "沉默", "nothing", "then 这次没有说出结果");
    check("breaks.down", "出错了怎么办", "failed", "函数出错");
}

#[test]
fn why_not_says_what_became_of_a_rule_that_fired() {
    check("market.price", "超市哄抬物价", "fired", "结果就是“区市场监管局”");
    check("market.price.low", "超市哄抬物价", "fired", "同组的 market.price 更强");
    check("bus.tie", "公交站乱涨价", "fired", "没有定下来：区市场监管局只比区交通局多 0.5 票");
    check("n.bad", "投诉公交", "fired", "结果就是“投诉”");
    check("r.call", "火灾，楼上着火了", "fired", "作废");
    check("w.blue", "着火了", "fired", "结果是更高的“红色”");
    check("e.fire", "着火了", "fired", "特殊事项");
}

#[test]
fn why_not_shows_every_part_with_near_misses() {
    let snapshot = snapshot(RULES);
    let text = "工地上有燥音，另外停車費";
    let decision = ask(&snapshot, &request(text));
    let found = why_not(&Sight::new(release(&snapshot), &decision, text), "site.noise").expect("a rule");
    let parts: Vec<(&str, bool)> = found.parts.iter().map(|part| (part.key.as_str(), part.holds)).collect();
    assert_eq!(parts, [("all[1]", true), ("all[2]", false), ("within", true)]);
    let near = why_not(&Sight::new(release(&snapshot), &decision, text), "market.price").expect("a rule");
    let unless = near.parts.iter().find(|part| part.key == "unless").expect("exceptions");
    assert_eq!(&text[unless.hits[0].start as usize..unless.hits[0].end as usize], "停車費", "in the text as sent");
    assert!(
        why_not(&Sight::new(release(&snapshot), &decision, text), "market.prise").unwrap_err().contains("market.price")
    );
}

#[test]
fn rules_that_are_off_or_out_of_service_say_so() {
    let mut pack = pack(
        "off(\"c.two\", \"本地不用\"); route(\"c.one\", #{ any: [\"涨价\"], override: true, then: #{ lead: \"区交通局\", weight: 3 }, basis: \"示\" });",
    );
    let common = r#"route("c.one", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 3 }, basis: "示" });
        route("c.two", #{ any: ["涨价"], then: #{ manual: "示" }, basis: "示" });"#;
    pack.files.insert("rules/common/route.rhai".into(), common.into());
    let release = paidan::releases::Releases::default().round(&pack).releases["demo"].clone().expect("a release");
    let releases = [("demo".to_owned(), Some(release.clone()))].into();
    let decision = ask(&paidan::triage::Snapshot { releases, ..Default::default() }, &request("涨价"));
    let off = why_not(&Sight::new(&release, &decision, "涨价"), "c.two").expect("known");
    assert!(off.sentence.contains("rules/demo/test.rhai:1 被停用：本地不用"), "{off:#?}");
    let suspended = release.without_rule("c.one");
    let out = why_not(&Sight::new(&suspended, &decision, "涨价"), "c.one").expect("known");
    assert_eq!(out.reason, Reason::Suspended {});
    let uses = refs(&release, [], "c.one").uses;
    let keys: Vec<(&str, &str)> = uses.iter().map(|it| (it.key.as_str(), it.file.as_str())).collect();
    let (own, common) = ("rules/demo/test.rhai", "rules/common/route.rhai");
    assert_eq!(keys, [("id", own), ("override", own), ("被替换", common)]);
}

#[test]
fn why_shows_votes_marks_words_and_says_who_was_outvoted() {
    let snapshot = snapshot(RULES);
    let text = "公交站旁的超市哄抬物價，我要投訴";
    let decision = ask(&snapshot, &request(text));
    let found = why(&Sight::new(release(&snapshot), &decision, text));
    assert_eq!(found.marked, "【公交站】旁的超市【哄抬物價】，我要【投訴】");
    let votes: Vec<(&str, bool, Option<&str>)> =
        found.lead.votes.iter().map(|it| (it.vote.rule.as_str(), it.vote.counted, it.outvoted_by.as_deref())).collect();
    assert_eq!(
        votes,
        [("bus.tie", true, None), ("market.price", true, None), ("market.price.low", false, Some("market.price"))]
    );
    assert_eq!((found.lead.ahead, found.thresholds.least_margin), (500, 1_000));
    assert!(found.obstacles[0].words.contains("只比区交通局多 0.5 票"));
    let silent: Vec<&str> = found.silent.iter().map(|it| it.rule.as_str()).collect();
    assert!(silent.contains(&"call.only") && !silent.contains(&"court.word"), "{silent:?}");
    let shown = found.render();
    for part in ["【哄抬物價】", "主责  （未定）", "同组 market.price 的 market.price 更强", "rules/demo/test.rhai:3"]
    {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[test]
fn refs_find_names_words_and_rules() {
    let mut pack = pack(&format!(
        "{RULES}fn units() {{ [\"工商局\"] }}\nroute(\"f.one\", #{{ any: [\"换班\"], then: |t| #{{ lead: units()[0] }}, basis: \"示\" }});"
    ));
    let cases = "[[case]]\nname = \"甲\"\ntext = \"超市哄抬物价\"\nexpect = { lead = \"区市场监管局\", fires = [\"market.price\"] }\n";
    pack.files.insert("rules/demo/cases/a.toml".into(), cases.into());
    pack.files.insert("dictionaries/synonyms.txt".into(), "市场监管 = 工商局\n".into());
    let round = paidan::releases::Releases::default().round(&pack);
    assert!(round.reports["demo"].current, "{:#?}", round.reports["demo"]);
    let release = round.releases["demo"].clone().expect("a release");
    let entry =
        Entry { id: "e1".into(), question: "怎么办".into(), owner: "区市场监管局".into(), ..Entry::default() };
    let of = |name: &str| refs(&release, [&entry], name);
    let found = |name: &str| -> Vec<(Place, String, String, Likeness)> {
        of(name).uses.into_iter().map(|it| (it.place, it.id, it.key, it.likeness)).collect()
    };
    let has = |name: &str, place, id: &str, key: &str, likeness| {
        let all = found(name);
        assert!(all.contains(&(place, id.into(), key.into(), likeness)), "{name}: {all:#?}");
    };
    let unit = of("工商局");
    assert_eq!(unit.kinds, ["单位"]);
    assert!(unit.spellings.contains(&"区市场监管局".to_owned()));
    has("工商局", Place::Rule, "market.price", "then.lead", Likeness::Same);
    has("工商局", Place::Rule, "f.one", "函数", Likeness::Same);
    has("工商局", Place::Case, "甲", "lead", Likeness::Same);
    has("工商局", Place::Entry, "e1", "owner", Likeness::Same);
    has("工商局", Place::Unit, "区市场监管局", "aliases", Likeness::Same);
    has("工商局", Place::Dictionary, "", "", Likeness::Same);
    has("哄抬物价", Place::Rule, "market.price", "any", Likeness::Same);
    has("哄抬物价", Place::Case, "甲", "text", Likeness::Same);
    has("物价", Place::Rule, "market.price", "any", Likeness::Longer);
    has("公交站台", Place::Rule, "bus.tie", "any", Likeness::Shorter);
    has("食品安全", Place::Unit, "区市场监管局", "duties", Likeness::Same);
    has("market.price", Place::Rule, "market.price.low", "group", Likeness::Same);
    has("market.price", Place::Case, "甲", "fires", Likeness::Same);
    has("投诉", Place::Regulation, "示例平台", "categories", Likeness::Same);
    has("投诉", Place::Rule, "n.bad", "then.nature", Likeness::Same);
    has("电话", Place::Rule, "call.only", "channel", Likeness::Same);
    has("国贸大道", Place::Places, "国贸大道", "name", Likeness::Same);
    assert!(found("从来没有的名字").is_empty());
}

#[test]
fn coverage_counts_who_fired_counted_and_decided() {
    let snapshot = snapshot(RULES);
    let mut coverage = Coverage::default();
    for text in ["超市哄抬物价", "公交站哄抬物价", "火灾，着火了"] {
        coverage.add(if text.contains('火') { "b" } else { "a" }, &ask(&snapshot, &request(text)));
    }
    let found = coverage.report(release(&snapshot));
    let of = |rule: &str| {
        let it = found.each.iter().find(|it| it.rule == rule).expect("a rule");
        (it.fired, it.counted, it.decided)
    };
    assert_eq!(of("market.price"), (2, 2, 1), "a tie decides nothing");
    assert_eq!((of("market.price.low"), of("bus.tie")), ((2, 0, 0), (1, 1, 0)));
    assert_eq!((of("r.call"), of("w.blue"), of("w.red")), ((1, 1, 0), (1, 1, 0), (1, 1, 1)));
    assert_eq!(found.always_outvoted, ["market.price.low"]);
    assert!(
        found.never_fired.contains(&"site.noise".to_owned()) && found.never_decided.contains(&"bus.tie".to_owned())
    );
    assert_eq!((found.texts, found.fired, found.sources.len()), (3, 7, 2));
    let halves = Coverage::default().merge(coverage.clone());
    assert_eq!(halves.report(release(&snapshot)), found);
}

/// What two rules are to each other.
#[track_caller]
fn trouble(one: &str, other: &str) -> Option<Trouble> {
    let rules =
        format!("route(\"a.one\", #{{ {one}, basis: \"示\" }});\nroute(\"b.two\", #{{ {other}, basis: \"示\" }});");
    let snapshot = snapshot(&rules);
    let found = overlaps(release(&snapshot), &[], NOW.parse().expect("an instant"));
    for it in &found.overlaps {
        let mut asked = request(&it.witness.text);
        (asked.channel, asked.section) = (it.witness.channel.clone(), it.witness.section.clone());
        let fired = ask(&snapshot, &asked);
        assert_eq!(fired.fired_rules(), ["a.one", "b.two"], "{it:#?}");
    }
    found.overlaps.first().map(|it| it.trouble)
}

#[test]
fn overlaps_are_shown_by_a_text_on_which_both_fire() {
    let says = |conditions: &str, lead: &str, weight: f64| {
        format!("{conditions}, group: \"same\", then: #{{ lead: \"{lead}\", weight: {weight:.1} }}")
    };
    let (market, traffic) = ("区市场监管局", "区交通局");
    let any = "any: [\"停车费\"]";
    for (one, other, wanted) in [
        (says(any, market, 4.0), says("any: [\"停车\"]", traffic, 3.5), Some(Trouble::Tie)),
        (says(any, market, 6.0), says("any: [\"停车\"]", traffic, 3.0), Some(Trouble::Conflict)),
        (says("any: [\"停车\"]", market, 6.0), says(any, market, 3.0), Some(Trouble::Shadowed)),
        (says(any, market, 6.0), says("any: [\"停车\"]", market, 3.0), Some(Trouble::Redundant)),
        (says(any, market, 4.0), says("any: [\"停车\"], unless: [\"车费\"]", traffic, 4.0), None),
        (says(any, market, 4.0), says("any: [\"公交\"]", traffic, 4.0), None),
        (
            says("any: [\"停车\"], channel: \"电话\"", market, 4.0),
            says("any: [\"停车\"], channel: \"网站\"", traffic, 4.0),
            None,
        ),
        (
            says("any: [\"停车\"], channel: \"电话\", place: \"金贸街道\"", market, 4.0),
            says(any, traffic, 4.0),
            Some(Trouble::Tie),
        ),
        (
            says("all: [[\"停车\"], [\"太贵\", \"乱收\"]], within: \"sentence\"", market, 4.0),
            says("any: [\"停车\"], unless: [\"太贵\"]", traffic, 4.0),
            Some(Trouble::Tie),
        ),
        (says("any: [\"停车\"], when: |t| t.amount > 1000", market, 4.0), says(any, traffic, 4.0), Some(Trouble::Tie)),
        (says("any: [\"停车\"], when: |t| t.hour == 3", market, 4.0), says(any, traffic, 4.0), None),
        (says("any: [\"停车\"], unless: [\"公交\"]", market, 6.0), says(any, market, 3.0), Some(Trouble::Redundant)),
        (
            says("any: [\"word:停车\"]", market, 6.0),
            says("any: [\"word:停车\"], section: \"办事服务\"", market, 3.0),
            Some(Trouble::Shadowed),
        ),
        (
            says("any: [\"停车\"], valid: [\"2023-01-01\", \"2023-01-31\"]", market, 4.0),
            says("any: [\"停车\"], valid: [\"2024-01-01\", \"2024-01-31\"]", traffic, 4.0),
            None,
        ),
    ] {
        assert_eq!(trouble(&one, &other), wanted, "{one}\n{other}");
    }
}

fn fired_alone(release: &paidan::triage::Release, decision: &Decision) -> Vec<String> {
    let facts = Arc::new(decision.facts.clone());
    let ask = release.rules.look(&facts, paidan::calendar::local_date(decision.decided_at), &release.suspended);
    let heard = release.rules.rules().iter().filter(|rule| {
        let before = so_far(rule.verb, decision);
        release.rules.hear_one(&rule.id, &ask, &before).expect("a rule").is_ok()
    });
    let mut ids: Vec<String> = heard.map(|rule| rule.id.clone()).collect();
    ids.sort();
    ids
}

#[test]
fn every_shipped_rule_asked_alone_says_what_it_said() {
    let world = crate::shipped::world();
    for (name, release) in &world.snapshot.releases {
        let release = release.as_ref().expect("a release");
        for case in release.cases.iter().step_by(7) {
            let (decision, _) = paidan::triage::run_case(release, case);
            assert_eq!(fired_alone(release, &decision), decision.fired_rules(), "{name} {}", case.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_seen_is_what_was_decided(
        rules in prop::collection::vec(conditions(), 1..16),
        pieces in prop::collection::vec(0..PIECES.len(), 0..24),
        guarded in any::<bool>(),
    ) {
        let mut source: String = rules.iter().enumerate().map(|(id, rule)| rule.source(id)).collect();
        if guarded {
            source = source.replace("then: #{", "when: |t| t.length > 9, then: #{");
        }
        let snapshot = snapshot(&source);
        let text: String = pieces.iter().map(|&piece| PIECES[piece]).collect();
        let decision = ask(&snapshot, &request(&text));
        let sight = Sight::new(release(&snapshot), &decision, &text);
        let seen = why(&sight);
        let votes: Vec<_> = seen.votes().map(|ballot| ballot.vote.clone()).collect();
        let decided: Vec<_> = paidan::rules::AXES
            .iter()
            .flat_map(|axis| &decision.axes[*axis].votes)
            .chain(&decision.lead.votes)
            .chain(&decision.warnings)
            .cloned()
            .collect();
        prop_assert_eq!(votes, decided);
        prop_assert_eq!(seen.marked.replace(['【', '】'], ""), text.clone());
        for rule in release(&snapshot).rules.rules().iter().filter(|rule| rule.verb == Verb::Route) {
            let found = why_not(&sight, &rule.id).expect("a rule");
            prop_assert_eq!(found.fired, decision.fired_rules().contains(&rule.id.as_str()), "{:#?}", found);
            let outvoted = matches!(found.reason, Reason::Fired { standing: Standing::Outvoted { .. } });
            let counted = decision.lead.votes.iter().any(|vote| vote.rule == rule.id && vote.counted);
            prop_assert!(!found.fired || outvoted != counted, "{:#?}", found);
            prop_assert!(found.fired || found.parts.iter().any(|part| !part.holds) || text.is_empty(), "{:#?}", found);
        }
    }
}
