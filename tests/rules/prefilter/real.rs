//! Rules with everything a rule may have, on texts put together from shipped cases, the rules' own words and filler. The
//! whole decision, votes and hits included, must be the one that comes out when every rule is looked at; and the rules that
//! fire must be those of a model that knows neither automaton nor candidates.

use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use paidan::packs::Source;
use paidan::ticket::Request;
use paidan::triage::{Cache, Decision, Facts, Release, Snapshot};
use proptest::prelude::*;

use crate::demo::{ask, pack, request};

/// Clauses of the texts of the shipped cases, and the words of the shipped rules.
static SHIPPED: LazyLock<(Vec<String>, Vec<String>)> = LazyLock::new(|| {
    let source = Source::Folder(env!("CARGO_MANIFEST_DIR").into());
    let files = source.read().expect("the packs can be read").files;
    let of = |folder: &str, ending: &str| {
        let chosen = files.iter().filter(|(path, _)| path.contains(folder) && path.ends_with(ending));
        chosen.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
    };
    let texts = of("/longhua/cases/", ".toml").into_iter().flat_map(str::lines);
    let texts = texts.filter_map(|line| line.strip_prefix("text = \"")?.strip_suffix('"'));
    let mut clauses: Vec<String> = texts
        .flat_map(|text| text.split(['，', '。', '！', '？', '；']))
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect();
    let lists = of("/longhua/route/", ".rhai")
        .into_iter()
        .flat_map(str::lines)
        .filter(|line| line.starts_with("    any: ") || line.starts_with("        \""));
    let mut words: Vec<String> = lists
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(|it| !it.contains(':') && it.chars().count() >= 2)
        .map(str::to_owned)
        .collect();
    for list in [&mut clauses, &mut words] {
        list.sort();
        list.dedup();
    }
    assert!(clauses.len() > 500 && words.len() > 500, "{} clauses, {} words", clauses.len(), words.len());
    (clauses, words)
});

const FILLER: [&str; 14] = [
    "。",
    "，",
    "！",
    "\n",
    "请尽快处理",
    "12万元",
    "５０块",
    "国贸大道",
    "金贸街道",
    "投诉",
    "停車費",
    "ＡＢＣ",
    " ",
    "3.5",
];
const CHANNELS: [&str; 3] = ["", "网站", "电话"];
const REQUESTERS: [&str; 3] = ["", "公民", "法人"];

/// A guard in Rhai, and the same in Rust.
type Guard = (&'static str, fn(&Facts) -> bool);

const GUARDS: [Guard; 7] = [
    ("t.amount > 100", |facts| facts.amounts.first().is_some_and(|&amount| amount > 100)),
    ("t.places.len() > 0", |facts| !facts.places.is_empty()),
    ("t.channel == \"网站\" && t.workday", |facts| facts.channel == "网站" && facts.workday),
    ("t.text.contains(\"投诉\")", |facts| facts.text.contains("投诉")),
    ("t.length > 60", |facts| facts.text.chars().count() > 60),
    ("t.hour == 15", |facts| facts.hour == 15),
    ("t.hour == 16", |facts| facts.hour == 16),
];

/// Outcomes by verb, fixed or as the body of a function.
const OUTCOMES: [(&str, &str); 12] = [
    ("route", "#{ lead: \"区交通局\", weight: 2 }"),
    ("route", "#{ lead: \"区市场监管局\", weight: 2.5, assist: [\"联动中心\"] }"),
    ("route", "#{ lead: \"金贸街道办事处\", weight: 4, why: \"属地\" }"),
    ("route", "#{ not: \"区交通局\", weight: 1 }"),
    ("route", "#{ follow: [\"联动中心\"] }"),
    ("route", "#{ manual: \"看一看\" }"),
    ("classify", "#{ nature: \"投诉\", weight: 2 }"),
    ("classify", "#{ topic: \"交通\", urgency: \"紧要\" }"),
    ("warn", "#{ level: \"yellow\" }"),
    ("admit", "#{ special: \"要紧\", tell: \"请稍候\" }"),
    ("admit", "#{ refuse: 5, why: \"示\" }"),
    ("admit", "#{ manual: \"看一看\" }"),
];

#[derive(Clone, Debug)]
struct Words {
    any: Vec<String>,
    all: Vec<Vec<String>>,
    unless: Vec<String>,
    sentence: bool,
}

#[derive(Clone, Debug)]
struct Conditions {
    channel: Option<&'static str>,
    requester: Option<&'static str>,
    place: bool,
    /// On 2022-09-29, when everything here is decided.
    valid: Option<bool>,
    guard: Option<usize>,
}

#[derive(Clone, Debug)]
struct Rule {
    words: Words,
    conditions: Conditions,
    outcome: usize,
    computed: bool,
    auto: bool,
    group: Option<u8>,
    /// Files are read in their order, rules in that of their ids.
    file: u8,
}

fn word() -> impl Strategy<Value = String> {
    let shipped = (any::<prop::sample::Index>(), prop::bool::weighted(0.15)).prop_map(|(at, whole)| {
        let word = at.get(&SHIPPED.1);
        if whole { format!("word:{word}") } else { word.clone() }
    });
    let own =
        prop::sample::select(vec!["停车", "停车费", "車費", "abc", "word:费", "word:投诉", "处理", "大道", "３．５"]);
    prop_oneof![3 => shipped, 1 => own.prop_map(str::to_owned)]
}

fn words() -> impl Strategy<Value = Words> {
    let group = || prop::collection::vec(word(), 1..4);
    let first = prop_oneof![1 => Just(Vec::new()), 2 => prop::collection::vec(word(), 1..5)];
    (first, prop::collection::vec(group(), 0..3), prop::collection::vec(word(), 0..3), any::<bool>())
        .prop_map(|(any, all, unless, sentence)| Words { any, all, unless, sentence })
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let seldom = |list: [&'static str; 2]| prop::option::weighted(0.15, prop::sample::select(list.to_vec()));
    (
        seldom(["网站", "电话"]),
        seldom(["公民", "法人"]),
        prop::bool::weighted(0.1),
        prop::option::weighted(0.2, any::<bool>()),
        prop::option::weighted(0.3, 0..GUARDS.len()),
    )
        .prop_map(|(channel, requester, place, valid, guard)| Conditions {
            channel,
            requester,
            place,
            valid,
            guard,
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let rest = (0..OUTCOMES.len(), any::<bool>(), any::<bool>(), prop::option::of(0..3_u8), 0..3_u8);
    (words(), conditions(), rest)
        .prop_map(|(words, conditions, (outcome, computed, auto, group, file))| Rule {
            words,
            conditions,
            outcome,
            computed,
            auto,
            group,
            file,
        })
        .prop_filter("a rule needs a condition", |rule| rule.source(0).is_some())
}

impl Rule {
    /// `None`: without any condition.
    fn source(&self, id: usize) -> Option<String> {
        let list = |words: &[String]| format!("{words:?}");
        let Words { any, all, unless, sentence } = &self.words;
        let Conditions { channel, requester, place, valid, guard } = &self.conditions;
        let conditions = [
            (!any.is_empty()).then(|| format!("any: {}", list(any))),
            (!all.is_empty())
                .then(|| format!("all: [{}]", all.iter().map(|it| list(it)).collect::<Vec<_>>().join(", "))),
            channel.map(|it| format!("channel: {it:?}")),
            requester.map(|it| format!("requester: {it:?}")),
            place.then(|| "place: \"金贸街道\"".to_owned()),
            guard.map(|at| format!("when: |t| {}", GUARDS[at].0)),
        ];
        let conditions: Vec<String> = conditions.into_iter().flatten().collect();
        if conditions.is_empty() {
            return None;
        }
        let valid =
            valid.map(|yes| if yes { "[\"2022-09-29\", \"2022-09-29\"]" } else { "[\"2022-09-30\", \"2023-01-01\"]" });
        let rest = [
            (!unless.is_empty()).then(|| format!("unless: {}", list(unless))),
            sentence.then(|| "within: \"sentence\"".to_owned()),
            valid.map(|days| format!("valid: {days}")),
            self.group.map(|group| format!("group: \"g{group}\"")),
            (!self.auto).then(|| "auto: false".to_owned()),
        ];
        let keys: Vec<String> = conditions.into_iter().chain(rest.into_iter().flatten()).collect();
        let (verb, outcome) = OUTCOMES[self.outcome];
        let then = if self.computed { format!("|t| {outcome}") } else { outcome.to_owned() };
        Some(format!("{verb}(\"r.n{id}\", #{{ {}, then: {then}, basis: \"示\" }});\n", keys.join(", ")))
    }

    /// The meaning, by searching for each word in turn.
    fn fires(&self, facts: &Facts) -> bool {
        let Conditions { channel, requester, place, valid, guard } = &self.conditions;
        channel.is_none_or(|it| it == facts.channel)
            && requester.is_none_or(|it| it == facts.requester)
            && (!place || facts.places.iter().any(|it| it == "金贸街道"))
            && valid.unwrap_or(true)
            && guard.is_none_or(|at| GUARDS[at].1(facts))
            && self.words.fit(facts)
    }
}

impl Words {
    fn fit(&self, facts: &Facts) -> bool {
        let parts: Vec<(usize, usize)> = if self.sentence {
            paidan::text::sentences(&facts.text).iter().map(|it| (it.start as usize, it.end as usize)).collect()
        } else {
            vec![(0, facts.text.len())]
        };
        let has =
            |&(start, end): &(usize, usize), words: &[String]| words.iter().any(|word| found(facts, word, start, end));
        parts.iter().any(|part| {
            (self.any.is_empty() || has(part, &self.any))
                && self.all.iter().all(|group| has(part, group))
                && !has(part, &self.unless)
        })
    }
}

fn found(facts: &Facts, word: &str, start: usize, end: usize) -> bool {
    let whole = word.strip_prefix("word:");
    let bare = paidan::text::normalise_word(whole.unwrap_or(word));
    let cut = |at: usize| at == 0 || facts.cuts.contains(&(at as u32));
    let starts = facts.text.char_indices().map(|(at, _)| at).filter(|&at| at >= start && at + bare.len() <= end);
    let mut places = starts.filter(|&at| facts.text[at..].starts_with(&bare));
    places.any(|at| whole.is_none() || cut(at) && cut(at + bare.len()))
}

/// A piece of a text: a clause of a case, a word of one of the rules, filler.
#[derive(Clone, Debug)]
enum Piece {
    Clause(prop::sample::Index),
    Own(prop::sample::Index),
    Filler(usize),
}

fn text() -> impl Strategy<Value = (Vec<Piece>, usize, usize)> {
    let piece = prop_oneof![
        2 => any::<prop::sample::Index>().prop_map(Piece::Clause),
        4 => any::<prop::sample::Index>().prop_map(Piece::Own),
        3 => (0..FILLER.len()).prop_map(Piece::Filler),
    ];
    (prop::collection::vec(piece, 0..24), 0..CHANNELS.len(), 0..REQUESTERS.len())
}

fn written((pieces, channel, requester): &(Vec<Piece>, usize, usize), own: &[&str]) -> Request {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Clause(at) => at.get(&SHIPPED.0).as_str(),
        Piece::Own(_) if own.is_empty() => "",
        Piece::Own(at) => at.get(own),
        Piece::Filler(at) => FILLER[*at],
    });
    let mut request = request(&texts.collect::<String>());
    request.channel = CHANNELS[*channel].into();
    request.requester.kind = REQUESTERS[*requester].into();
    request
}

/// The release twice: with the prefilter, and with every rule looked at every time.
fn both(rules: &[Rule]) -> [Snapshot; 2] {
    let mut pack = pack("");
    for file in 0..3 {
        let own = rules.iter().enumerate().filter(|(_, rule)| rule.file == file);
        let source: String = own.filter_map(|(id, rule)| rule.source(id)).collect();
        pack.files.insert(format!("rules/demo/route/part{file}.rhai"), format!("// {file}\n{source}"));
    }
    let mut cache = Cache::default();
    let mut compile = || {
        let (release, wrong) = Release::compile("demo", &pack.release_files("demo"), &mut cache);
        release.unwrap_or_else(|| panic!("{wrong:#?}"))
    };
    let snapshot = |release: Release| Snapshot {
        releases: [("demo".to_owned(), Some(Arc::new(release)))].into(),
        ..Snapshot::default()
    };
    let (prefiltered, mut whole) = (compile(), compile());
    let rules = Arc::into_inner(std::mem::replace(&mut whole.rules, prefiltered.rules.clone())).expect("of its own");
    whole.rules = Arc::new(rules.exhaustive());
    [snapshot(prefiltered), snapshot(whole)]
}

/// The rules that the model fires on the facts of a decision.
fn wanted(rules: &[Rule], decision: &Decision) -> Vec<String> {
    let fires = rules.iter().enumerate().filter(|(_, rule)| rule.fires(&decision.facts));
    let mut ids: Vec<String> = fires.map(|(id, _)| format!("r.n{id}")).collect();
    ids.sort();
    ids
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_prefilter_and_run_all_give_the_same_decision(
        rules in prop::collection::vec(rule(), 1..40),
        texts in prop::collection::vec(text(), 1..12),
    ) {
        let [prefiltered, whole] = both(&rules);
        let own: Vec<&str> = rules
            .iter()
            .flat_map(|rule| rule.words.any.iter().chain(rule.words.all.iter().flatten()).chain(&rule.words.unless))
            .map(|word| word.trim_start_matches("word:"))
            .collect();
        for text in &texts {
            let request = written(text, &own);
            let (decision, by_all) = (ask(&prefiltered, &request), ask(&whole, &request));
            prop_assert_eq!(&decision, &by_all, "{}", request.text);
            prop_assert_eq!(decision.fired_rules(), wanted(&rules, &decision), "{}", request.text);
        }
    }
}

/// What was decided on all shipped cases is what comes out when each of the shipped rules is looked at.
#[test]
fn shipped_rules_need_no_prefilter_to_decide_the_same() {
    let pack = Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read().expect("the packs can be read");
    let mut cache = Cache::default();
    for jurisdiction in pack.jurisdictions() {
        let files = pack.release_files(&jurisdiction);
        let mut compile = || Release::compile(&jurisdiction, &files, &mut cache).0.expect("sound");
        let (release, mut whole) = (compile(), compile());
        let rules = Arc::into_inner(std::mem::replace(&mut whole.rules, release.rules.clone())).expect("of its own");
        whole.rules = Arc::new(rules.exhaustive());
        for case in release.cases.iter() {
            let decide = |release: &Release| paidan::triage::run_case(release, case).0;
            assert_eq!(decide(&release), decide(&whole), "{} {}", case.file, case.name);
        }
    }
}

#[test]
fn the_day_is_what_the_model_takes_it_for() {
    let now: chrono::DateTime<chrono::Utc> = crate::demo::NOW.parse().expect("an instant");
    assert_eq!(paidan::calendar::local_date(now), NaiveDate::from_ymd_opt(2022, 9, 29).expect("a date"));
}
