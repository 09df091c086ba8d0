//! Reminders about rules that load and do not do what their author thinks. None keeps a release from going live.

mod body;
mod conditions;
mod twice;
mod words;

use std::sync::Arc;

use chrono::NaiveDate;

use super::places::Places;
use super::register::CompiledFile;
use super::rule::{Names, Rule};
use super::ruleset::RuleSet;
use super::scan::Step;
use crate::diagnostic::{Code, Diagnostic, Place, nearest};

/// Rules with a function and no words that a jurisdiction may have without being reminded.
const MANY_ALWAYS: usize = 60;

/// Looks all rules over. `today`: where it is known, rules whose time has passed are shown.
pub fn lint(rules: &RuleSet, files: &[Arc<CompiledFile>], names: &Names, today: Option<NaiveDate>) -> Vec<Diagnostic> {
    let mut report = Report { places: Places::new(files), found: Vec::new() };
    // Reminders about a rule with errors would be noise.
    let sound = rules.sound();
    for rule in &sound {
        conditions::check(rule, rules.rules(), names, today, &mut report);
        words::check(rule, &mut report);
        body::check(rule, &mut report);
    }
    files.iter().for_each(|file| limits(&file.name, names, &mut report));
    twice::check(&sound, &mut report);
    always(&sound, &mut report);
    report.found
}

pub(super) struct Report<'a> {
    places: Places<'a>,
    found: Vec<Diagnostic>,
}

impl Report<'_> {
    /// About a part of a rule.
    fn say(&mut self, rule: &Rule, code: Code, path: &[Step], message: &str, help: &str) {
        let place = self.places.of(rule, path);
        self.say_at(rule, code, place, message, help);
    }

    fn say_at(&mut self, rule: &Rule, code: Code, place: Place, message: &str, help: &str) {
        let warning = Diagnostic::warning(&rule.file, place.line, format!("规则 {}：{message}", rule.id));
        let warning = warning.code(code).at(place).help(help);
        self.found.push(self.places.excerpt(warning));
    }
}

/// A limit that the regulation does not set counts as 0: the guard lets everything through.
fn limits(file: &str, names: &Names, report: &mut Report<'_>) {
    let known = names.regulation.numbers();
    for (name, place) in report.places.limits(file).into_iter().filter(|(name, _)| !known.contains_key(name)) {
        let message = format!("regulation.toml 的 [limits] 里没有“{name}”，按 0 计算");
        let help = nearest(&name, known.keys().map(String::as_str));
        let warning = Diagnostic::warning(file, place.line, message).code(Code::UnknownLimit).at(place).help(help);
        report.found.push(report.places.excerpt(warning));
    }
}

/// Rules whose function runs for every ticket, when there are so many that it is felt.
fn always(rules: &[&Rule], report: &mut Report<'_>) {
    let always: Vec<&Rule> = rules.iter().copied().filter(|rule| rule.runs_always()).collect();
    let Some(first) = always.first().filter(|_| always.len() > MANY_ALWAYS) else { return };
    let count = |verb| always.iter().filter(|rule| rule.verb == verb).count();
    let by_verb: Vec<String> = super::rule::Verb::ALL
        .into_iter()
        .filter(|&verb| count(verb) > 0)
        .map(|verb| format!("{} {} 条", verb.name(), count(verb)))
        .collect();
    let message =
        format!("没有词语条件、只有函数的规则一共 {} 条（{}），每件办件都要逐条运行", always.len(), by_verb.join("、"));
    report.say(first, Code::AlwaysRun, &[], &message, "给它们加上 any 或 all：词语不出现就不必运行");
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}
