//! Words that change nothing: covered by a shorter one of the same list, or undone by an exception.

use super::{Report, key};
use crate::diagnostic::Code;
use crate::rules::rule::{Pattern, Rule};
use crate::rules::scan::Step;

/// Words named in one reminder.
const SHOWN: usize = 5;

pub(super) fn check(rule: &Rule, report: &mut Report<'_>) {
    let unless = &rule.unless;
    let mut lists: Vec<(Vec<Step>, &[Pattern])> = vec![(vec![key("any")], &rule.any)];
    lists.extend(rule.all.iter().enumerate().map(|(at, group)| (vec![key("all"), Step::Item(at)], &group[..])));
    for (path, list) in &lists {
        swallowed(rule, path, list, report);
        undone(rule, path, list, unless, report);
    }
    swallowed(rule, &[key("unless")], unless, report);
    lists.push((vec![key("unless")], unless));
    for (path, list) in &lists {
        joined(rule, path, list, report);
    }
}

/// `"停车、物业"`: read as one word, sign and all.
fn joined(rule: &Rule, path: &[Step], list: &[Pattern], report: &mut Report<'_>) {
    let signs = ['、', '，', ',', '；', ';'];
    for word in list.iter().filter(|word| word.text.contains(signs)) {
        let parts: Vec<&str> = word.text.split(signs).map(str::trim).collect();
        // `着火，` is meant as it stands.
        if parts.iter().any(|part| part.chars().count() < 2) {
            continue;
        }
        let parts: Vec<String> = parts.into_iter().map(|part| format!("\"{part}\"")).collect();
        let message = format!("“{}”写在一对引号里，只有连标点一起出现才算命中", word.text);
        report.say(rule, Code::JoinedWords, &at(path, word), &message, &format!("分开写：{}", parts.join(", ")));
    }
}

/// Whether every text with `word` has `by` as well.
pub(super) fn covers(by: &Pattern, word: &Pattern) -> bool {
    if by.whole_word { by == word } else { word.text.contains(&by.text) }
}

fn swallowed(rule: &Rule, path: &[Step], list: &[Pattern], report: &mut Report<'_>) {
    let by = |word: &Pattern| list.iter().find(|it| *it != word && covers(it, word)).map(|it| it.text.clone());
    let found: Vec<(&Pattern, String)> = list.iter().filter_map(|word| Some((word, by(word)?))).collect();
    let Some((first, _)) = found.first() else { return };
    // A list with a name may serve a function as well, where every word counts.
    if report.places.is_named(rule, path) {
        return;
    }
    let shown: Vec<String> = found.iter().take(SHOWN).map(|(word, by)| format!("“{by}”包住“{}”", word.text)).collect();
    let more = if found.len() > SHOWN { format!("等 {} 处", found.len()) } else { String::new() };
    let message = format!("有的词写了也不起作用：{}{more}", shown.join("，"));
    let help = "短的词出现就已命中：删去长的；如果本意只要长的，删去短的";
    report.say(rule, Code::SwallowedWord, &at(path, first), &message, help);
}

fn undone(rule: &Rule, path: &[Step], list: &[Pattern], unless: &[Pattern], report: &mut Report<'_>) {
    let by = |word: &Pattern| unless.iter().find(|it| covers(it, word)).map(|it| it.text.clone());
    let found: Vec<(&Pattern, String)> = list.iter().filter_map(|word| Some((word, by(word)?))).collect();
    let Some((first, exception)) = found.first() else { return };
    if found.len() == list.len() {
        let message = format!("永远不会命中：这里的每个词都被 unless 挡住，例如“{}”里有“{exception}”", first.text);
        report.say(rule, Code::NeverTrue, &at(path, first), &message, "从 unless 里删去它，或换用别的词");
        return;
    }
    let message = if first.text == *exception {
        format!("“{}”既要出现，又在 unless 里：它永远不会让规则命中", first.text)
    } else {
        format!("“{}”里有 unless 的“{exception}”：它永远不会让规则命中", first.text)
    };
    let more = if found.len() > 1 { format!("（这样的词共 {} 个）", found.len()) } else { String::new() };
    let help = "从两处中的一处删去；例外只对“只说了这个、没说那个”的来件起作用";
    report.say(rule, Code::WordInUnless, &at(path, first), &format!("{message}{more}"), help);
}

fn at(path: &[Step], word: &Pattern) -> Vec<Step> {
    path.iter().cloned().chain([Step::Word(word.text.clone())]).collect()
}
