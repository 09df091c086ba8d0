//! What a command is to work on: a text, standard input, or a file.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

/// `-` is standard input, the name of a file its content, anything else itself.
pub(super) fn read(input: &str) -> anyhow::Result<String> {
    let path = Path::new(input);
    if input == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    } else if input.len() < 4_096 && path.is_file() {
        fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
    } else {
        Ok(input.to_owned())
    }
}
