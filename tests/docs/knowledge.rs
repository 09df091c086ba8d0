//! The page for maintainers names every field and every command.

use std::process::{Command, Stdio};

use paidan::editorial::field_title;
use paidan::knowledge::Entry;

const PAGE: &str = include_str!("../../docs/knowledge.md");

#[test]
fn every_field_and_state_is_told() {
    let message = serde_json::from_value::<Entry>(serde_json::json!({ "?": 0 })).expect_err("it refuses").to_string();
    let (_, known) = message.split_once("expected ").expect("it names what it knows");
    for field in known.split('`').skip(1).step_by(2) {
        assert!(PAGE.contains(&format!("| `{field}` | {} |", field_title(field))), "{field}");
    }
    for state in paidan::editorial::State::ALL {
        let name = serde_json::to_value(state).expect("JSON");
        assert!(PAGE.contains(&format!("| {} `{}` |", state.title(), name.as_str().expect("a name"))), "{state:?}");
    }
}

#[test]
fn every_command_is_told() {
    let mut paidan = Command::new(env!("CARGO_BIN_EXE_paidan"));
    let child = crate::store::fixture::start(paidan.args(["kb", "--help"]).stdout(Stdio::piped()));
    let help = String::from_utf8(child.wait_with_output().expect("it ends").stdout).expect("UTF-8");
    let (_, commands) = help.split_once("Commands:\n").expect("commands");
    let commands = commands.lines().take_while(|line| line.starts_with("  "));
    let names: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 10, "{help}");
    for name in names.into_iter().filter(|name| *name != "help") {
        assert!(PAGE.contains(&format!("paidan kb {name} ")), "{name}");
    }
}
