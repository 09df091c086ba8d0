//! Findings → files that pass the checks and the cases as they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::find::{Finding, Told, find};
use super::{Mined, MinedRule, Wanted};
use crate::course::Target;
use crate::diagnostic::Diagnostic;
use crate::digest::fnv;
use crate::lesson::Given;
use crate::parallel;
use crate::regulation::NATURES;
use crate::releases::failed_cases;
use crate::rules::{Verb, format};
use crate::text::{Analysis, analyse, mask_text, normalise};
use crate::triage::{Cache, Files, Release, Thousandths};

/// What a whole content word weighs: pieces of words (老金 of 养老金) are no words to an author.
const WHOLE: u16 = 1_000;
/// Characters of a text that a case shows, around the words.
const SHOWN: usize = 60;
/// A rule that was right in all of so many is worth as much as a clear word of an author's.
const MANY: usize = 20;

/// Proposes rules out of labelled texts. `map`: labels of the history → names of the jurisdiction.
///
/// # Errors
/// The release does not compile with what was mined in it, which no text can cause.
pub fn mine(
    release: &Release,
    history: &[Given],
    map: &BTreeMap<String, String>,
    target: Target,
    wanted: Wanted,
) -> Result<Mined, Vec<Diagnostic>> {
    let mut mined = Mined::default();
    let labels: Vec<String> = match target {
        Target::Unit => release.units.iter().map(|unit| unit.name.clone()).collect(),
        Target::Nature => NATURES.iter().map(|nature| (*nature).to_owned()).collect(),
    };
    let mut texts: Vec<(&Given, usize)> = Vec::new();
    for given in history {
        let label = map.get(&given.label).unwrap_or(&given.label);
        match target.label(release, label).and_then(|label| labels.iter().position(|it| *it == label)) {
            Some(label) => texts.push((given, label)),
            None => *mined.unknown.entry(given.label.clone()).or_default() += 1,
        }
    }
    let told = parallel::map(&texts, |(given, label)| told(release, given, *label));
    let (learn, measure): (Vec<&Told>, Vec<&Told>) = told.iter().partition(|told| half(&told.text));
    let known = known(release, target);
    let findings = find(&learn, &measure, labels.len(), wanted, &known);
    (mined.texts, mined.measured) = (told.len(), measure.len());
    let mut drafts = numbered(release, &labels, target, findings, &measure);
    mined.left_out.extend(drafts.iter().filter(|draft| draft.case.is_none()).map(|draft| draft.rule.id.clone()));
    drafts.retain(|draft| draft.case.is_some());
    loop {
        mined.files = files(release, target, &drafts);
        let (with, wrong) =
            Release::compile(&release.jurisdiction, &joined(release, &mined.files), &mut Cache::default());
        let Some(with) = with else { return Err(wrong) };
        let broken: BTreeSet<String> =
            failed_cases(&with).into_iter().flat_map(|case| blamed(&case, &drafts)).collect();
        if broken.is_empty() {
            break;
        }
        drafts.retain(|draft| !broken.contains(&draft.rule.id));
        mined.left_out.extend(broken);
    }
    reach(&mut mined, &drafts, &measure);
    mined.rules = drafts.into_iter().map(|draft| draft.rule).collect();
    Ok(mined)
}

/// A rule on its way.
struct Draft {
    rule: MinedRule,
    finding: Finding,
    /// A text that shows it, covered.
    case: Option<String>,
}

/// Words that an author's rules of this verb ask for already.
fn known(release: &Release, target: Target) -> BTreeSet<String> {
    let (script, _) = paths(release, target);
    let verb = if target == Target::Unit { Verb::Route } else { Verb::Classify };
    let others = release.rules.rules().iter().filter(|rule| rule.verb == verb && *rule.file != *script);
    others.flat_map(|rule| rule.words().map(|word| word.text.to_owned())).collect()
}

fn told(release: &Release, given: &Given, label: usize) -> Told {
    let analysis = analyse(&release.lexicon, &release.gazetteer, &mask_text(&given.whole_text()));
    Told { words: words(&analysis), text: analysis.normal, label }
}

/// Content words of two characters or more; no places, which say where and not what, no numbers, nothing that was covered.
fn words(analysis: &Analysis) -> BTreeSet<String> {
    let place = |span| analysis.places.iter().any(|place| place.span.contains(span));
    let telling = analysis.terms.iter().filter(|term| term.weight >= WHOLE && !place(term.span));
    let surface = telling.map(|term| term.span.of(&analysis.normal));
    let han = |word: &&str| word.chars().count() >= 2 && word.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    surface.filter(han).map(str::to_owned).collect()
}

/// Every second text, by its content: the same text is always on the same side.
fn half(text: &str) -> bool {
    (fnv(text.bytes()) >> 32) & 1 == 0
}

fn numbered(
    release: &Release,
    labels: &[String],
    target: Target,
    findings: Vec<Finding>,
    measure: &[&Told],
) -> Vec<Draft> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let one = |finding: Finding| {
        let count = counts.entry(finding.label).or_default();
        *count += 1;
        let label = &labels[finding.label];
        let precision = finding.precision();
        let rule = MinedRule {
            id: format!("mined.{}.w{count}", name_of(release, target, label)),
            label: label.clone(),
            words: finding.words.clone(),
            support: finding.support,
            right: finding.right,
            precision,
            weight: weight(precision, finding.support),
        };
        let case = shown(&finding, measure);
        Draft { rule, finding, case }
    };
    findings.into_iter().map(one).collect()
}

/// What stands in an id for a label: a unit's own id, or a nature's place.
fn name_of(release: &Release, target: Target, label: &str) -> String {
    let plain = |id: &str| -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        id.chars().map(keep).collect()
    };
    match target {
        Target::Unit => release.units.find(label).map(|unit| plain(&unit.id)).unwrap_or_default(),
        Target::Nature => format!("nature{}", NATURES.iter().position(|it| *it == label).unwrap_or(0) + 1),
    }
}

/// One to three votes: three for what was always right, and often.
fn weight(precision: Thousandths, support: usize) -> Thousandths {
    match (precision, support) {
        (980.., MANY..) => 3_000,
        (950.., _) => 2_000,
        _ => 1_500,
    }
}

/// The shortest covered text of the measuring half that shows it rightly, cut around its words.
fn shown(finding: &Finding, measure: &[&Told]) -> Option<String> {
    let right = finding.texts.iter().map(|at| measure[*at]).filter(|told| told.label == finding.label);
    let cut = right.filter_map(|told| around(&told.text, &finding.words));
    cut.min_by_key(|text| (text.chars().count(), text.clone()))
}

fn around(text: &str, words: &[String]) -> Option<String> {
    let places: Vec<(usize, usize)> =
        words.iter().map(|word| text.find(word.as_str()).map(|at| (at, at + word.len()))).collect::<Option<_>>()?;
    let (from, until) = (places.iter().map(|it| it.0).min()?, places.iter().map(|it| it.1).max()?);
    let before: usize = text[..from].chars().rev().take(SHOWN / 2).map(char::len_utf8).sum();
    let after: usize = text[until..].chars().take(SHOWN / 2).map(char::len_utf8).sum();
    let cut: String = text[from - before..until + after].split_whitespace().collect::<Vec<_>>().join(" ");
    // What covers personal data tells nothing, and reads as a slip.
    let cut = cut.trim().to_owned();
    let normal = normalise(&cut).text;
    (cut.chars().count() <= 4 * SHOWN && !cut.contains('*') && words.iter().all(|word| normal.contains(word.as_str())))
        .then_some(cut)
}

fn paths(release: &Release, target: Target) -> (String, String) {
    let folder = &release.jurisdiction;
    let name = match target {
        Target::Unit => "mined",
        Target::Nature => "mined_nature",
    };
    (format!("rules/{folder}/{name}.rhai"), format!("rules/{folder}/cases/{name}.toml"))
}

fn files(release: &Release, target: Target, drafts: &[Draft]) -> Files {
    if drafts.is_empty() {
        return Files::new();
    }
    let (script, cases) = paths(release, target);
    let (mut rules, mut shown) = (String::new(), String::new());
    let title = target.title();
    let _ = writeln!(
        rules,
        "// 从历史工单统计出的规则草稿（{title}）。支持和准确率在另一半历史上量得，与找词的一半不重合。"
    );
    let _ = writeln!(rules, "// 发布前请逐条看过：词是不是真的说明归属，不合适的删去。再次统计会整个替换这个文件。");
    let _ = writeln!(shown, "# 历史工单统计出的规则各一例：文字取自历史，个人信息已遮盖，只留词语前后的一段。");
    for Draft { rule, case, .. } in drafts {
        let MinedRule { id, label, words, support, precision, weight, .. } = rule;
        let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        let when = match &quoted[..] {
            [word] => format!("any: [{word}]"),
            words => format!("all: [{}]", words.iter().map(|word| format!("[{word}]")).collect::<Vec<_>>().join(", ")),
        };
        let said = format!("历史工单统计：支持 {support} 件，准确率 {:.3}", f64::from(*precision) / 1_000.0);
        let weight = f64::from(*weight) / 1_000.0;
        let (verb, axis) = if target == Target::Unit { ("route", "lead") } else { ("classify", "nature") };
        let _ = writeln!(
            rules,
            "\n{verb}({id:?}, #{{ {when}, then: #{{ {axis}: {label:?}, weight: {weight}, why: {said:?} }}, basis: {said:?} }});"
        );
        let text = toml::Value::String(case.clone().unwrap_or_default());
        let _ = writeln!(shown, "\n[[case]]\nname = \"{id}\"\ntext = {text}\nexpect = {{ fires = [\"{id}\"] }}");
    }
    let rules = format(&script, &rules).unwrap_or(rules);
    Files::from([(script, rules), (cases, shown)])
}

/// The release with these files; what was mined before is replaced.
fn joined(release: &Release, files: &Files) -> Files {
    let mut all = Files::clone(&release.files);
    all.extend(files.clone());
    all
}

/// The mined rules that a failing case is the fault of: those that it is about, else those that spoke.
fn blamed(case: &crate::releases::FailedCase, drafts: &[Draft]) -> Vec<String> {
    if let Some(draft) = drafts.iter().find(|draft| draft.rule.id == case.name) {
        return vec![draft.rule.id.clone()];
    }
    let ours = |rule: &&String| drafts.iter().any(|draft| draft.rule.id == **rule);
    case.fired.iter().filter(ours).cloned().collect()
}

/// How many texts of the measuring half the rules speak about, and rightly.
fn reach(mined: &mut Mined, drafts: &[Draft], measure: &[&Told]) {
    let mut votes: BTreeMap<usize, BTreeMap<usize, Thousandths>> = BTreeMap::new();
    for draft in drafts {
        for at in &draft.finding.texts {
            // Rules of one label are one group: the strongest counts.
            let weight = votes.entry(*at).or_default().entry(draft.finding.label).or_default();
            *weight = (*weight).max(draft.rule.weight);
        }
    }
    mined.reached = votes.len();
    let best = |votes: &BTreeMap<usize, Thousandths>| {
        votes.iter().max_by_key(|(label, weight)| (**weight, std::cmp::Reverse(**label))).map(|(label, _)| *label)
    };
    mined.right = votes.iter().filter(|(at, votes)| best(votes) == Some(measure[**at].label)).count();
}
