//! The kinds of problems: stable names for editors, CI and the web console.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident $name:literal $title:literal,)+) => {
        /// What kind of problem it is. Closed; its name never changes once it is shipped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $code,)+
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// As it is written everywhere.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// In a few words, Chinese.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title),+ }
            }
        }
    };
}

codes! {
    // ── what is written: characters, quotes, brackets
    FullWidth "full-width" "引号外的全角标点",
    BareWord "bare-word" "中文词语没有加引号",
    StrayCharacter "stray-character" "不该出现的字符",
    NotText "not-text" "不是文本文件",
    EmptyFile "empty-file" "空文件",
    TooLarge "too-large" "文件、词表或函数过多过大",
    OpenQuote "open-quote" "引号不成对",
    SingleQuotes "single-quotes" "文字用了单引号",
    OpenComment "open-comment" "注释没有结束",
    UnclosedBracket "unclosed-bracket" "括号没有配对",
    ExtraBracket "extra-bracket" "多出的括号",
    MissingEnd "missing-end" "规则没有收尾",
    MissingComma "missing-comma" "少了逗号",
    ExtraComma "extra-comma" "多出的逗号",
    MissingColon "missing-colon" "键后面少了冒号",
    MissingValue "missing-value" "键后面没有值",
    MissingHash "missing-hash" "花括号前面少了 #",
    WrongOperator "wrong-operator" "运算符写法不对",
    // ── what is named
    UnknownVerb "unknown-verb" "不认识的动词",
    TopLevel "top-level" "最外层不能写的内容",
    WrongCall "wrong-call" "动词的写法不对",
    ReservedWord "reserved-word" "保留字",
    ChineseName "chinese-name" "中文的函数名或变量名",
    UnknownVariable "unknown-variable" "看不到的变量",
    UnknownFunction "unknown-function" "没有的函数",
    UnknownFact "unknown-fact" "没有的事实",
    Forbidden "forbidden" "规则里不能用的功能",
    Syntax "syntax" "其他语法错误",
    LoadFailed "load-failed" "文件执行出错",
    // ── one rule
    BadId "bad-id" "编号不合规范",
    DuplicateId "duplicate-id" "编号重复",
    UnknownKey "unknown-key" "不认识的键",
    DuplicateKey "duplicate-key" "键写了两次",
    WrongType "wrong-type" "值的类型不对",
    EmptyList "empty-list" "空的词表",
    ShortWord "short-word" "词语太短",
    UnknownUnit "unknown-unit" "没有的单位",
    UnknownValue "unknown-value" "没有的类别、渠道、地点等",
    UnknownRefusal "unknown-refusal" "没有的不予受理代码",
    BadWeight "bad-weight" "分量超出范围",
    BadDate "bad-date" "有效期写法不对",
    MissingBasis "missing-basis" "没有写依据",
    MissingThen "missing-then" "没有写结果",
    NoCondition "no-condition" "没有任何条件",
    EmptyOutcome "empty-outcome" "结果没有内容",
    UnknownRule "unknown-rule" "没有的规则",
    NeedlessOverride "needless-override" "多余的 override",
    FailingFunction "failing-function" "函数在空白办件上出错",
    // ── reminders
    NeverTrue "never-true" "条件永远不成立",
    Undecided "undecided" "这个阶段还没有定下的结果",
    Expired "expired" "有效期已过",
    UnknownLimit "unknown-limit" "没有的限额",
    JoinedWords "joined-words" "几个词写在一对引号里",
    SwallowedWord "swallowed-word" "被别的词包住的词",
    WordInUnless "word-in-unless" "词语与例外冲突",
    ContainsInBody "contains-in-body" "函数里找词",
    AlwaysRun "always-run" "对每件办件都要运行的规则",
    SameRuleTwice "same-rule-twice" "同一条规则写了两遍",
    // ── other files
    Toml "toml" "TOML 格式有误",
    MissingFile "missing-file" "缺少文件",
    Unreadable "unreadable" "读不了的文件",
    Regulation "regulation" "regulation.toml",
    Units "units" "units.toml",
    Matters "matters" "matters.toml",
    Calendar "calendar" "日历",
    Places "places" "地名表",
    Dictionary "dictionary" "词典",
    Knowledge "knowledge" "知识条目",
    CaseColumn "case-column" "用例表的列",
    CaseCell "case-cell" "用例表的单元格",
    UnknownInCase "unknown-in-case" "用例里没有的名称",
    Table "table" "决策表",
}

impl Code {
    /// The code of a problem that nobody named more exactly: that of its kind of file.
    pub fn of_file(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name {
            "regulation.toml" => Self::Regulation,
            "units.toml" => Self::Units,
            "matters.toml" => Self::Matters,
            _ if path.contains("/cases/") && name.ends_with(".csv") => Self::CaseCell,
            _ if path.starts_with("rules/calendar/") => Self::Calendar,
            _ if path.starts_with("dictionaries/places/") => Self::Places,
            _ if path.starts_with("dictionaries/") => Self::Dictionary,
            _ if path.starts_with("kb-index/") => Self::Knowledge,
            _ if name.ends_with(".csv") => Self::Table,
            _ if name.ends_with(".rhai") => Self::Syntax,
            _ => Self::Toml,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_differ() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
