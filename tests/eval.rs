//! `paidan eval`: the figures of small sets whose answers are known, the same every time, and what it says to bad files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Two files: to learn from and to be judged, and the folder that holds them.
struct Sets {
    _folder: tempfile::TempDir,
    train: PathBuf,
    test: PathBuf,
}

fn sets(train: &[Value], test: &[Value]) -> Sets {
    let folder = tempfile::tempdir().expect("folder");
    let file = |name: &str, rows: &[Value]| {
        let path = folder.path().join(name);
        let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
        std::fs::write(&path, lines).expect("write");
        path
    };
    let (train, test) = (file("train.jsonl", train), file("test.jsonl", test));
    Sets { _folder: folder, train, test }
}

fn eval(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paidan"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("eval").args(args).output().expect("the program runs")
}

fn figures(kind: &str, sets: &Sets, more: &[&str]) -> Value {
    let (train, test) = (path(&sets.train), path(&sets.test));
    let args = [&[kind, "--train", train, "--test", test, "--json"], more].concat();
    let (first, second) = (eval(&args), eval(&args));
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(first.stdout, second.stdout, "the same files give the same figures");
    serde_json::from_slice(&first.stdout).expect("JSON")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn labelled() -> Vec<Value> {
    let places = ["人民路", "东街", "西门口", "北站", "南湖边", "新村", "老城", "河边"];
    let texts = [
        ("环保", ["噪音扰民睡不着", "污水直排河里"]),
        ("交通", ["公交车等很久", "道路拥堵红灯太短"]),
        ("教育", ["学校违规补课", "幼儿园学位不够"]),
    ];
    let of = |(label, texts): (&str, [&str; 2])| -> Vec<Value> {
        let rows =
            places.iter().flat_map(|place| texts.map(|text| json!({"text": format!("{place}{text}"), "label": label})));
        rows.collect()
    };
    texts.into_iter().flat_map(of).collect()
}

#[test]
fn what_was_learnt_is_measured_on_other_texts() {
    let test = [
        json!({"text": "学校门口补课班违规收费", "label": "教育"}),
        json!({"title": "公交车", "text": "等很久也不来", "label": "交通"}),
        json!({"text": "工地噪音扰民", "label": "环保"}),
        json!({"text": "河里都是污水", "label": "交通"}),
    ];
    let found = figures("route", &sets(&labelled(), &test), &[]);
    assert_eq!((&found["by"], &found["examples"], &found["texts"]), (&json!("model"), &json!(48), &json!(4)));
    assert_eq!(found["accuracy"], json!(0.75));
    assert_eq!(found["confusions"], json!([{"truth": "交通", "chosen": "环保", "count": 1}]));
    assert_eq!(found["labels"].as_array().map(Vec::len), Some(3));
    assert!(found.get("times").is_none(), "times differ from run to run and are only given when asked for");
}

#[test]
fn rules_are_measured_without_learning_anything() {
    let test = [
        json!({"text": "请问居住证怎么办理？需要什么材料？", "label": "问"}),
        json!({"text": "投诉楼下餐馆油烟扰民，一直没人管，请尽快处理", "label": "诉"}),
    ];
    let sets = sets(&[], &test);
    let args = ["classify", "--test", path(&sets.test), "--map", "咨询=问", "--map", "投诉=诉", "--json"];
    let found: Value = serde_json::from_slice(&eval(&args).stdout).expect("JSON");
    assert_eq!((&found["by"], &found["accuracy"], &found["macro_f1"]), (&json!("rules"), &json!(1.0), &json!(1.0)));
}

fn entries() -> Vec<Value> {
    vec![
        json!({"id": "a", "question": "居住证怎么申领", "similar": ["办居住证要什么材料"]}),
        json!({"id": "b", "question": "营业执照丢失怎么补办"}),
        json!({"id": "c", "question": "公积金怎么提取"}),
    ]
}

#[test]
fn entries_are_found_and_ranked() {
    let test = [
        json!({"text": "我要办居住证", "entry": "a"}),
        json!({"text": "执照弄丢了咋补", "entry": "b"}),
        json!({"text": "gongjijin怎么取出来", "entry": "c"}),
        json!({"text": "明天会下雨吗"}),
    ];
    let found = figures("answer", &sets(&entries(), &test), &[]);
    assert_eq!((&found["entries"], &found["texts"], &found["accuracy"]), (&json!(3), &json!(3), &json!(1.0)));
}

#[test]
fn abstention_is_measured_against_strangers_and_against_missing_entries() {
    let test = [
        json!({"text": "居住证怎么申领", "entry": "a"}),
        json!({"text": "营业执照丢了怎么补办", "entry": "b"}),
        json!({"text": "你好呀"}),
        json!({"text": "讲个笑话", "entry": ""}),
    ];
    let found = figures("abstain", &sets(&entries(), &test), &[]);
    assert_eq!((&found["foreign"]["auroc"], &found["own_entry_removed"]["auroc"]), (&json!(1.0), &json!(1.0)));
    assert_eq!(found["foreign"]["unanswerable"], json!(2));
    assert_eq!(found["foreign"]["answered_wrongly"], json!(0.0));
}

#[test]
fn times_and_figures_for_people_are_given_when_asked_for() {
    let sets = sets(&labelled(), &[json!({"text": "公交车不来", "label": "交通"})]);
    let done = eval(&["route", "--train", path(&sets.train), "--test", path(&sets.test), "--times"]);
    let text = String::from_utf8(done.stdout).expect("UTF-8");
    for told in ["学了 48 条", "准确率 1.0000", "每条耗时 p50"] {
        assert!(text.contains(told), "{told} is missing in {text}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused_with_place_and_remedy() {
    let row = |text: &str| json!({"text": text, "label": "环保"});
    let strays = sets(&entries(), &[json!({"text": "甲", "entry": "nowhere"})]);
    let few = sets(&[row("甲"), row("乙")], &[row("丙")]);
    let bare = sets(&labelled(), &[json!({"text": "丙"})]);
    let empty = sets(&labelled(), &[]);
    let cases: [(&str, &Sets, &[&str], &str); 6] = [
        ("answer", &strays, &[], "条目里没有“nowhere”"),
        ("route", &few, &[], "至少要有两种标签"),
        ("route", &bare, &[], "第 1 条 没有 label"),
        ("route", &empty, &[], "一条也没有"),
        ("route", &bare, &["--precision", "1.5"], "--precision 应在 0.5 和 1 之间"),
        ("route", &bare, &["-j", "atlantis"], "辖区“atlantis”没有可用的规则"),
    ];
    for (kind, sets, more, expected) in cases {
        let args = [&[kind, "--train", path(&sets.train), "--test", path(&sets.test)], more].concat();
        let done = eval(&args);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    std::fs::write(&bare.test, "{\"text\": \n").expect("write");
    let done = eval(&["route", "--train", path(&bare.train), "--test", path(&bare.test)]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("第 1 行不是合用的 JSON"));
}
