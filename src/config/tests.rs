//! Where settings come from, and what is refused.

use super::{Flags, KEYS, Settings};
use crate::digest::sm3_hex;
use crate::ticket::Role;

fn resolve(text: &str, vars: &[(&str, &str)], flags: Flags) -> Result<Settings, String> {
    let vars = vars.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Settings::resolve("paidan.toml", text, vars, flags).map_err(|err| format!("{err:#}"))
}

#[test]
fn flags_stand_above_the_environment_and_that_above_the_file() {
    let text = "listen = \"127.0.0.1:1\"\ndata = \"a\"\nlease_s = 60";
    let vars = [("PAIDAN_LISTEN", "127.0.0.1:2"), ("PAIDAN_DATA", "b"), ("HOME", "/"), ("PAIDAN_LOG", "debug")];
    let flags = Flags { listen: Some("127.0.0.1:3".parse().unwrap()), ..Flags::default() };
    let settings = resolve(text, &vars, flags).unwrap();
    assert_eq!((settings.listen.port(), settings.data.to_str(), settings.lease_s), (3, Some("b"), 60));
}

#[test]
fn what_is_wrong_is_named() {
    let unit = entry("token", "a", "unit");
    let twice = format!("{}{}", entry("token", "a", "platform"), entry("token", "a", "office"));
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 10] = [
        ("lisen = \"127.0.0.1:1\"", &[], "unknown field `lisen`"),
        ("listen = ", &[], "not TOML"),
        ("lease_s = 0", &[], "lease_s"),
        ("body_bytes = 1", &[], "body_bytes"),
        ("", &[("PAIDAN_LISTN", "x")], "PAIDAN_LISTEN"),
        ("", &[("PAIDAN_THREADS", "two")], "whole number"),
        ("[[token]]\nname = \"a\"\nsm3 = \"zz\"\nrole = \"platform\"", &[], "64位小写十六进制"),
        ("[[token]]\nname = \"a\"\nsm3 = \"zz\"\nrole = \"boss\"", &[], "boss"),
        (&unit, &[], "--unit"),
        (&twice, &[], "都叫“a”"),
    ];
    for (text, vars, expected) in cases {
        let said = resolve(text, vars, Flags::default()).map(drop).unwrap_err();
        assert!(said.contains(expected), "{text:?} {vars:?}: {said}");
    }
}

fn entry(key: &str, name: &str, role: &str) -> String {
    format!("[[{key}]]\nname = \"{name}\"\nsm3 = \"{}\"\nrole = \"{role}\"\n", sm3_hex(name.as_bytes()))
}

#[test]
fn tokens_may_stand_in_the_file_under_either_name_and_roles_have_short_ones() {
    for key in ["token", "tokens"] {
        let settings = resolve(&entry(key, "a", "maintainer"), &[], Flags::default()).unwrap();
        assert_eq!(settings.tokens[0].role, Role::KnowledgeMaintainer);
    }
}

#[test]
fn spans_need_a_program_with_them() {
    let set = resolve("[trace]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"", &[], Flags::default());
    assert_eq!(set.is_ok(), cfg!(feature = "otel"));
    let set = resolve("[trace]\nendpoint = \"ftp://x\"", &[], Flags::default()).map(drop).unwrap_err();
    assert!(set.contains(if cfg!(feature = "otel") { "http://" } else { "--features otel" }), "{set}");
}

#[test]
fn the_environment_knows_every_key() {
    for (key, number) in KEYS {
        let value = match (key, number) {
            ("listen", _) => "127.0.0.1:9",
            ("body_bytes", _) => "8192",
            ("source", _) => "api",
            ("log_format", _) => "json",
            ("audit_days", _) => "200",
            (_, true) => "7",
            (_, false) => "x",
        };
        let name = format!("PAIDAN_{}", key.to_ascii_uppercase());
        resolve("", &[(&name, value)], Flags::default()).unwrap();
    }
}

#[test]
fn the_settings_page_lists_every_key_with_its_default() {
    let page = include_str!("../../docs/settings.md");
    let unset = resolve("", &[], Flags::default()).unwrap();
    let default = |line: &str| {
        let cell = line.split('|').nth(2)?.trim();
        cell.strip_prefix('`')?.strip_suffix('`').map(str::to_owned)
    };
    for (key, number) in KEYS {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
        let row = row.unwrap_or_else(|| panic!("{key} is not on the page"));
        let Some(value) = default(row) else { continue };
        let text = if number { format!("{key} = {value}") } else { format!("{key} = \"{value}\"") };
        let set = resolve(&text, &[], Flags::default()).unwrap();
        assert_eq!(format!("{set:?}"), format!("{unset:?}"), "{key}");
    }
}
