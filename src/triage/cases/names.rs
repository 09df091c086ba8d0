//! Names in cases that nobody knows: such a case can never pass, or passes whatever the rules say.

use super::Case;
use crate::diagnostic::{Code, Diagnostic, Place, nearest};
use crate::rules::{Names, RuleSet};
use crate::triage::{Files, Obstacle};

/// One reminder per unknown name. Cases are right or wrong by what they yield: nothing here keeps a release out.
pub(in crate::triage) fn check_names(cases: &[Case], files: &Files, names: &Names, rules: &RuleSet) -> Vec<Diagnostic> {
    let units: Vec<&str> = names.units().iter().map(|unit| unit.name.as_str()).collect();
    let ids: Vec<&str> = rules.rules().iter().map(|rule| rule.id.as_str()).collect();
    let mut found = Vec::new();
    for case in cases {
        let expect = &case.expect;
        let lead = expect.lead.iter().chain(&expect.second).chain(&expect.assists).chain(&expect.followers);
        let mut check = |what: &str, value: &str, known: &[&str]| {
            if !value.is_empty() && !known.contains(&value) {
                found.push(unknown(case, files, what, value, known));
            }
        };
        lead.for_each(|unit| check("单位", unit, &units));
        expect.fires.iter().chain(&expect.not_fires).for_each(|id| check("规则", id, &ids));
        expect.obstacles.iter().for_each(|code| check("代码", code, &Obstacle::CODES));
        for (what, axis, value) in [
            ("性质", "nature", expect.nature.as_deref()),
            ("类别", "category", expect.category.as_deref()),
            ("主题", "topic", expect.topic.as_deref()),
            ("紧急程度", "urgency", expect.urgency.as_deref()),
            ("影响", "impact", expect.impact.as_deref()),
            ("坐席", "skill", expect.skill.as_deref()),
            ("渠道", "channel", Some(case.channel.as_str())),
            ("来件人类别", "requester", Some(case.requester.as_str())),
            ("栏目", "section", Some(case.section.as_str())),
        ] {
            check(what, value.unwrap_or(""), &names.axis(axis));
        }
        check("预警级别", expect.warning.as_deref().unwrap_or(""), &["none", "blue", "yellow", "red"]);
        check("特殊事项", expect.special.as_deref().unwrap_or(""), &["special", "special_urgent"]);
    }
    found
}

fn unknown(case: &Case, files: &Files, what: &str, value: &str, known: &[&str]) -> Diagnostic {
    let message = format!("用例“{}”里的{what}“{value}”不存在", case.name);
    let source = files.get(&case.file).map_or("", String::as_str);
    let place = find(source, case.line, value);
    Diagnostic::warning(&case.file, place.line, message)
        .code(Code::UnknownInCase)
        .at(place)
        .help(nearest(value, known.iter().copied()))
        .excerpt(source)
}

/// Where a value stands in the case that begins at a line.
fn find(source: &str, line: u32, value: &str) -> Place {
    let lines = source.lines().enumerate().skip(line.saturating_sub(1) as usize);
    let own =
        lines.take_while(|(index, text)| *index + 1 == line as usize || !text.trim_start().starts_with("[[case]]"));
    let mut places = own.filter_map(|(index, text)| {
        let column = text[..text.find(value)?].chars().count() as u32 + 1;
        Some(Place { line: index as u32 + 1, column, end_column: column + value.chars().count() as u32 })
    });
    places.next().unwrap_or(Place { line, ..Place::default() })
}
