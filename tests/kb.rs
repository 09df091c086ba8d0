//! `paidan kb` on a stopped store: the same use cases as over the API, for people.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::demo::pack;
use crate::store::fixture::start;

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in pack("").files {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
            fs::write(file, text).expect("a file");
        }
        let desk = Self { folder };
        // Makes the store.
        desk.run(&["reindex", "--data", "data"]);
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let mut paidan = Command::new(env!("CARGO_BIN_EXE_paidan"));
        paidan.args(words).current_dir(self.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let out = start(&mut paidan).wait_with_output().expect("it ends");
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        (out.status.code(), said)
    }

    /// `paidan kb` as a person on the stopped store.
    #[track_caller]
    fn kb(&self, person: &str, words: &[&str], code: i32) -> String {
        let mut all = vec!["kb"];
        all.extend(words);
        all.extend(["-j", "demo", "--data", "data", "--person", person]);
        let (ended, said) = self.run(&all);
        assert_eq!(ended, Some(code), "{words:?}: {said}");
        said
    }
}

/// RC-13 and HN-45, by hand.
#[test]
fn rc_13_a_day_of_a_maintainer_by_command() {
    let desk = Desk::new();
    let edit = [
        "edit",
        "dm-1",
        "-m",
        "新增",
        "--question",
        "停车证怎么办理",
        "--answer",
        "3个工作日",
        "--set",
        "owner=区交通局",
    ];
    assert!(desk.kb("jia", &edit, 0).contains("草稿"));
    desk.kb("jia", &["submit", "dm-1"], 0);
    let own = desk.kb("jia", &["approve", "dm-1"], 1);
    assert!(own.contains("own_work"), "{own}");
    assert!(desk.kb("yi", &["approve", "dm-1"], 0).contains("已发布第1版"));
    desk.kb("jia", &["edit", "dm-1", "--answer", "5个工作日", "--set", "review_days=30"], 0);
    let late = desk.kb("yi", &["edit", "dm-1", "--answer", "6个工作日", "--revision", "3"], 2);
    assert!(late.contains("conflict") && late.contains("jia") && late.contains("答案"), "{late}");
    desk.kb("jia", &["submit", "dm-1"], 0);
    assert!(desk.kb("yi", &["list", "--waiting"], 0).contains("第2版待审核"));
    assert!(desk.kb("yi", &["return", "dm-1", "--reason", "缺依据"], 0).contains("已退回：缺依据"));
    desk.kb("jia", &["drop", "dm-1"], 0);
    let diff = desk.kb("jia", &["diff", "dm-1", "1", "2"], 0);
    assert!(diff.contains("- 3个工作日") && diff.contains("+ 5个工作日") && diff.contains("复核周期"), "{diff}");
    let history = desk.kb("jia", &["history", "dm-1"], 0);
    assert!(history.contains("yi审核发布") && history.contains("退回修改") && history.contains("缺依据"), "{history}");
    assert!(desk.kb("jia", &["due"], 0).contains("没有要复核的条目"));
    assert!(desk.kb("jia", &["due", "--within", "200"], 0).contains("dm-1"));
    desk.kb("jia", &["confirm", "dm-1"], 0);
    desk.kb("jia", &["withdraw", "dm-1", "--reason", "停办"], 0);
    desk.kb("jia", &["restore", "dm-1", "--to", "1"], 0);
    desk.kb("jia", &["submit", "dm-1"], 0);
    desk.kb("yi", &["approve", "dm-1"], 0);
    assert!(desk.kb("yi", &["show", "dm-1"], 0).contains("答案：3个工作日"));
}

/// HN-45: files go out and come back; a file alone is checked without any store.
#[test]
fn hn_45_files_by_command() {
    let desk = Desk::new();
    let csv = "编号,问题,答案,责任单位\nb-1,停车证怎么办理,3个工作日,区交通局\nb-2,停车证怎样办理,9个工作日,区交通局\n";
    fs::write(desk.path().join("a.csv"), csv).expect("a file");
    let (code, said) = desk.run(&["kb", "check", "a.csv", "-j", "demo"]);
    assert!(code == Some(0) && said.contains("矛盾") && said.contains("9工作日"), "{said}");
    fs::write(desk.path().join("b.csv"), csv.replace("3个工作日", "")).expect("a file");
    let (code, said) = desk.run(&["kb", "check", "b.csv"]);
    assert!(code == Some(1) && said.contains("第 2 行“答案”"), "{said}");
    assert!(desk.kb("jia", &["import", "a.csv"], 0).contains("新增 2 条"));
    assert!(!desk.kb("jia", &["list"], 0).contains("b-1"), "a dry run");
    assert!(desk.kb("jia", &["import", "a.csv", "--apply", "--submit"], 0).contains("提交 2 条"));
    desk.kb("yi", &["approve", "b-1", "b-2"], 0);
    for format in ["toml", "csv", "xlsx", "jsonl"] {
        let file = format!("out.{format}");
        desk.kb("yi", &["export", &file], 0);
        assert!(desk.kb("yi", &["import", &file, "--apply"], 0).contains("相同 2 条，冲突 0 条"), "{format}");
    }
}
