//! Files of the repository, for tests that look at all of them.

use std::fs;
use std::path::Path;

/// Every file with this ending below a folder, by path from the root, sorted. None if the folder is not there.
pub(crate) fn below(root: &Path, folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(root, folder, ending, &mut found);
    found.sort();
    found
}

fn walk(root: &Path, folder: &str, ending: &str, found: &mut Vec<String>) {
    let Ok(items) = fs::read_dir(root.join(folder)) else { return };
    for item in items {
        let item = item.expect("an item");
        let path = format!("{folder}/{}", item.file_name().to_str().expect("a name in UTF-8"));
        if item.path().is_dir() {
            walk(root, &path, ending, found);
        } else if path.ends_with(&format!(".{ending}")) {
            found.push(path);
        }
    }
}
