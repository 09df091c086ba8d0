//! What the commands print.

use std::process::{Command, Stdio};

use serde_json::Value;

fn paidan(args: &[&str]) -> (Option<i32>, Value) {
    let mut paidan = Command::new(env!("CARGO_BIN_EXE_paidan"));
    let root = env!("CARGO_MANIFEST_DIR");
    let child =
        crate::store::fixture::start(paidan.args(args).args(["--json", "--packs", root]).stdout(Stdio::piped()));
    let out = child.wait_with_output().expect("it ends");
    (out.status.code(), serde_json::from_slice(&out.stdout).expect("JSON"))
}

#[test]
fn a_folder_is_asked_as_the_service_is() {
    let (code, hit) = paidan(&["kb", "hit", "社保卡", "-j", "longhua"]);
    assert_eq!(
        (code, &hit["answer"]["entry"], &hit["matches"][0]["keyword"]),
        (Some(0), &"lh-shbx-008".into(), &true.into())
    );
    let (code, hit) = paidan(&["kb", "hit", "火星旅行", "-j", "longhua"]);
    assert_eq!((code, &hit["answer"]), (Some(1), &Value::Null));
    let (_, said) = paidan(&["kb", "regress", "-j", "longhua"]);
    let tally = &said["tally"];
    assert!(tally["questions"].as_u64() > Some(200) && tally["right"].as_u64() > Some(200), "{tally}");
}
