//! What is sealed opens again, and nothing else does.

use super::*;

fn keys(dir: &std::path::Path, algorithm: Algorithm) -> Keys {
    MasterFile::of(dir).add(algorithm, chrono::DateTime::UNIX_EPOCH).unwrap();
    Keys::open(dir, &dir.join("the-view")).unwrap().unwrap()
}

#[test]
fn an_envelope_opens_with_its_key_also_after_a_restart_and_a_new_master() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm] {
        let dir = tempfile::tempdir().unwrap();
        let first = keys(dir.path(), algorithm);
        let id = first.fresh().unwrap();
        let sealed = first.seal(id, "张三".as_bytes()).unwrap();
        drop(first);
        let second = keys(dir.path(), Algorithm::Aes256Gcm);
        assert_eq!(second.unseal(id, &sealed).unwrap(), Content::Open("张三".as_bytes().to_vec()));
        let newer = second.fresh().unwrap();
        assert_eq!((id.to_string(), newer.to_string()), ("1.1".into(), "2.2".into()));
    }
}

#[test]
fn a_destroyed_key_opens_nothing_and_leaves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(dir.path(), Algorithm::Sm4Gcm);
    let (one, two) = (keys.fresh().unwrap(), keys.fresh().unwrap());
    let sealed = [keys.seal(one, b"a").unwrap(), keys.seal(two, b"b").unwrap()];
    keys.destroy(one).unwrap();
    keys.destroy(one).unwrap();
    assert_eq!(keys.unseal(one, &sealed[0]).unwrap(), Content::Destroyed);
    assert_eq!(keys.unseal(two, &sealed[1]).unwrap(), Content::Open(b"b".to_vec()));
    assert!(keys.seal(one, b"a").is_err());
}

#[test]
fn a_changed_envelope_a_foreign_key_and_a_damaged_slot_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(dir.path(), Algorithm::Aes256Gcm);
    let (one, two) = (keys.fresh().unwrap(), keys.fresh().unwrap());
    let sealed = keys.seal(one, b"text").unwrap();
    assert!(keys.unseal(two, &sealed).is_err());
    assert!(keys.unseal(KeyId { master: 9, slot: 0 }, &sealed).is_err());
    assert!(keys.unseal(KeyId { master: 1, slot: 99 }, &sealed).is_err());
    assert!(keys.unseal(one, &Sealed { nonce: STANDARD.encode([0; 12]), ..sealed.clone() }).is_err());
    assert!(keys.unseal(one, &Sealed { data: STANDARD.encode(b"short"), ..sealed }).is_err());
}

/// GB/T 32907 appendix A gives SM4; RFC 8998 A.1 gives SM4-GCM.
#[test]
fn sm4_gcm_is_that_of_rfc_8998() {
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
    };
    let mut key = [0; 32];
    key[..16].copy_from_slice(&hex("0123456789abcdeffedcba9876543210"));
    let nonce: [u8; 12] = hex("00001234567800000000abcd").try_into().unwrap();
    let aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let plain = hex(concat!(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd",
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    ));
    let expected = hex(concat!(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735",
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
        "83de3541e4c2b58177e065a9bf7b62ec"
    ));
    assert_eq!(Algorithm::Sm4Gcm.encrypt(&key, &nonce, &aad, &plain).unwrap(), expected);
}

/// sled keeps old pages: after an erasure nothing of an old view may be readable.
#[test]
fn a_view_from_before_an_erasure_is_deleted_with_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let view = dir.path().join("the-view");
    let first = keys(dir.path(), Algorithm::Aes256Gcm);
    let hidden = first.hide(b"k", b"v").unwrap();
    assert_eq!(first.show(b"k", &hidden).unwrap(), b"v");
    assert!(first.show(b"other", &hidden).is_err() && first.show(b"k", b"v").is_err());
    let open = || Keys::open(dir.path(), &view).unwrap().unwrap();
    assert_eq!(open().show(b"k", &hidden).unwrap(), b"v");
    std::fs::create_dir(&view).unwrap();
    first.destroy(first.fresh().unwrap()).unwrap();
    assert!(open().show(b"k", &hidden).is_err() && !view.exists());
    let again = open().hide(b"k", b"w").unwrap();
    assert_eq!(open().show(b"k", &again).unwrap(), b"w");
}
