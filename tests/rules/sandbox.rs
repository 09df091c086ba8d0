//! Scripts that mean harm, or slip: every one ends, casts no vote, and is named. Nothing else is disturbed.

use paidan::replay::redecided;
use paidan::rules::Fuse;
use paidan::triage::{History, Obstacle, Outcome, Probe, triage};

use crate::demo::{NOW, decide, release, report, request, snapshot};

/// A guard that passes the smoke run on blank facts and misbehaves on a real ticket.
fn guarded(body: &str) -> String {
    format!(
        "fn deep(n) {{ if n <= 0 {{ 0 }} else {{ 1 + deep(n - 1) }} }}\n\
         route(\"bad.one\", #{{ any: [\"涨价\"], when: |t| {{ if t.text == \"\" {{ return false; }} {body} }}, \
         then: #{{ lead: \"区交通局\", weight: 9 }}, basis: \"示\" }});\n\
         route(\"good.one\", #{{ any: [\"涨价\"], then: #{{ lead: \"区市场监管局\", weight: 3 }}, basis: \"示\" }});"
    )
}

#[test]
fn a_guard_that_overruns_is_named_and_the_rest_decides() {
    for body in [
        "loop { }",
        "let n = 0; while true { n += 1; } true",
        "let s = \"x\"; loop { s += s; }",
        "let s = \"x\"; s.pad(100_000_000, \"y\"); true",
        "let a = []; loop { a.push(1); }",
        "let a = [0]; loop { a = [a]; }",
        "let m = #{}; for i in 0..100000 { m[`k${i}`] = i; } true",
        "deep(1_000_000) > 0",
    ] {
        let decision = decide(&guarded(body), "超市涨价");
        assert_eq!(decision.lead.value, "区市场监管局", "{body}");
        assert_eq!(decision.failed_rules.len(), 1, "{body}: {:?}", decision.failed_rules);
        assert!(decision.failed_rules[0].overrun, "{body}: {:?}", decision.failed_rules);
    }
}

#[test]
fn a_guard_that_errs_casts_no_vote() {
    for body in
        ["t.places[5] == \"\"", "1 / 0 == 1", "throw \"no\"", "t.text.sub_string() == 1", "9223372036854775807 + 1 > 0"]
    {
        let decision = decide(&guarded(body), "超市涨价");
        assert_eq!(decision.lead.value, "区市场监管局", "{body}");
        assert_eq!((decision.failed_rules.len(), decision.failed_rules[0].overrun), (1, false), "{body}");
    }
}

#[test]
fn a_failed_admit_rule_sends_the_ticket_to_a_person() {
    let rules = "admit(\"bad.one\", #{ any: [\"涨价\"], when: |t| { if t.text == \"\" { return false; } 1 / 0 == 1 }, \
         then: #{ special: \"示\" }, basis: \"示\" });\n\
         route(\"good.one\", #{ any: [\"涨价\"], then: #{ lead: \"区市场监管局\", weight: 3 }, basis: \"示\" });";
    assert_eq!(decide(rules, "超市涨价").outcome, Outcome::Queued);
}

#[test]
fn what_a_script_may_not_touch() {
    for body in [
        "sleep(3) == ()",
        "timestamp() > 0",
        "eval(\"true\")",
        "Fn(\"deep\").call(1) == 1",
        "import \"x\" as y; true",
        "print(\"x\"); true",
        "let f = |x| x; f.curry(1) == 1",
    ] {
        let rules = format!(
            "route(\"bad.one\", #{{ any: [\"涨价\"], when: |t| {{ {body} }}, then: #{{ lead: \"区交通局\" }}, basis: \"示\" }});"
        );
        assert!(!report(&rules).current, "{body} must not load");
    }
}

/// Time is no fact: what was ended because of it is named, a person looks, and a replay comes to the same without running it.
#[test]
fn a_rule_that_is_ended_is_named_and_a_replay_says_the_same() {
    let world = snapshot(&guarded("t.length > 0"));
    let now = NOW.parse().expect("an instant");
    let taken = |world| triage(world, &request("超市涨价"), &History::default(), now, Probe::Off).0;
    assert_eq!(taken(&world).lead.value, "区交通局");
    // The first call of a thread is number 1; its fuse is blown before it begins.
    let ended = std::thread::scope(|scope| {
        let ended = scope.spawn(|| {
            Fuse::mine().blow(1);
            taken(&world)
        });
        ended.join().expect("a decision")
    });
    let failed = &ended.failed_rules[0];
    assert_eq!((failed.rule.as_str(), failed.overrun, failed.timed_out), ("bad.one", true, true));
    assert_eq!((ended.lead.value.as_str(), ended.outcome), ("区市场监管局", Outcome::Queued));
    assert!(ended.obstacles.contains(&Obstacle::RuleFailed { rule: "bad.one".into() }));
    assert_eq!(ended.made_with.timed_out, ["bad.one"]);
    assert_eq!(redecided(&ended, release(&world)), []);
    assert_eq!(release(&world).rules.take_overruns(), ["bad.one".to_owned()].into());
}
