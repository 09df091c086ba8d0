//! What Rhai says about a file, in words for authors.

use rhai::{EvalAltResult, LexError, ParseError, ParseErrorType, Position};

use crate::diagnostic::{Code, Diagnostic, Place, nearest};
use crate::rules::facts::FACTS;
use crate::rules::rule::Verb;
use crate::rules::sandbox;
use crate::rules::scan::Script;
use crate::text::mask_text;

/// Said of a rule that was ended because of its time.
pub(in crate::rules) const OUT_OF_TIME: &str = "没有在限定的时间里算完，已中止";

/// Code, message, help.
type Said = (Code, String, String);

pub(super) fn syntax(name: &str, script: &Script<'_>, err: &ParseError) -> Diagnostic {
    let (code, message, help) = parse(err.err_type());
    Diagnostic::error(name, 1, clipped(message)).code(code).at(place(script, err.position())).help(clipped(help))
}

/// A file whose top level failed while it ran.
pub(super) fn failed(name: &str, script: &Script<'_>, err: &EvalAltResult) -> Diagnostic {
    let (code, message, help) = run(err);
    Diagnostic::error(name, 1, clipped(message)).code(code).at(place(script, err.position())).help(clipped(help))
}

fn place(script: &Script<'_>, position: Position) -> Place {
    match (position.line(), position.position()) {
        (Some(line), Some(column)) => script.token_at(line as u32, column as u32),
        (Some(line), None) => Place { line: line as u32, ..Place::default() },
        _ => Place { line: 1, ..Place::default() },
    }
}

fn parse(kind: &ParseErrorType) -> Said {
    use ParseErrorType as Kind;
    let said = |code, message: String, help: &str| (code, message, help.to_owned());
    match kind {
        Kind::MissingToken(token, _) if token == "," => {
            said(Code::MissingComma, "这里之前少了逗号".into(), "在前一个值后面补上半角逗号 ,")
        }
        Kind::MissingToken(token, _) => {
            let help = format!("在这里或前一行末尾补上 {token}");
            (Code::Syntax, format!("少了“{token}”"), help)
        }
        Kind::UnexpectedEOF => said(Code::MissingEnd, "到此突然结束".into(), "检查这条规则是否以 }); 结尾"),
        Kind::Reserved(word) => said(
            Code::ReservedWord,
            format!("“{word}”是保留字，不能当名称或键用"),
            "换一个名称；键名照着 docs/rules.md 写",
        ),
        Kind::VariableUndefined(variable) if variable == "t" => {
            said(Code::UnknownVariable, "这里还没有 t".into(), "条件要写成函数：when: |t| t.amount >= 10000")
        }
        Kind::VariableUndefined(variable) if FACTS.contains(&variable.as_str()) => {
            let help = format!("写成 t.{variable}；在 t.has(…) 里写成 t.has(\"{variable}\")");
            (Code::UnknownVariable, format!("这里看不到名为“{variable}”的变量"), help)
        }
        Kind::VariableUndefined(variable) => said(
            Code::UnknownVariable,
            format!("这里看不到名为“{variable}”的变量"),
            "核对拼写；函数 |t| … 看不到外面的 let / const：把值直接写进去，或写成 fn 函数",
        ),
        Kind::VariableExists(name) | Kind::DuplicatedVariable(name) => {
            said(Code::Syntax, format!("名称“{name}”定义了两次"), "换一个名称")
        }
        Kind::DuplicatedProperty(key) => said(Code::DuplicateKey, format!("键“{key}”写了两次"), "删去其中一个"),
        Kind::FnDuplicatedDefinition(name, _) => {
            said(Code::Syntax, format!("函数 {name} 定义了两次"), "删去其中一个，或换一个名称")
        }
        Kind::FnMissingName => said(Code::Syntax, "fn 后面没有函数名".into(), "写成 fn 名称(t) { … }，名称用英文字母"),
        Kind::FnMissingParams(name) => {
            (Code::Syntax, format!("函数 {name} 后面没有圆括号"), format!("写成 fn {name}(t) {{ … }}"))
        }
        Kind::FnMissingBody(_) => said(Code::Syntax, "函数没有内容".into(), "写成 fn 名称(t) { … } 或 |t| …"),
        Kind::WrongFnDefinition => {
            said(Code::Syntax, "fn 只能写在文件最外层".into(), "把它移出来；或者检查前面的括号是否关上")
        }
        Kind::PropertyExpected => said(Code::Syntax, "这里应当是键或名称".into(), "写成 键: 值，键与键之间用逗号"),
        Kind::VariableExpected => {
            said(Code::Syntax, "let、const、for 后面应当是名称".into(), "名称用英文字母，例如 let WORDS = […];")
        }
        Kind::ExprExpected(_) => said(Code::Syntax, "这里应当有一个值".into(), "检查前后是不是多了或少了标点"),
        Kind::MismatchedType(wanted, found) => {
            said(Code::WrongType, format!("这里应当是{}，写成了{}", type_name(wanted), type_name(found)), "核对写法")
        }
        Kind::MissingSymbol(_) => said(Code::Syntax, "这里少了一个符号".into(), "检查逗号、括号是否齐全"),
        Kind::UnknownOperator(sign) => said(
            Code::WrongOperator,
            format!("不认识的运算符“{sign}”"),
            "比较用 == != > >= < <=，并且用 &&，或者用 ||，不是用 !",
        ),
        Kind::MalformedIndexExpr(_) => {
            said(Code::Syntax, "方括号里的序号不对".into(), "两个列表之间要有逗号；取第一项写 list[0]")
        }
        Kind::AssignmentToConstant(name) => {
            said(Code::WrongOperator, format!("{name} 是 const，不能再改"), "比较是否相等写 ==")
        }
        Kind::AssignmentToInvalidLHS(_) => said(Code::WrongOperator, "这里不能用等号赋值".into(), "比较是否相等写 =="),
        Kind::ExprTooDeep => said(Code::TooLarge, "嵌套得太深".into(), "拆成几个 fn 函数"),
        Kind::LiteralTooLarge(what, limit) => {
            (Code::TooLarge, format!("{}超过上限 {limit}", type_name(what)), "拆成几条规则".into())
        }
        Kind::TooManyFunctions => {
            (Code::TooLarge, format!("一个文件里的函数超过 {} 个", sandbox::MAX_FUNCTIONS), "按主题拆成几个文件".into())
        }
        Kind::BadInput(err) => lexical(err),
        _ => said(Code::Syntax, "语法有误".into(), "检查这一行和上一行的逗号、引号、括号是否齐全"),
    }
}

fn lexical(err: &LexError) -> Said {
    let said = |code, message: String, help: &str| (code, message, help.to_owned());
    match err {
        LexError::UnexpectedInput(sign) if !sign.starts_with(|ch: char| ch.is_ascii_alphabetic()) => {
            said(Code::WrongOperator, format!("这里不该有“{sign}”"), "检查前后是不是多了或少了标点")
        }
        LexError::UnexpectedInput(word) => {
            said(Code::Forbidden, format!("规则里不能使用 {word}"), "换一种写法；可用的写法见 docs/rules.md")
        }
        LexError::UnterminatedString => said(Code::OpenQuote, "引号没有结束".into(), "补上结尾的引号"),
        LexError::StringTooLong(limit) => {
            said(Code::TooLarge, format!("一段文字超过 {limit} 字节"), "文字写短一些，或拆成几条规则")
        }
        LexError::MalformedEscapeSequence(text) => {
            said(Code::Syntax, format!("不认识的转义“{text}”"), "引号里的反斜杠写两个 \\\\，双引号写 \\\"")
        }
        LexError::MalformedNumber(text) => {
            said(Code::Syntax, format!("“{text}”不是数字"), "只写阿拉伯数字，例如 10000、0.5")
        }
        LexError::MalformedChar(_) => said(Code::SingleQuotes, "文字用了单引号".into(), "改成双引号：\"…\""),
        LexError::MalformedIdentifier(name) => {
            said(Code::Syntax, format!("“{name}”不能当名称"), "名称用英文字母开头，只含字母、数字和下划线")
        }
        LexError::ImproperSymbol(sign, _) => {
            said(Code::WrongOperator, format!("不认识的符号“{sign}”"), "检查标点；可用的写法见 docs/rules.md")
        }
        _ => said(Code::Syntax, "语法有误".into(), "检查这一行的标点"),
    }
}

fn run(err: &EvalAltResult) -> Said {
    use EvalAltResult as Kind;
    let said = |code, message: String, help: &str| (code, message, help.to_owned());
    match err.unwrap_inner() {
        Kind::ErrorTooManyOperations(_) | Kind::ErrorTerminated(..) => {
            said(Code::TooLarge, "文件执行的步数超过上限".into(), "规则文件里不要写循环；每条规则直接写一次调用")
        }
        Kind::ErrorDataTooLarge(what, _) => {
            said(Code::TooLarge, format!("{}超过上限", type_name(what)), "一个词表最多 2000 个词，一段文字最多 16 KiB")
        }
        Kind::ErrorStackOverflow(_) => said(Code::LoadFailed, "函数不停地调用自己".into(), "检查这个函数怎样结束"),
        Kind::ErrorFunctionNotFound(signature, _) => call(signature),
        Kind::ErrorVariableNotFound(name, _) => {
            said(Code::UnknownVariable, format!("没有名为“{name}”的变量"), "核对拼写；词表要写在用到它的规则前面")
        }
        other => said(Code::LoadFailed, format!("执行时出错：{}", in_words(other)), "检查这一行写的值"),
    }
}

/// What went wrong while a function ran.
pub(in crate::rules) fn in_words(err: &EvalAltResult) -> String {
    clipped(said_of(err))
}

/// Characters of a message: scripts choose names and texts of any length.
const LONGEST: usize = 200;

fn clipped(message: String) -> String {
    match message.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &message[..at]),
        None => message,
    }
}

fn said_of(err: &EvalAltResult) -> String {
    use EvalAltResult as Kind;
    match err {
        Kind::ErrorTerminated(token, _) if sandbox::out_of_time(token) => OUT_OF_TIME.to_owned(),
        Kind::ErrorTooManyOperations(_) | Kind::ErrorTerminated(..) => {
            "执行的步数超过上限，是不是写成了死循环？".to_owned()
        }
        Kind::ErrorDataTooLarge(what, _) => format!("{}超过上限", type_name(what)),
        Kind::ErrorStackOverflow(_) => "函数调用自己的层数超过上限".to_owned(),
        Kind::ErrorFunctionNotFound(signature, _) => {
            let name = signature.split(" (").next().unwrap_or(signature);
            format!("没有函数 {name}，或者它的参数个数、类型不对")
        }
        Kind::ErrorVariableNotFound(name, _) => format!("没有名为“{name}”的变量"),
        Kind::ErrorPropertyNotFound(name, _) => format!("没有名为“{name}”的项"),
        Kind::ErrorIndexNotFound(index, _) => format!("没有第 {index} 项"),
        Kind::ErrorArrayBounds(len, index, _) => format!("列表只有 {len} 项，取不到第 {index} 项"),
        Kind::ErrorStringBounds(len, index, _) => format!("文字只有 {len} 个字，取不到第 {index} 个"),
        Kind::ErrorArithmetic(..) => "算术出错（除以 0，或者数太大）".to_owned(),
        Kind::ErrorMismatchDataType(wanted, found, _) => {
            format!("这里应当是{}，得到的是{}", type_name(wanted), type_name(found))
        }
        // What a script throws may hold what somebody wrote.
        Kind::ErrorRuntime(value, _) => format!("脚本自己报错：{}", mask_text(&clipped(value.to_string()))),
        _ => "写法不对".to_owned(),
    }
}

fn call(signature: &str) -> Said {
    let name = signature.split(" (").next().unwrap_or(signature);
    let verbs = Verb::ALL.iter().map(|verb| verb.name());
    if name == "off" {
        let help = "应当是 off(\"编号\", \"停用的理由\");".to_owned();
        return (Code::WrongCall, "off 的写法不对".into(), help);
    }
    if verbs.clone().any(|verb| verb == name) {
        let help = format!("应当是 {name}(\"编号\", #{{ … }}); 编号在前，花括号前面有 #");
        return (Code::WrongCall, format!("{name} 的写法不对"), help);
    }
    let message = format!("没有函数 {name}，或者它的参数个数、类型不对");
    (Code::UnknownFunction, message, nearest(name, verbs))
}

/// A type of Rhai's in the words of the guide.
pub(in crate::rules) fn type_name(name: &str) -> String {
    let known = match name {
        "string" | "&str" | "string | char" => "文字",
        "Length of string" => "一段文字的长度",
        "Size of array" | "Size of array/BLOB" | "Number of items in array literal" => "一个列表的项数",
        "Size of object map" | "Number of properties in object map literal" => "一个 #{ … } 里键的个数",
        "i64" | "f64" | "INT" | "FLOAT" => "数字",
        "bool" => "是非值（true / false）",
        "array" => "列表 […]",
        "map" => "#{ … }",
        "Fn" => "函数",
        "()" => "空值",
        "char" => "单个字符（文字要用双引号）",
        "事实" => "t（全部事实）",
        _ => return name.to_owned(),
    };
    known.to_owned()
}
