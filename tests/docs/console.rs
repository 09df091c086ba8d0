//! What the authors' guide shows of the commands is what they print.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{blocks, guide, guide_pack};

/// Words of a command line; quotes keep blanks.
fn words(line: &str) -> Vec<String> {
    line.split('"').enumerate().fold(Vec::new(), |mut words, (at, part)| {
        match at % 2 {
            1 => words.push(part.to_owned()),
            _ => words.extend(part.split_whitespace().map(str::to_owned)),
        }
        words
    })
}

fn folder(root: &Path, name: &str, edit: impl Fn(&str) -> String) {
    for (path, text) in &guide_pack().files {
        let path = root.join(name).join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, edit(text)).expect("written");
    }
}

#[test]
fn the_commands_of_the_guide_print_what_it_shows() {
    let root = tempfile::tempdir().expect("a folder");
    folder(root.path(), "现在", str::to_owned);
    let weaker = "then:   #{ lead: \"区市场监管局\", weight: 2, assist";
    folder(root.path(), "改后", |text| text.replace("then:   #{ lead: \"区市场监管局\", weight: 3, assist", weaker));
    let corpus = "{\"text\":\"超市哄抬物价\",\"lead\":\"区市场监管局\"}\n{\"text\":\"国贸大道有两盏路灯坏了\"}\n\
                  {\"text\":\"楼下工地半夜施工扰民\",\"label\":\"区综合执法局\"}\n";
    fs::write(root.path().join("来件.jsonl"), corpus).expect("written");
    let shown = blocks(&guide(), "console");
    assert!(shown.len() >= 8, "the guide shows its commands");
    for block in shown {
        let mut lines = block.lines();
        let command = lines.next().and_then(|line| line.strip_prefix("$ paidan ")).expect("a command");
        let mut paidan = Command::new(env!("CARGO_BIN_EXE_paidan"));
        let child = paidan.args(words(command)).current_dir(root.path().join("现在"));
        let child = crate::store::fixture::start(child.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let out = child.wait_with_output().expect("it ends");
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said_plain = plain(&said);
        for line in lines {
            assert!(said_plain.contains(&plain(line)), "{command}\n{line}\nis not in\n{said}");
        }
    }
}
