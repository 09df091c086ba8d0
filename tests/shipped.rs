//! What we ship: five jurisdictions that compile, whose cases pass, and whose rules decide something.

use std::collections::BTreeSet;

use paidan::app::World;
use paidan::diagnostic::Diagnostic;
use paidan::packs::Source;
use paidan::rules::Verb;
use paidan::triage::{Decision, run_case};

pub(crate) fn world() -> World {
    let root = env!("CARGO_MANIFEST_DIR").into();
    World::load(&Source::Folder(root), "2026-01-01".parse().expect("a date")).expect("the packs can be read")
}

/// Jurisdiction, least routing rules, least entries.
const SHIPPED: [(&str, usize, usize); 5] =
    [("longhua", 150, 80), ("hunan", 40, 30), ("chibi", 40, 30), ("rongcheng", 40, 30), ("haikou", 40, 30)];

#[test]
fn everything_compiles_and_every_case_passes() {
    let world = world();
    let names: Vec<&String> = world.reports.keys().collect();
    assert_eq!(names.len(), SHIPPED.len(), "{names:?}");
    for (name, report) in &world.reports {
        let errors: Vec<String> =
            report.diagnostics.iter().filter(|it| it.is_error()).map(Diagnostic::render).collect();
        assert!(errors.is_empty(), "{name}:\n{}", errors.join("\n"));
        assert!(report.failed_cases.is_empty(), "{name}: {:#?}", report.failed_cases);
        assert!(report.current);
    }
    let lists: Vec<String> = world.entries.iter().map(Diagnostic::render).collect();
    assert!(lists.is_empty(), "{}", lists.join("\n"));
}

#[test]
fn there_is_enough_of_it() {
    let world = world();
    for (name, rules, entries) in SHIPPED {
        let release = world.snapshot.releases[name].as_ref().expect(name);
        let own = format!("rules/{name}/");
        let routes =
            release.rules.rules().iter().filter(|rule| rule.verb == Verb::Route && rule.file.starts_with(&own));
        assert!(routes.count() >= rules, "{name} has too few routing rules");
        assert!(world.snapshot.knowledge(name).len(name) >= entries, "{name} has too few entries");
    }
}

/// Rules that were among the counted votes of what was decided.
fn deciding(decision: &Decision) -> BTreeSet<String> {
    let rulings = decision.axes.values().chain([&decision.lead]);
    let votes = rulings.flat_map(|ruling| {
        ruling
            .votes
            .iter()
            .filter(|vote| vote.counted && (vote.candidate == ruling.value || vote.weight < 0 || vote.veto))
    });
    let warnings = decision.warnings.iter();
    let remarks = decision.specials.iter().chain(decision.refusals.iter().flat_map(|it| &it.said_by));
    let remarks = remarks.chain(&decision.side_remarks).map(|remark| remark.rule.clone());
    let asked = decision.obstacles.iter().filter_map(|obstacle| match obstacle {
        paidan::triage::Obstacle::RuleAskedForPerson { rule, .. } => Some(rule.clone()),
        _ => None,
    });
    votes.chain(warnings).map(|vote| vote.rule.clone()).chain(remarks).chain(asked).collect()
}

#[test]
fn six_rules_in_ten_decide_something_in_the_cases() {
    let world = world();
    for (name, _, _) in SHIPPED {
        let release = world.snapshot.releases[name].as_ref().expect(name);
        let decided: BTreeSet<String> =
            release.cases.iter().flat_map(|case| deciding(&run_case(release, case).0)).collect();
        let own = format!("rules/{name}/");
        let rules: Vec<&str> = release
            .rules
            .rules()
            .iter()
            .filter(|rule| rule.file.starts_with(&own))
            .map(|rule| rule.id.as_str())
            .collect();
        let silent: Vec<String> =
            rules.iter().filter(|id| !decided.contains(**id)).map(|id| (*id).to_owned()).collect();
        assert!(
            silent.len() * 10 <= rules.len() * 4,
            "{name}: {} of {} never decide: {silent:?}",
            silent.len(),
            rules.len()
        );
    }
}

#[test]
fn the_embedded_packs_are_the_ones_on_the_disk() {
    let root = env!("CARGO_MANIFEST_DIR").into();
    let disk = Source::Folder(root).read().expect("the packs can be read");
    assert_eq!(Source::Embedded.read().expect("they are in the program").files, disk.files);
}
