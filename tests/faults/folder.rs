//! One folder, several processes: a second service, commands beside a running one, the lock of a dead one.

use std::fs;

use super::kill::{acknowledged, look};
use super::load::Worker;
use super::long;
use super::server::Place;

#[test]
fn a_second_process_is_refused_and_told_who_holds_the_folder() {
    let (place, mut workers) = (Place::new(), vec![Worker::new(51, 0)]);
    let mut first = place.start(None);
    let (status, said) = place.spawn(None).end();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("进程{}", first.pid())), "{said}");
    // It harmed nothing.
    let mut client = first.client();
    assert!((0..5).all(|_| workers[0].once(&mut client)));
    first.kill();
    // Whoever is named there is dead: the next one takes over, whatever the file says.
    fs::write(place.data().join("lock"), "1\n").expect("written");
    let mut next = place.start(None);
    look(&mut next, &mut workers);
}

/// Commands that open a store refuse while it is served; none harms it.
#[test]
fn commands_beside_a_running_service_harm_nothing() {
    let (place, mut workers) = (Place::new(), vec![Worker::new(52, 0)]);
    let mut server = place.start(None);
    let mut client = server.client();
    assert!((0..10).all(|_| workers[0].once(&mut client)));
    let data = place.data().display().to_string();
    let commands: [&[&str]; 4] = [
        &["reindex", "--data", &data],
        &["token", "list", "--data", &data],
        &["rules", "backtest", "--data", &data, "--jurisdiction", "demo"],
        &["replay", "--data", &data],
    ];
    // Every day, the first two.
    let commands = &commands[..if long().is_some() { commands.len() } else { 2 }];
    for command in commands {
        let out = place.run(command);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!said.contains("panic") && out.status.code().is_some(), "{command:?}: {said}");
        assert!((0..3).all(|_| workers[0].once(&mut client)), "after {command:?}");
    }
    let before = acknowledged(&workers);
    server.kill();
    // The same on a folder that nobody holds.
    for command in commands {
        let out = place.run(command);
        assert!(
            out.status.code().is_some_and(|code| code < 100),
            "{command:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
    let mut server = place.start(None);
    look(&mut server, &mut workers);
    assert!(before >= 8);
}
