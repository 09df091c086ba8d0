//! Who sees how much: every role and every standing of a unit, of an ordinary and of a confidential ticket.

use super::super::parts::Assist;
use super::super::state::Claim;
use super::super::{AssistState, Phase, TicketId};
use super::*;
use chrono::DateTime;

fn assist(unit: &str, state: AssistState) -> Assist {
    Assist { unit: unit.into(), task: String::new(), state }
}

/// Led by 甲; 乙 assists, 丙 is proposed, 丁 led before, 戊 assisted before, 己 follows. Posted by `hotline`.
fn ticket(confidential: bool) -> Ticket {
    let id: TicketId = "LH-20260401-00001".parse().unwrap();
    let mut ticket = Ticket { jurisdiction: "longhua".into(), lead: "甲".into(), confidential, ..Ticket::new(id) };
    ticket.phase = Phase::Handling;
    ticket.followers = vec!["己".into()];
    ticket.life.units = vec!["丁".into(), "甲".into()];
    ticket.life.assists = vec![assist("乙", AssistState::Working), assist("丙", AssistState::Proposed)];
    ticket.life.helped = ["戊".to_owned()].into();
    ticket.life.posted_by = "hotline".into();
    ticket
}

fn viewer(role: Role, unit: &str, person: &str) -> Viewer {
    Viewer {
        role: Some(role),
        jurisdiction: "longhua".into(),
        unit: unit.into(),
        person: person.into(),
        covered: false,
    }
}

/// HN-50 and HN-51.
#[test]
fn hn_51_each_role_and_each_standing_sees_so_much() {
    use Sight as S;
    let claimed = |mut ticket: Ticket| {
        let since = DateTime::UNIX_EPOCH;
        ticket.claim = Some(Claim { person: "seat/王".into(), fence: 1, lease_s: 60, since });
        ticket
    };
    for (role, unit, person, ordinary, confidential) in [
        (Role::Platform, "", "hotline", S::All, S::All),
        (Role::Platform, "", "hotline/李", S::All, S::All),
        (Role::Platform, "", "business", S::All, S::Shell),
        (Role::Dispatcher, "", "seat/王", S::All, S::All),
        (Role::Dispatcher, "", "seat/李", S::All, S::Shell),
        (Role::Center, "", "c", S::All, S::All),
        (Role::Requester, "", "r", S::Covered, S::Shell),
        (Role::Office, "", "o", S::Covered, S::Shell),
        (Role::Auditor, "", "a", S::Covered, S::Shell),
        (Role::Admin, "", "a", S::Covered, S::Shell),
        (Role::RuleAuthor, "", "a", S::Nothing, S::Nothing),
        (Role::KnowledgeMaintainer, "", "a", S::Nothing, S::Nothing),
        (Role::System, "", "a", S::Nothing, S::Nothing),
        (Role::Unit, "甲", "u", S::All, S::All),
        (Role::Unit, "乙", "u", S::Covered, S::Shell),
        (Role::Unit, "丙", "u", S::Nothing, S::Nothing),
        (Role::Unit, "丁", "u", S::Covered, S::Shell),
        (Role::Unit, "戊", "u", S::Covered, S::Shell),
        (Role::Unit, "己", "u", S::Covered, S::Shell),
        (Role::Unit, "庚", "u", S::Nothing, S::Nothing),
        (Role::Unit, "", "u", S::Nothing, S::Nothing),
    ] {
        let viewer = viewer(role, unit, person);
        let seen = [false, true].map(|confidential| viewer.sight(&claimed(ticket(confidential))));
        assert_eq!(seen, [ordinary, confidential], "{role:?} {unit} {person}");
        let glimpse = [false, true].map(|confidential| viewer.glimpse(&claimed(ticket(confidential))));
        assert_eq!(
            glimpse,
            [ordinary.min(S::Covered), confidential.min(S::Shell)],
            "{role:?} {unit} {person} in a list"
        );
        let elsewhere = Viewer { jurisdiction: "hunan".into(), ..viewer };
        assert_eq!(elsewhere.sight(&claimed(ticket(false))), S::Nothing, "{role:?} of another jurisdiction");
    }
    let local = Viewer::default();
    assert_eq!([false, true].map(|it| local.sight(&ticket(it))), [S::All, S::All], "no token is needed there");
}

#[test]
fn what_is_back_in_the_queue_is_no_units() {
    let mut ticket = ticket(false);
    ticket.phase = Phase::Queued;
    assert_eq!(viewer(Role::Unit, "甲", "u").sight(&ticket), Sight::Covered, "it was the lead");
    ticket.confidential = true;
    assert_eq!(viewer(Role::Unit, "甲", "u").sight(&ticket), Sight::Shell);
}

#[test]
fn who_posted_an_old_ticket_is_not_known() {
    let mut ticket = ticket(true);
    ticket.life.posted_by.clear();
    assert_eq!(viewer(Role::Platform, "", "business").sight(&ticket), Sight::All);
}
