//! The commands that keep the data folder: what they do, say and end with.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::store::fixture::start;
use crate::store::old::{copy, first};

fn paidan(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paidan"));
    // A setting of tests is none of the program's.
    let child = command.args(arguments).env_remove("PAIDAN_BLESS").stdout(Stdio::piped()).stderr(Stdio::piped());
    let Output { status, stdout, stderr } = start(child).wait_with_output().expect("it ends");
    let said = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (status.code().expect("an exit code"), said)
}

#[track_caller]
fn says(arguments: &[&str], code: i32, words: &str) {
    let (ended, said) = paidan(arguments);
    assert!(ended == code && said.contains(words), "{arguments:?}: {ended}\n{said}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn a_data_folder_goes_round_by_backup_and_by_export() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (data, kept, back, file, read) = (at("data"), at("kept"), at("back"), at("all.jsonl"), at("read"));
    copy(&first(), &data);
    says(&["backup", "--data", text(&data), "--to", text(&kept)], 0, "工单 32 件");
    says(&["backup", "--data", text(&data), "--to", text(&kept)], 0, "复制 0 个文件");
    says(&["verify", "--backup", text(&kept)], 0, "核对无误");
    says(&["restore", text(&kept), "--data", text(&data)], 2, "不是空的");
    says(&["restore", text(&kept), "--data", text(&back)], 0, "工单 32 件");
    says(&["verify", "--data", text(&back)], 0, "核对无误");
    says(&["export", "--data", text(&back), "--to", text(&file), "--personal"], 0, "含个人信息");
    says(&["import", text(&file), "--data", text(&read)], 0, "已导入");
    says(&["verify", "--data", text(&read), "--json"], 0, "\"differing\":[]");
    says(&["rebuild", "--data", text(&read)], 0, "视图已由日志重建");
    let covered = at("covered.jsonl");
    says(&["export", "--data", text(&back), "--to", text(&covered)], 0, "已隐去个人信息");
    says(&["import", text(&covered), "--data", text(&at("none"))], 2, "不能导入");
    says(&["verify", "--data", text(&at("nowhere"))], 2, "不是数据目录");
    // One bit of the backup.
    let sealed = fs::read_dir(kept.join("journal")).expect("segments").map(|it| it.expect("a file").path()).min();
    let sealed = sealed.expect("a segment");
    let mut bytes = fs::read(&sealed).expect("it is read");
    bytes[200] ^= 1;
    fs::write(&sealed, bytes).expect("it is written");
    says(&["verify", "--backup", text(&kept)], 1, "SM3");
    says(&["restore", text(&kept), "--data", text(&at("again"))], 2, "有误");
    assert!(!at("again").exists());
    // A restore that was cut short is not taken for a store.
    fs::rename(back.join("journal"), back.join("journal.part")).expect("it is renamed");
    says(&["rebuild", "--data", text(&back)], 2, "没有做完");
}

/// Whoever starts a second service is told at once, not after the store was read.
#[test]
fn a_port_that_is_taken_is_told_before_the_store_is_opened() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    says(&["serve", "--listen", &address, "--data", text(folder.path())], 2, "listening on");
    assert!(!folder.path().join("journal").exists());
}
