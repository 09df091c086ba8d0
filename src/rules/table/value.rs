//! Cells → values, as people write them: lists with Chinese or other marks between, yes and no, numbers, days.

use chrono::NaiveDate;
use rhai::{Array, Dynamic, FLOAT, INT};

use super::columns::{Kind, half_width};

/// The level as it is written, and its name in a rule. The first spelling is the one that is exported.
const LEVELS: [(&str, &str); 9] = [
    ("蓝", "blue"),
    ("黄", "yellow"),
    ("红", "red"),
    ("蓝色", "blue"),
    ("黄色", "yellow"),
    ("红色", "red"),
    ("blue", "blue"),
    ("yellow", "yellow"),
    ("red", "red"),
];

const YES: [&str; 8] = ["是", "√", "✓", "对", "1", "y", "yes", "true"];
const NO: [&str; 8] = ["否", "×", "不", "错", "0", "n", "no", "false"];

/// Message and help.
pub(super) type Wrong = (String, String);

/// The value of a cell that is not empty.
pub(super) fn read(kind: Kind, text: &str) -> Result<Dynamic, Wrong> {
    let plain: String = text.chars().map(half_width).collect::<String>().to_ascii_lowercase();
    match kind {
        Kind::Text => Ok(text.to_owned().into()),
        Kind::Words | Kind::List => Ok(texts(words(text))),
        Kind::Groups => {
            let groups = text.split(['；', ';', '\n']).map(words).filter(|group| !group.is_empty());
            Ok(Dynamic::from_array(groups.map(texts).collect()))
        }
        Kind::Flag => flag(&plain).map(Dynamic::from_bool),
        Kind::Sentence if plain == "sentence" => Ok("sentence".into()),
        Kind::Sentence => flag(&plain).map(|yes| if yes { "sentence".into() } else { "".into() }),
        Kind::Number => number(&plain),
        Kind::Code => {
            let code = plain.parse::<INT>();
            code.map(Dynamic::from_int)
                .map_err(|_| ("应当是一个代码".into(), "写 regulation.toml 里 [[refusal]] 的 code".into()))
        }
        Kind::Level => match LEVELS.iter().find(|(name, _)| *name == plain) {
            Some((_, level)) => Ok((*level).into()),
            None => Err((format!("没有“{text}”这一级别"), "写 蓝、黄 或 红".into())),
        },
    }
}

fn flag(plain: &str) -> Result<bool, Wrong> {
    match (YES.contains(&plain), NO.contains(&plain)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(("只能写 是 或 否".into(), "写 是 或 否，或者留空".into())),
    }
}

fn number(plain: &str) -> Result<Dynamic, Wrong> {
    let value = match (plain.parse::<INT>(), plain.parse::<FLOAT>()) {
        (Ok(whole), _) => Dynamic::from_int(whole),
        (_, Ok(value)) if value.is_finite() => Dynamic::from_float(value),
        _ => return Err(("应当是一个数".into(), "写 -10 到 10 之间的数，例如 3 或 2.5".into())),
    };
    let size = value.as_float().ok().or_else(|| value.as_int().ok().map(|whole| whole as FLOAT)).unwrap_or(FLOAT::MAX);
    if (-10.0..=10.0).contains(&size) {
        Ok(value)
    } else {
        Err(("分值必须在 -10 到 10 之间".into(), "例如 3".into()))
    }
}

/// What stands between words.
pub(super) const BETWEEN: [char; 8] = ['、', '|', '｜', '，', ',', '；', ';', '\n'];

fn words(text: &str) -> Vec<String> {
    let words = text.split(BETWEEN).map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.replacen("word：", "word:", 1)).collect()
}

pub(super) fn texts(list: impl IntoIterator<Item = String>) -> Dynamic {
    Dynamic::from_array(list.into_iter().map(Dynamic::from).collect::<Array>())
}

/// A day as people and spreadsheets write it: 2022-07-25, 2022/7/25, 2022年7月25日.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let plain: String = text.chars().map(half_width).filter(|&ch| ch != '日').collect();
    let mut parts = plain.split(['-', '/', '.', '年', '月']);
    let date = NaiveDate::from_ymd_opt(
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.trim_end().parse().ok()?,
    );
    date.filter(|_| parts.next().is_none())
}

/// How a level is written in a table.
pub(super) fn level_name(level: &str) -> Option<&'static str> {
    LEVELS.iter().find(|(_, known)| *known == level).map(|(name, _)| *name)
}
