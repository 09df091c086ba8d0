//! Files of cases, TOML and CSV. One broken case hides no other.

use serde::Deserialize;

use super::{Case, table};
use crate::diagnostic::Diagnostic;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    case: Vec<Case>,
}

/// Reads one file of cases: those that can be read, and what is wrong with the others.
pub fn parse_cases(path: &str, source: &str) -> (Vec<Case>, Vec<Diagnostic>) {
    if path.ends_with(".csv") {
        return table::parse(path, source);
    }
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    match toml::from_str::<File>(source) {
        Ok(file) => {
            let lines = starts(source).map(|(line, _)| line).chain(std::iter::repeat(1));
            (file.case.into_iter().zip(lines).map(|(case, line)| placed(case, path, line)).collect(), Vec::new())
        }
        Err(err) => one_by_one(path, source, &err),
    }
}

fn placed(case: Case, path: &str, line: u32) -> Case {
    Case { file: path.to_owned(), line, ..case }
}

/// 1-based lines and byte offsets of the heads of cases.
fn starts(source: &str) -> impl Iterator<Item = (u32, usize)> {
    let mut at = 0;
    let lines = source.split_inclusive('\n').enumerate().map(move |(index, line)| {
        at += line.len();
        (index as u32 + 1, at - line.len(), line)
    });
    lines.filter(|(.., line)| line.trim_start().starts_with("[[case]]")).map(|(line, at, _)| (line, at))
}

/// The file as a whole is no TOML: each case is read by itself.
fn one_by_one(path: &str, source: &str, whole: &toml::de::Error) -> (Vec<Case>, Vec<Diagnostic>) {
    let heads: Vec<(u32, usize)> = starts(source).collect();
    let ends = heads.iter().skip(1).map(|&(_, at)| at).chain([source.len()]);
    let (mut cases, mut found) = (Vec::new(), Vec::new());
    let before = heads.first().map_or(source.len(), |&(_, at)| at);
    if let Err(err) = toml::from_str::<File>(&source[..before]) {
        found.push(Diagnostic::from_toml(path, source, &err));
    }
    for (&(line, start), end) in heads.iter().zip(ends) {
        match toml::from_str::<File>(&source[start..end]) {
            Ok(file) => cases.extend(file.case.into_iter().map(|case| placed(case, path, line))),
            Err(err) => {
                let problem = Diagnostic::from_toml(path, &source[start..end], &err);
                found.push(Diagnostic { line: problem.line + line - 1, ..problem }.excerpt(source));
            }
        }
    }
    if found.is_empty() {
        found.push(Diagnostic::from_toml(path, source, whole));
    }
    (cases, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_case_is_reported_and_the_good_ones_are_read() {
        let source = "[[case]]\nname = \"a\"\ntext = \"b\"\nexpect = { leed = \"x\" }\n\n\
            [[case]]\nname = \"c\"\ntext = \"d\"\nexpect = { lead = \"x\" }\n\n[[case]]\nname = 3\ntext = \"e\"\nexpect = {}\n";
        let (cases, found) = parse_cases("rules/demo/cases/a.toml", source);
        assert_eq!(cases.iter().map(|it| (it.name.as_str(), it.line)).collect::<Vec<_>>(), [("c", 6)]);
        assert_eq!(found.iter().map(|it| it.line).collect::<Vec<_>>(), [4, 12], "{found:#?}");
        assert_eq!((found[0].message.as_str(), found[0].help.as_str()), ("不认识的键“leed”", "是不是“lead”？"));
    }
}
