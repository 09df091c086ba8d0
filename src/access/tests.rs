//! Who is known, as what, until when; and what each role may do.

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::digest::sm3_hex;
use crate::ticket::{Actor, Post};

fn now() -> DateTime<Utc> {
    "2026-03-02T01:00:00Z".parse().unwrap()
}

fn token(name: &str, secret: &str, role: Role) -> Token {
    Token::new(name, secret, Actor { role, jurisdiction: "demo".into(), ..Actor::default() })
}

fn with<'a>(token: &'a str, person: Option<&'a str>) -> Claims<'a> {
    Claims { token: Some(token), person: person.map(str::as_bytes), ..Claims::default() }
}

/// HN-50, as far as it goes today.
#[test]
fn a_token_carries_the_whole_actor() {
    let actor = Actor {
        person: "u-17".into(),
        role: Role::Unit,
        jurisdiction: "demo".into(),
        unit: "区住房建设局".into(),
        post: Post::Deputy,
    };
    let access = Access::new(vec![Token::new("住建局", "a", actor.clone()), token("seat", "b", Role::Dispatcher)]);
    let of = |claims: Claims<'_>| access.caller(&claims, now()).map(|it| it.actor(Operation::ActOnTickets));
    assert_eq!(of(with("a", None)), Ok(actor.clone()));
    assert_eq!(of(with("a", Some("u-17"))), Ok(actor));
    assert_eq!(of(with("a", Some("u-18"))), Err(Unknown::Fixed(Part::Person)));
    assert_eq!(of(with("b", Some("王工"))).unwrap().person, "seat/王工");
    assert_eq!(of(with("b", None)).unwrap().person, "seat");
    assert_eq!(of(with("c", None)), Err(Unknown::WrongToken));
    assert_eq!(of(Claims::default()), Err(Unknown::NoToken));
    assert!(matches!(of(with("b", Some("x/y"))), Err(Unknown::Bad { part: Part::Person, .. })));
}

#[test]
fn with_tokens_the_token_alone_says_what_the_caller_is() {
    let access = Access::new(vec![token("seat", "b", Role::Dispatcher)]);
    let said: Option<&[u8]> = Some(b"dispatcher");
    for (claims, part) in [
        (Claims { role: said, ..with("b", None) }, Part::Role),
        (Claims { jurisdiction: said, ..with("b", None) }, Part::Jurisdiction),
        (Claims { unit: said, ..with("b", None) }, Part::Unit),
        (Claims { post: said, ..with("b", None) }, Part::Post),
    ] {
        assert_eq!(access.caller(&claims, now()), Err(Unknown::Fixed(part)));
    }
}

#[test]
fn without_tokens_a_caller_is_what_it_says_and_may_do_everything() {
    let access = Access::new(Vec::new());
    let local = access.caller(&Claims::default(), now()).unwrap();
    assert_eq!((local.person.as_str(), local.role()), ("local", None));
    for (operation, role) in [
        (Operation::WorkQueue, Role::Dispatcher),
        (Operation::ActOnTickets, Role::Dispatcher),
        (Operation::Intake, Role::Platform),
    ] {
        assert_eq!((local.may(operation), local.actor(operation).role), (true, role));
    }
    let claims = Claims {
        person: Some("u-17".as_bytes()),
        role: Some(b"unit"),
        jurisdiction: Some(b"demo"),
        unit: Some("区住房建设局".as_bytes()),
        post: Some(b"liaison"),
        ..Claims::default()
    };
    let caller = access.caller(&claims, now()).unwrap();
    let actor = Actor {
        person: "u-17".into(),
        role: Role::Unit,
        jurisdiction: "demo".into(),
        unit: "区住房建设局".into(),
        post: Post::Liaison,
    };
    assert_eq!((caller.may(Operation::Intake), caller.actor(Operation::Intake)), (true, actor));
    for (claims, part) in [
        (Claims { unit: None, ..claims }, Part::Unit),
        (Claims { role: None, ..claims }, Part::Role),
        (Claims { role: Some(b"boss"), ..claims }, Part::Role),
        (Claims { role: Some(b"system"), ..claims }, Part::Role),
        (Claims { post: Some(b"none"), ..claims }, Part::Post),
        (Claims { unit: Some(b"\xe4\xbd"), ..claims }, Part::Unit),
        (Claims { jurisdiction: Some(b" "), ..claims }, Part::Jurisdiction),
    ] {
        let refused = access.caller(&claims, now());
        assert!(matches!(&refused, Err(Unknown::Bad { part: named, .. }) if *named == part), "{refused:?}");
    }
}

#[test]
fn the_last_day_counts_to_its_end_in_local_time() {
    let mut last = token("a", "a", Role::Office);
    last.expires = Some("2026-03-02".parse().unwrap());
    let access = Access::new(vec![last]);
    // 2026-03-02 ends at 16:00 UTC.
    for (at, known) in [("2026-03-02T15:59:59Z", true), ("2026-03-02T16:00:00Z", false)] {
        let caller = access.caller(&with("a", None), at.parse().unwrap());
        assert_eq!(caller.is_ok(), known, "{at}");
        assert!(known || caller == Err(Unknown::SpentToken(State::Expired)));
    }
}

/// LH-53: the office reads; LH-62 and HN-50 as far as they go today: an auditor reads and changes nothing.
#[test]
fn the_table_is_as_agreed() {
    use Operation as O;
    let all = [
        O::Triage,
        O::Intake,
        O::ReadTickets,
        O::ReadPersonal,
        O::WorkQueue,
        O::ActOnTickets,
        O::ReadEntries,
        O::FileNotice,
        O::ReadRules,
        O::ManageSubscriptions,
        O::ManageEnterprises,
        O::EditEntries,
        O::ReviewEntries,
        O::ReadAudit,
        O::StudyRules,
    ];
    // One column per operation in the order above.
    for (role, row) in [
        (Role::Platform, "yyyy-yyyyyyy--y"),
        (Role::Dispatcher, "y-yyyyy-y-y---y"),
        (Role::Center, "y-yyyyyyy-yyy-y"),
        (Role::Requester, "-----y---------"),
        (Role::Unit, "--yy-yyyy--y---"),
        (Role::Office, "--y--yy-y-----y"),
        (Role::RuleAuthor, "y-----y-y-----y"),
        (Role::KnowledgeMaintainer, "y-----yyy--yy-y"),
        (Role::Auditor, "--y---y-y----yy"),
        (Role::Admin, "--y---y-yyy--yy"),
        (Role::System, "---------------"),
    ] {
        let may: String = all.iter().map(|operation| if role.may(*operation) { 'y' } else { '-' }).collect();
        assert_eq!(may, row, "{role:?}");
    }
}

#[test]
fn other_machines_need_a_token() {
    let (open, closed) = (Access::new(Vec::new()), Access::new(vec![token("a", "a", Role::Platform)]));
    for (listen, without) in [("127.0.0.1:1", true), ("[::1]:1", true), ("0.0.0.0:1", false), ("10.0.0.1:1", false)] {
        let listen = listen.parse().unwrap();
        assert_eq!((open.check_reach(listen).is_ok(), closed.check_reach(listen).is_ok()), (without, true), "{listen}");
    }
    assert!(open.check_reach("0.0.0.0:1".parse().unwrap()).unwrap_err().to_string().contains("paidan token new"));
}

/// A file written by hand: what is wrong changes nothing, what is right counts within a second and not before.
#[test]
fn the_file_is_followed_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.toml");
    let line = |name: &str| {
        format!("[[token]]\nname = \"{name}\"\nsm3 = \"{}\"\nrole = \"office\"\n", sm3_hex(name.as_bytes()))
    };
    std::fs::write(&path, line("a")).unwrap();
    let access = Access::open(vec![token("c", "c", Role::Platform)], folder.path(), now()).unwrap();
    let known = |millis: i64| {
        let at = now() + TimeDelta::milliseconds(millis);
        ["a", "b", "c"].map(|name| access.caller(&with(name, None), at).is_ok())
    };
    assert_eq!(known(0), [true, false, true]);
    std::fs::write(&path, line("b")).unwrap();
    std::fs::write(&path, line("b") + "# another length\n").unwrap();
    assert_eq!(known(999), [true, false, true]);
    assert_eq!(known(1_000), [false, true, true]);
    std::fs::write(&path, "[[token]").unwrap();
    assert_eq!(known(2_000), [false, true, true], "not TOML");
    std::fs::write(&path, format!("{}{}", line("a"), line("c"))).unwrap();
    assert_eq!(known(3_000), [false, true, true], "a name of the configuration");
    std::fs::write(&path, line("a")).unwrap();
    assert_eq!(known(-9_000), [true, false, true], "the clock was set back");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(known(-7_000), [false, false, true]);
}

#[test]
fn a_broken_file_starts_no_service() {
    let folder = tempfile::tempdir().unwrap();
    for (text, told) in [
        ("[[token]]\nname = \"a\"\nsm3 = \"0\"\nrole = \"office\"", "64位"),
        ("[[tokn]]", "tokens.toml"),
        ("[[token]]\nname = \"a\"", "tokens.toml"),
    ] {
        std::fs::write(folder.path().join("tokens.toml"), text).unwrap();
        let said = format!("{:#}", Access::open(Vec::new(), folder.path(), now()).unwrap_err());
        assert!(said.contains(told), "{said}");
    }
}
