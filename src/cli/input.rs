//! What a command is to work on: a text, standard input, or a file.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

use crate::lesson::{Given, read_lines};

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

/// A file of labelled texts, one a line.
pub(super) fn labelled(file: &Path) -> anyhow::Result<Vec<Given>> {
    let content = fs::read_to_string(file).with_context(|| format!("读不了 {}", file.display()))?;
    read_lines(content.trim_start_matches('\u{feff}')).map_err(|why| anyhow::anyhow!("{}：{why}", file.display()))
}
