//! "What a rule means", sentence by sentence.

use paidan::triage::{Obstacle, Outcome, Special, Warning};

use crate::demo::{ask, decide, request, snapshot};

const LEAD: &str = "then: #{ lead: \"区市场监管局\", weight: 3 }, basis: \"示例\"";

/// One rule with these conditions: does it fire?
#[track_caller]
fn check(conditions: &str, text: &str, fires: bool) {
    let rule = format!("route(\"a.b\", #{{ {conditions}, {LEAD} }});");
    let decision = decide(&rule, text);
    assert_eq!(decision.fired_rules().contains(&"a.b"), fires, "{conditions} on {text}");
}

#[test]
fn words() {
    check(r#"any: ["停车"]"#, "小区停车费太贵", true);
    check(r#"any: ["停車費"]"#, "小区停车费太贵", true);
    check(r#"any: ["ABC公司"]"#, "ａｂｃ公司不开发票", true);
    check(r#"any: ["停车", "涨价"]"#, "超市涨价", true);
    check(r#"all: [["停车", "车位"], ["涨价"]]"#, "车位又涨价了", true);
    check(r#"all: [["停车", "车位"], ["涨价"]]"#, "车位不够", false);
    check(r#"any: ["涨价"], unless: ["停车"]"#, "停车费涨价", false);
    check(r#"any: ["word:法院"]"#, "我去法院起诉", true);
    check(r#"any: ["word:法院"]"#, "我在司法院校读书", false);
    check(r#"any: ["法院"]"#, "我在司法院校读书", true);
}

#[test]
fn a_sentence_bounds_words_and_exceptions() {
    check(r#"all: [["超市"], ["涨价"]], within: "sentence""#, "超市天天涨价。谢谢", true);
    check(r#"all: [["超市"], ["涨价"]], within: "sentence""#, "楼下有超市。物业费涨价", false);
    check(r#"any: ["涨价"], unless: ["物业"], within: "sentence""#, "物业还行。超市涨价", true);
}

#[test]
fn facets() {
    check(r#"any: ["涨价"], channel: "网站""#, "超市涨价", true);
    check(r#"any: ["涨价"], channel: "电话""#, "超市涨价", false);
    check(r#"any: ["涨价"], channel: ["电话", "网站"], requester: "公民""#, "超市涨价", true);
    check(r#"any: ["涨价"], section: "办事服务""#, "超市涨价", false);
    check(r#"any: ["涨价"], place: "金贸街道""#, "国贸大道的超市涨价", true);
    check(r#"any: ["涨价"], place: "金贸街道""#, "城西的超市涨价", false);
}

#[test]
fn guards_see_facts() {
    check(r#"any: ["涨价"], when: |t| t.amount >= t.limit("large")"#, "涨价骗了我12万元", true);
    check(r#"any: ["涨价"], when: |t| t.amount >= t.limit("large")"#, "涨价骗了我200块", false);
    check(r#"when: |t| t.place_unit == "金贸街道办事处""#, "国贸大道路灯不亮", true);
    check(r#"when: |t| t.duty.unit == "区市场监管局" && t.duty.score > 0.3"#, "办营业执照时发现价格欺诈", true);
    check(r#"any: ["涨价"], when: |t| t.hour == 15 && t.workday && t.places == [] && t.mark == """#, "涨价", true);
}

/// HK-06, as far as it goes today.
#[test]
fn validity_bounds_a_rule_in_time() {
    check(r#"any: ["涨价"], valid: ["2022-09-29", "2022-09-29"]"#, "涨价", true);
    check(r#"any: ["涨价"], valid: ["2022-09-30", "2022-10-30"]"#, "涨价", false);
}

/// Rules, a text, the lead ("" for none).
#[track_caller]
fn lead(rules: &str, text: &str, wanted: &str) -> Vec<Obstacle> {
    let decision = decide(rules, text);
    assert_eq!(decision.lead.value, wanted, "{:#?}", decision.lead);
    let outcome = if wanted.is_empty() { Outcome::Queued } else { Outcome::Dispatched };
    assert_eq!(decision.outcome, outcome, "{:?}", decision.obstacles);
    decision.obstacles
}

#[test]
fn groups_do_not_add_up_within_but_between() {
    let rules = r#"
        route("market.price", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 2 }, basis: "示" });
        route("market.price.big", #{ any: ["哄抬"], then: #{ lead: "区市场监管局", weight: 2.5 }, basis: "示" });
        route("food.shop", #{ any: ["超市"], then: #{ lead: "区市场监管局", weight: 0.5 }, basis: "示" });"#;
    let weak = lead(rules, "哄抬涨价", "");
    assert_eq!(weak, [Obstacle::TooWeak { unit: "区市场监管局".into(), weight: 2_500, needed: 3_000 }]);
    lead(rules, "超市哄抬涨价", "区市场监管局");
}

#[test]
fn close_votes_and_ties_are_manual() {
    let rules = r#"
        route("a.one", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 4 }, basis: "示" });
        route("b.two", #{ any: ["公交"], then: #{ lead: "区交通局", weight: 3.5 }, basis: "示" });"#;
    let close = lead(rules, "公交涨价", "");
    assert!(matches!(&close[..], [Obstacle::TooClose { margin: 500, needed: 1_000, .. }]), "{close:?}");
    assert_eq!(lead(rules, "天气不错", ""), [Obstacle::NoCandidate]);
}

#[test]
fn a_veto_stops_and_a_weight_against_subtracts() {
    let rules = r#"
        route("a.one", #{ any: ["涨价"], then: #{ lead: "工商局", weight: 4 }, basis: "示" });
        route("a.not", #{ any: ["车票"], then: #{ not: "区市场监管局" }, basis: "示" });
        route("b.not", #{ any: ["好像"], then: #{ not: "区市场监管局", weight: 2 }, basis: "示" });"#;
    lead(rules, "超市涨价", "区市场监管局");
    let vetoed = lead(rules, "车票涨价", "");
    assert_eq!(vetoed, [Obstacle::Vetoed { unit: "区市场监管局".into(), rule: "a.not".into() }]);
    let weak = lead(rules, "好像涨价", "");
    assert!(matches!(&weak[..], [Obstacle::TooWeak { weight: 2_000, .. }]), "{weak:?}");
}

#[test]
fn assists_come_from_counted_votes_of_the_winner() {
    let rules = r#"
        route("a.one", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 6, assist: ["联动中心"] }, basis: "示" });
        route("a.one.low", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 1, assist: ["金贸街道办事处"] }, basis: "示" });
        route("b.two", #{ any: ["公交"], then: #{ lead: "区交通局", weight: 3 }, basis: "示" });
        route("c.tell", #{ any: ["公交"], then: #{ follow: ["联动中心"] }, basis: "示" });"#;
    let decision = decide(rules, "公交涨价");
    assert_eq!(decision.lead.value, "区市场监管局");
    assert_eq!(
        (decision.assists, decision.proposed_assists),
        (vec!["联动中心".to_owned()], vec!["区交通局".to_owned()])
    );
    assert_eq!(decision.followers, ["联动中心"]);
}

/// CB-08: rules join the automatic dispatch one by one.
#[test]
fn a_rule_that_is_not_automatic_yet_waits_for_a_person() {
    let rules = r#"
        route("a.one", #{ any: ["涨价"], auto: false, then: #{ lead: "区市场监管局", weight: 4 }, basis: "示" });
        route("b.two", #{ any: ["超市"], then: #{ lead: "区市场监管局", weight: 3 }, basis: "示" });"#;
    let decision = decide(rules, "涨价");
    assert_eq!(decision.outcome, Outcome::Queued);
    assert_eq!(decision.obstacles, [Obstacle::NotAutomaticYet { rule: "a.one".into() }]);
    assert_eq!(decision.lead.value, "区市场监管局", "the proposal stands for the dispatcher");
    assert_eq!(decide(rules, "超市涨价").outcome, Outcome::Dispatched, "the automatic rule carries it alone");
}

#[test]
fn phases_see_what_earlier_ones_decided() {
    let rules = r#"
        classify("n.bad", #{ any: ["投诉"], then: #{ nature: "投诉", topic: "市场", weight: 2 }, basis: "示" });
        route("a.one", #{ nature: "投诉", topic: "市场", then: #{ lead: "区市场监管局", weight: 3 }, basis: "示" });
        warn("w.one", #{ when: |t| t.lead == "区市场监管局" && t.category == "投诉", then: #{ level: "yellow", why: "示" }, basis: "示" });"#;
    let decision = decide(rules, "我要投诉");
    assert_eq!(
        (decision.axis("nature"), decision.axis("category"), decision.axis("urgency")),
        ("投诉", "投诉", "一般")
    );
    assert_eq!((decision.lead.value.as_str(), decision.warning), ("区市场监管局", Warning::Yellow));
    assert_eq!(decide(rules, "你好").axis("nature"), "");
}

#[test]
fn a_hn_7_an_emergency_is_never_refused_by_a_machine() {
    let rules = r#"
        admit("r.call", #{ any: ["火灾"], then: #{ refuse: 5, why: "应当拨打119" }, basis: "第九条" });
        admit("e.fire", #{ any: ["着火了"], then: #{ special_urgent: "火灾", tell: "请立即拨打119" }, basis: "第十八条" });"#;
    let refused = decide(rules, "咨询火灾");
    assert_eq!(refused.outcome, Outcome::RefusalProposed);
    assert_eq!(refused.obstacles.last(), Some(&Obstacle::RefusalToConfirm { codes: vec![5] }));
    let urgent = decide(rules, "火灾，楼上着火了");
    assert_eq!((urgent.outcome, urgent.special), (Outcome::Queued, Special::SpecialUrgent));
    assert!(urgent.refusals[0].cancelled, "shown, not carried out");
    assert_eq!(urgent.tell, ["请立即拨打119"]);
}

#[test]
fn common_rules_can_be_replaced_and_switched_off() {
    let mut pack = crate::demo::pack(
        r#"route("c.one", #{ any: ["涨价"], override: true, then: #{ lead: "区交通局", weight: 3 }, basis: "示" });
           off("c.two", "本地不用");"#,
    );
    let common = r#"route("c.one", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 3 }, basis: "示" });
        route("c.two", #{ any: ["涨价"], then: #{ manual: "示" }, basis: "示" });"#;
    pack.files.insert("rules/common/route.rhai".into(), common.into());
    let round = paidan::releases::Releases::default().round(&pack);
    assert!(round.reports["demo"].current, "{:#?}", round.reports["demo"]);
    let snapshot = paidan::triage::Snapshot { releases: round.releases, ..Default::default() };
    let decision = ask(&snapshot, &request("涨价"));
    assert_eq!((decision.outcome, decision.lead.value.as_str()), (Outcome::Dispatched, "区交通局"));
}

#[test]
fn hits_are_shown_in_the_text_as_it_was_sent() {
    let snapshot = snapshot(&format!("route(\"a.b\", #{{ any: [\"停车费\"], {LEAD} }});"));
    let mut request = request("小區的停車費，太貴！");
    request.title = "ＡＢ小區".into();
    let decision = ask(&snapshot, &request);
    let hit = &decision.lead.votes[0].hits[0];
    assert_eq!(&request.whole_text()[hit.start as usize..hit.end as usize], "停車費");
}

#[test]
fn nothing_to_work_with_goes_to_a_person() {
    let rules = format!("route(\"a.b\", #{{ any: [\"停车费\"], {LEAD} }});");
    for text in ["", " \n\t\u{200b}\u{3000}", "\u{0}\u{1}"] {
        let decision = decide(&rules, text);
        assert_eq!(
            (decision.outcome, &decision.obstacles[..]),
            (Outcome::Queued, &[Obstacle::EmptyText][..]),
            "{text:?}"
        );
    }
    assert_eq!(decide(&rules, "😀👍🏽").obstacles, [Obstacle::NoCandidate]);
}

#[test]
fn a_decision_replays_on_its_stored_facts_bit_for_bit() {
    let rules = format!("route(\"a.b\", #{{ any: [\"停车费\"], when: |t| t.amount > 3, {LEAD} }});");
    let snapshot = snapshot(&rules);
    let first = ask(&snapshot, &request("停車費要 300 元"));
    let stored: paidan::triage::Decision =
        serde_json::from_str(&serde_json::to_string(&first).expect("a decision is JSON")).expect("and back");
    let given = paidan::triage::Given {
        facts: std::sync::Arc::new(stored.facts.clone()),
        matches: stored.matches.clone(),
        answer: stored.answer.clone(),
        now: stored.decided_at,
        made_with: stored.made_with.clone(),
        earlier: stored.earlier.clone(),
        precedents: Vec::new(),
        trace: stored.trace.clone(),
    };
    assert_eq!(paidan::triage::decide(crate::demo::release(&snapshot), given), first);
}
