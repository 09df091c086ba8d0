//! `paidan token`: what is written, what is shown, what is refused.

use std::os::unix::fs::PermissionsExt as _;

use clap::Parser as _;

use super::*;
use crate::access::{Access, Claims, Unknown};
use crate::digest::sm3_hex;

const NOW: &str = "2026-03-02T01:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn settings(data: &std::path::Path, listed: Vec<Kept>) -> Settings {
    Settings { data: data.to_owned(), tokens: listed, ..Settings::default() }
}

fn parse(line: &str) -> Result<Token, String> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(subcommand)]
        token: Token,
    }
    let words = std::iter::once("token").chain(line.split(' '));
    Line::try_parse_from(words).map(|line| line.token).map_err(|err| err.to_string())
}

/// Makes a token whose secret is its name.
fn make(line: &str, settings: &Settings) -> Result<(), String> {
    let Token::New(new) = parse(line)? else { panic!("{line}") };
    new.make(settings, &new.name, now()).map_err(|err| format!("{err:#}"))
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let settings = settings(&data, vec![Kept::new("old", "x", Actor { role: Role::Admin, ..Actor::default() })]);
    make("new 住建局 --role unit --unit 区住房建设局 --post liaison --person u-17 --jurisdiction longhua", &settings)
        .unwrap();
    make("new seat --role dispatcher --expires 2026-03-02", &settings).unwrap();
    assert_eq!(revoke("住建局", &settings, now()).unwrap(), now());
    assert_eq!(
        revoke("住建局", &settings, now() + chrono::TimeDelta::days(1)).unwrap(),
        now(),
        "the first time counts"
    );

    let file = data.join("tokens.toml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&file).unwrap().contains(&sm3_hex("seat".as_bytes())));
    let lines = table(&rows(&settings, now()).unwrap());
    let words: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
    let day = "2026-03-02";
    assert_eq!(words[1], ["old", "有效", "active", "admin", "-", "-", "-", "-", "配置文件", "-"]);
    let unit = ["住建局", "吊销", "revoked", "unit", "longhua", "区住房建设局", "liaison", "u-17", day, day];
    assert_eq!(words[2], unit);
    assert_eq!(words[3], ["seat", "有效", "active", "dispatcher", "-", "-", "-", "-", day, day]);
    assert!(!lines.concat().contains(&sm3_hex("seat".as_bytes())[..8]), "no digests");
    let later = table(&rows(&settings, now() + chrono::TimeDelta::days(1)).unwrap());
    assert!(later[3].contains("expired"));
}

#[test]
fn what_is_wrong_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        settings(folder.path(), vec![Kept::new("old", "x", Actor { role: Role::Admin, ..Actor::default() })]);
    make("new seat --role dispatcher", &settings).unwrap();
    let before = std::fs::read_to_string(folder.path().join("tokens.toml")).unwrap();
    for (line, told) in [
        ("new a --role boss", "dispatcher"),
        ("new a --role system", "possible values"),
        ("new a", "--role"),
        ("new a --role unit", "--unit"),
        ("new a --role unit --unit 甲 --post boss", "deputy"),
        ("new a --role office --expires 2026-03-01", "有效期"),
        ("new a --role office --expires 2026-02-30", "expires"),
        ("new a/b --role office", "名称"),
        ("new a --role office --person a/b", "person"),
        ("new seat --role office", "都叫“seat”"),
        ("new old --role office", "都叫“old”"),
    ] {
        let said = make(line, &settings).unwrap_err();
        assert!(said.contains(told), "{line}: {said}");
    }
    for (name, told) in [("old", "配置文件"), ("saet", "seat")] {
        let said = format!("{:#}", revoke(name, &settings, now()).unwrap_err());
        assert!(said.contains(told), "{name}: {said}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("tokens.toml")).unwrap(), before);
}

#[test]
fn every_role_but_the_engine_can_be_given_by_name_or_alias() {
    for role in Role::ALL.into_iter().filter(|role| *role != Role::System) {
        for name in [Some(role.name()), role.alias()].into_iter().flatten() {
            let Ok(Token::New(new)) = parse(&format!("new a --role {name}")) else { panic!("{name}") };
            assert_eq!(new.role, role);
        }
    }
}

#[test]
fn a_running_service_takes_what_the_command_writes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), Vec::new());
    let access = Access::open(Vec::new(), folder.path(), now()).unwrap();
    let ask = |seconds: i64| {
        let claims = Claims { token: Some("seat"), ..Claims::default() };
        access.caller(&claims, now() + chrono::TimeDelta::seconds(seconds)).map(|caller| caller.person)
    };
    assert_eq!(ask(0), Ok("local".into()));
    make("new seat --role dispatcher", &settings).unwrap();
    assert_eq!(ask(1), Ok("seat".into()));
    revoke("seat", &settings, now()).unwrap();
    assert_eq!(ask(2), Err(Unknown::SpentToken(State::Revoked)));
    std::fs::remove_file(folder.path().join("tokens.toml")).unwrap();
    assert_eq!(ask(3), Err(Unknown::WrongToken), "closed for good");
}

/// Two who make tokens at once both get theirs.
#[test]
fn nobody_overwrites_what_another_writes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), Vec::new());
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let settings = &settings;
            scope.spawn(move || make(&format!("new seat{writer} --role dispatcher"), settings).unwrap());
        }
    });
    assert_eq!(rows(&settings, now()).unwrap().len(), 9);
}
