//! No room on the disk, and room again.

use super::kill::{acknowledged, look};
use super::load::Worker;
use super::server::Place;
use super::shim::{Shim, Slot};

/// The disk gives no warning at all: the next write fails. What was not stored is not acknowledged, the process says why and
/// ends; with room again everything is there.
#[test]
fn a_disk_that_is_full_at_once_loses_nothing() {
    let Some(shim) = Shim::new() else { return };
    let (place, mut workers) = (Place::new(), vec![Worker::new(71, 0)]);
    let mut server = place.start(Some(&shim));
    let mut client = server.client();
    assert!((0..12).all(|_| workers[0].once(&mut client)));
    let known = acknowledged(&workers);
    shim.set(Slot::Full, 1);
    // Claims of an empty queue write nothing.
    let failed = (0..50).find(|_| !workers[0].once(&mut client));
    assert!(failed.is_some(), "it acknowledged without room");
    let (status, said) = server.end();
    assert!(status.code().is_some_and(|code| code != 0) && said.contains("os error 28"), "{status:?}\n{said}");
    // It may open for reading or say that there is no room; it loses nothing either way.
    let mut blocked = place.spawn(Some(&shim));
    if blocked.address().is_some() {
        let mut client = blocked.client();
        let id = workers[0].book.posts.values().next().expect("a ticket");
        assert_eq!(client.get(&format!("/v1/tickets/{id}")).expect("an answer").status, 200);
        blocked.kill();
    } else {
        let (status, said) = blocked.end();
        assert!(status.code().is_some_and(|code| code != 0) && said.contains("os error 28"), "{status:?}\n{said}");
    }
    shim.set(Slot::Full, 0);
    let mut server = place.start(Some(&shim));
    look(&mut server, &mut workers);
    assert!(acknowledged(&workers) > known);
    assert!(server.stop().0.success());
    let aside = std::fs::read_dir(place.data()).expect("a folder").flatten();
    let aside: Vec<_> =
        aside.map(|it| it.file_name().to_string_lossy().into_owned()).filter(|it| it.contains("view.")).collect();
    assert!(aside.is_empty(), "a view was thrown away for want of room: {aside:?}");
}
