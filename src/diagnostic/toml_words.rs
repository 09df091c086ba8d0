//! What the TOML reader says, in words for officials.

use super::nearest;

const PLAIN: &str = "检查引号、方括号、等号；文字要加双引号，列表写成 [\"甲\", \"乙\"]，中文键名要加双引号";

/// Message and help.
pub(crate) fn in_chinese(message: &str) -> (String, String) {
    let named: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let said = |message: String, help: &str| (message, help.to_owned());
    if message.starts_with("unknown field") {
        let (key, known) = named.split_first().map_or(("", &[][..]), |(key, known)| (*key, known));
        return (format!("不认识的键“{key}”"), nearest(key, known.iter().copied()));
    }
    if message.starts_with("unknown variant") {
        let (value, known) = named.split_first().map_or(("", &[][..]), |(value, known)| (*value, known));
        return (format!("没有“{value}”这个取值"), nearest(value, known.iter().copied()));
    }
    if message.starts_with("missing field") {
        let key = named.first().copied().unwrap_or("");
        return (format!("缺少键“{key}”"), format!("在这一节里加上 {key} = …"));
    }
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        let (found, wanted) = rest.split_once(", expected ").unwrap_or((rest, ""));
        return said(format!("这里应当是{}，写成了{}", kind(wanted), kind(found)), PLAIN);
    }
    if message.starts_with("duplicate key") {
        return said("同一个键写了两次".to_owned(), "删去其中一个，或者检查前面是不是少了一行 [[…]]");
    }
    let lower = message.to_lowercase();
    let known = [
        ("unquoted string", "文字没有加双引号", "文字写成 \"…\"；日期、数字和 true / false 不加引号"),
        ("invalid basic string", "引号不成对，或引号里有不能直接写的字符", "补上引号；引号里面再用引号时写 “” 或 \\\""),
        ("string", "这一段文字写得不对", "文字写成 \"…\"，多行文字用三个双引号"),
        ("extra comma", "多出一个逗号", "删去它"),
        ("missing comma", "两项之间少了逗号", "补上半角逗号 ,"),
        ("missing assignment", "键和值之间少了等号", "写成 键 = \"值\""),
        ("extra `=`", "多出一个等号", "写成 键 = \"值\""),
        ("key with no value", "这一行只有键，没有等号和值", "写成 键 = \"值\"；说明文字前面加 #"),
        ("missing value", "等号后面没有值", "写成 键 = \"值\""),
        ("unclosed inline table", "花括号没有配对", "写成 { 键 = \"值\", 键 = \"值\" }"),
        ("inline table", "花括号里写得不对", "写成 { 键 = \"值\", 键 = \"值\" }"),
        ("unclosed array table", "方括号没有配对", "节名写成 [[名称]]，单独占一行"),
        ("unclosed table", "方括号没有配对", "节名写成 [名称]，单独占一行"),
        ("unclosed array", "列表的方括号没有配对", "补上 ]"),
        ("array", "列表写得不对", "列表写成 [\"甲\", \"乙\"]，各项之间用半角逗号"),
        ("table", "这一节的名称写得不对", "节名写成 [名称] 或 [[名称]]，单独占一行"),
        ("unexpected key or value", "这一行后面多了内容", "一行只写一个 键 = 值；文字要加双引号；说明前面加 #"),
        ("key", "键的写法不对", "键用英文；标点用半角；一定要用中文键名时加双引号；说明文字前面加 #"),
        ("unexpected", "这里多了不该有的内容", PLAIN),
        ("datetime", "日期时间写得不对", "写成 2022-09-29 或 2022-09-29T15:00:00+08:00"),
        ("number", "数字写得不对", "只写阿拉伯数字，不写单位、不写逗号"),
        ("integer", "数字写得不对", "只写阿拉伯数字，不写单位、不写逗号"),
        ("float", "数字写得不对", "只写阿拉伯数字，不写单位、不写逗号"),
    ];
    match known.iter().find(|(sign, ..)| lower.contains(sign)) {
        Some((_, message, help)) => ((*message).to_owned(), (*help).to_owned()),
        None => said(format!("格式有误（{message}）"), PLAIN),
    }
}

/// `integer `3`` and `a string`.
fn kind(words: &str) -> String {
    let value = words.split_once(['`', '"']).map_or("", |(_, rest)| rest.trim_end_matches(['`', '"']));
    let name = [
        ("sequence", "列表 […]"),
        ("array", "列表 […]"),
        ("string", "文字"),
        ("integer", "整数"),
        ("floating point", "数字"),
        ("float", "数字"),
        ("boolean", "true 或 false"),
        ("bool", "true 或 false"),
        ("map", "表 { … }"),
        ("table", "表 { … }"),
        ("struct", "表 { … }"),
        ("datetime", "日期时间"),
        ("u16", "整数"),
        ("u32", "整数"),
        ("i64", "整数"),
        ("u64", "整数"),
        ("f64", "数字"),
    ];
    let name = name.iter().find(|(sign, _)| words.contains(sign)).map_or(words, |(_, name)| name);
    if value.is_empty() { name.to_owned() } else { format!("{name}“{value}”") }
}
