//! Which blobs a commit needs.

use serde_json::Value;

use crate::digest::Digest;

/// The blobs that a payload names: long texts, the files of a release, the edits of a draft.
pub(crate) fn of(payload: &[u8]) -> Vec<Digest> {
    // Texts that are long stand in few commits: most need not be taken apart.
    let may_name = [&b"\"$blob\":"[..], b"\"blob\":", b"\"edits\":"];
    if !may_name.iter().any(|mark| payload.windows(mark.len()).any(|window| window == *mark)) {
        return Vec::new();
    }
    let Ok(value) = serde_json::from_slice::<Value>(payload) else { return Vec::new() };
    let mut found = Vec::new();
    marked(&value, &mut found);
    for named in [&value["release"]["blob"], &value["workbench"]["change"]["draft"]["edits"]] {
        found.extend(named.as_str().map(|hex| Digest::known(hex.to_owned())));
    }
    found
}

fn marked(value: &Value, found: &mut Vec<Digest>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| marked(item, found)),
        Value::Object(fields) => match fields.get("$blob").and_then(Value::as_str).filter(|_| fields.len() == 1) {
            Some(hex) => found.push(Digest::known(hex.to_owned())),
            None => fields.values().for_each(|field| marked(field, found)),
        },
        _ => {}
    }
}
