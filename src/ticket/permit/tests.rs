//! `docs/commands.md` says of every command what the tables here say.

use super::super::COMMANDS;
use super::super::command::Command;
use super::super::id::TicketId;
use super::super::state::Ticket;
use super::{phases, who};
use crate::calendar::local_date;
use crate::regulation::{Regulation, Reviewer, Text};

const PAGE: &str = include_str!("../../../docs/commands.md");

/// What the page says of one command.
struct Told<'a> {
    name: &'a str,
    title: &'a str,
    example: String,
    /// Lines that begin with `- `.
    lines: Vec<&'a str>,
}

fn told() -> Vec<Told<'static>> {
    PAGE.split("\n### `")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once("` ").expect("### `name` title");
            let (title, rest) = rest.split_once('\n').expect("a title");
            let (_, rest) = rest.split_once("```json\n").expect("an example");
            let (example, rest) = rest.split_once("```").expect("the end of the example");
            let lines = rest.lines().filter_map(|line| line.strip_prefix("- ")).collect();
            Told { name, title, example: example.to_owned(), lines }
        })
        .collect()
}

/// A ticket whose reply waits for its first review, where two are made.
fn reviewed_twice() -> (Ticket, Regulation) {
    let own = include_str!("../../../rules/longhua/regulation.toml");
    let text = Text { path: "regulation.toml", text: own };
    let common = Text { path: "common.toml", text: include_str!("../../../rules/common/regulation.toml") };
    let mut regulation = Regulation::parse(text, Some(common), None).expect("a sound regulation");
    regulation.life.review.steps = vec![Reviewer::Deputy, Reviewer::Center];
    let id = TicketId::new("LH", local_date(chrono::DateTime::UNIX_EPOCH), 1).expect("an id");
    (Ticket::new(id), regulation)
}

#[test]
fn the_page_lists_every_command() {
    let names: Vec<&str> = told().iter().map(|it| it.name).collect();
    assert_eq!(names, COMMANDS);
}

#[test]
fn the_page_says_who_may_and_when() {
    let (ticket, regulation) = reviewed_twice();
    for told in told() {
        let value: serde_json::Value = serde_json::from_str(&told.example).expect(told.name);
        let command: Command = serde_json::from_value(value.clone()).expect(told.name);
        assert_eq!((command.name(), command.title()), (told.name, told.title));
        let all = serde_json::to_value(&command).expect(told.name);
        let keys = |value: &serde_json::Value| value.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
        assert_eq!(keys(&value), keys(&all), "{}: the example shows every field", told.name);
        let titles: Vec<&str> = who(&command, &ticket, &regulation).iter().map(|who| who.title()).collect();
        let phases: Vec<&str> = phases(&command).iter().map(|phase| phase.title()).collect();
        let phases = if phases.is_empty() { "任何状态".to_owned() } else { phases.join("、") };
        let wanted = [format!("谁：{}", titles.join("、")), format!("状态：{phases}")];
        for wanted in wanted {
            assert!(told.lines.iter().any(|line| line.starts_with(&wanted)), "{}: - {wanted}", told.name);
        }
    }
}

#[test]
fn the_codes_of_the_page_exist() {
    let sources = [include_str!("../refused.rs"), include_str!("../extension.rs"), include_str!("../decide.rs")];
    for told in told() {
        let line = told.lines.iter().find(|line| line.starts_with("拒绝：")).expect(told.name);
        let codes = line.split('`').skip(1).step_by(2).filter(|code| !code.contains('[') && !COMMANDS.contains(code));
        for code in codes {
            let quoted = format!("\"{code}\"");
            assert!(sources.iter().any(|source| source.contains(&quoted)), "{}: {code}", told.name);
        }
    }
}
