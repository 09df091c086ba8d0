//! Files → the rules of one jurisdiction: one rule per id, common ones replaced or switched off, problems with their places.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::places::Places;
use super::reading::Reading;
use super::register::{CompiledFile, SwitchedOff};
use super::rule::{Names, Rule};
use super::ruleset::{CallError, Gone, How};
use super::scan::Step;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::parallel;

pub(super) struct Join<'a> {
    pub(super) places: Places<'a>,
    pub(super) found: Vec<Diagnostic>,
    /// Ids of rules with errors.
    pub(super) broken: BTreeSet<String>,
    /// Rules that were replaced or switched off.
    pub(super) gone: Vec<Gone>,
    /// Problems of rules that are not described.
    untold: usize,
}

/// Problems of rules that are described; each costs a look through its file.
const MOST_TOLD: usize = 500;

impl<'a> Join<'a> {
    pub(super) fn new(files: &'a [Arc<CompiledFile>]) -> Self {
        Self { places: Places::new(files), found: Vec::new(), broken: BTreeSet::new(), gone: Vec::new(), untold: 0 }
    }

    /// One rule per id: a second one must say `override: true`, and replaces the first.
    pub(super) fn unique(&mut self, files: &[Arc<CompiledFile>], names: &Names) -> Vec<Arc<Rule>> {
        let mut kept: Vec<Arc<Rule>> = Vec::new();
        let mut by_id: HashMap<String, usize> = HashMap::new();
        let read = parallel::map(files, |file| file.rules(names));
        for Reading { rule, wrong } in read.iter().flat_map(|file| file.iter()) {
            let (rule, broken) = (rule.clone(), !wrong.is_empty());
            if broken {
                self.broken.insert(rule.id.clone());
            }
            for wrong in wrong {
                if self.is_enough() {
                    continue;
                }
                let diagnostic = self.places.wrong(&rule, wrong.clone());
                self.found.push(diagnostic);
            }
            match by_id.get(&rule.id) {
                None => {
                    if rule.overrides && !is_lost(files, &rule.id) {
                        self.needless_override(&rule);
                    }
                    by_id.insert(rule.id.clone(), kept.len());
                    kept.push(rule);
                }
                Some(&at) if rule.overrides && !broken => {
                    let how = How::Overridden { file: rule.file.clone(), line: rule.line };
                    self.gone.push(taken_out(&kept[at], how));
                    kept[at] = rule;
                }
                Some(_) if rule.overrides => {}
                Some(&at) if !self.is_enough() => self.twice(&rule, &kept[at]),
                Some(_) => {}
            }
        }
        self.rest();
        kept
    }

    /// Whether one problem more is only counted.
    fn is_enough(&mut self) -> bool {
        let enough = self.found.len() >= MOST_TOLD;
        self.untold += usize::from(enough);
        enough
    }

    fn rest(&mut self) {
        let Some(last) = self.found.last().filter(|_| self.untold > 0) else { return };
        let message = format!("还有 {} 处问题没有列出", self.untold);
        let rest = Diagnostic::error(&last.file, last.line, message).code(Code::TooLarge);
        self.found.push(rest.help("先改好列出的这些，再检查一遍"));
    }

    fn needless_override(&mut self, rule: &Rule) {
        let place = self.places.of(rule, &[Step::Key("override".to_owned()), Step::Name]);
        let message = format!("规则 {} 写了 override，但没有同编号的公共规则", rule.id);
        let warning = Diagnostic::warning(&rule.file, place.line, message).code(Code::NeedlessOverride).at(place);
        let warning = self.places.excerpt(warning.help("删去 override，或核对编号"));
        self.found.push(warning);
    }

    fn twice(&mut self, rule: &Rule, first: &Rule) {
        let place = self.places.of(rule, &[]);
        let message = format!("编号 {} 已经在 {}:{} 用过", rule.id, first.file, first.line);
        let help = "换一个编号；要替换公共规则时写 override: true";
        self.found.push(self.places.report(&rule.file, Code::DuplicateId, place, message).help(help));
    }

    pub(super) fn switch_off(
        &mut self,
        rules: &mut Vec<Arc<Rule>>,
        files: &[Arc<CompiledFile>],
        file: &CompiledFile,
        off: &SwitchedOff,
    ) {
        let how = || How::Off { file: file.name.clone(), line: off.line, reason: off.reason.clone() };
        self.gone.extend(rules.iter().filter(|rule| rule.id == off.id).map(|rule| taken_out(rule, how())));
        let before = rules.len();
        rules.retain(|rule| rule.id != off.id);
        if rules.len() < before || is_lost(files, &off.id) {
            return;
        }
        let place = self.places.call(&file.name, off.line, off.column);
        let message = format!("off 要停用的规则“{}”不存在", off.id);
        let help = nearest(&off.id, rules.iter().map(|rule| rule.id.as_str()));
        self.found.push(self.places.report(&file.name, Code::UnknownRule, place, message).help(help));
    }

    /// A function that fails on blank facts.
    pub(super) fn failing(&mut self, rule: &Rule, key: &str, err: CallError) {
        let place = match err.at {
            Some((line, column)) => self.places.token(&rule.file, line, column),
            None => self.places.of(rule, &[Step::Key(key.to_owned())]),
        };
        let message = format!("规则 {} 的函数在空白办件上出错：{}", rule.id, err.message);
        let blank = "事实缺失时是 0、\"\" 或 []，不会是空值；先用 t.has(\"…\") 判断，并核对函数名";
        let help = if err.help.is_empty() { blank.to_owned() } else { err.help };
        self.found.push(self.places.report(&rule.file, Code::FailingFunction, place, message).help(help));
    }
}

fn taken_out(rule: &Rule, how: How) -> Gone {
    Gone { id: rule.id.clone(), file: rule.file.clone(), line: rule.line, how }
}

/// Whether an id belongs to a statement that could not be read.
fn is_lost(files: &[Arc<CompiledFile>], id: &str) -> bool {
    files.iter().any(|file| file.lost.iter().any(|lost| lost == id))
}
