//! Loading one file: scan, compile, run its top level, collect what it registers. Independent of the jurisdiction, so that
//! a file is compiled once per content.

use std::sync::{Arc, Mutex};

use rhai::{AST, EvalAltResult, Map, NativeCallContext, ParseError, Scope};

use super::rule::{Names, Rule, Verb};
use super::table::{self, Table};
use super::{sandbox, scan};
use crate::diagnostic::Diagnostic;

/// One verb call, as it was made.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) verb: Verb,
    pub(super) id: String,
    pub(super) map: Map,
    pub(super) file: Arc<str>,
    pub(super) line: u32,
    pub(super) ast: Arc<AST>,
}

/// `off("id", "reason")`.
#[derive(Clone, Debug)]
pub(super) struct SwitchedOff {
    pub(super) id: String,
    pub(super) reason: String,
    pub(super) line: u32,
}

/// What a file registers, before names are resolved.
#[derive(Clone, Debug)]
pub struct CompiledFile {
    pub(super) name: Arc<str>,
    pub(super) source: Arc<str>,
    pub(super) registrations: Vec<Registration>,
    pub(super) off: Vec<SwitchedOff>,
}

enum Call {
    Rule { verb: Verb, id: String, map: Map, line: u32 },
    Off { id: String, reason: String, line: u32 },
}

type Calls = Arc<Mutex<Vec<Call>>>;

/// Compiles one file, a script or (`.csv`) a table. All problems that can be seen without knowing the jurisdiction are
/// reported.
pub fn compile_file(name: &str, source: &str) -> Result<CompiledFile, Vec<Diagnostic>> {
    if is_table(name) {
        return table::compile(name, source);
    }
    if source.len() > sandbox::MAX_SOURCE {
        let message = format!("文件有 {} KiB，超过 {} KiB", source.len() / 1024, sandbox::MAX_SOURCE / 1024);
        return Err(vec![Diagnostic::error(name, 1, message).help("按主题拆成几个文件")]);
    }
    let found = scan::check(name, source);
    if !found.is_empty() {
        return Err(found);
    }
    let calls = Calls::default();
    let engine = registering(&calls);
    let ast = engine.compile(source).map_err(|err| vec![syntax(name, source, &err)])?;
    engine.run_ast_with_scope(&mut Scope::new(), &ast).map_err(|err| vec![failed(name, &err).excerpt(source)])?;
    drop(engine);
    let calls = std::mem::take(&mut *calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    Ok(collect(name, source, ast, calls))
}

pub(super) fn is_table(name: &str) -> bool {
    name.ends_with(".csv")
}

fn collect(name: &str, source: &str, ast: AST, calls: Vec<Call>) -> CompiledFile {
    let name: Arc<str> = name.into();
    // Only the functions are needed from here on.
    let ast = Arc::new(ast.clone_functions_only());
    let mut file =
        CompiledFile { name: name.clone(), source: source.into(), registrations: Vec::new(), off: Vec::new() };
    for call in calls {
        match call {
            Call::Rule { verb, id, map, line } => {
                file.registrations.push(Registration { verb, id, map, file: name.clone(), line, ast: ast.clone() })
            }
            Call::Off { id, reason, line } => file.off.push(SwitchedOff { id, reason, line }),
        }
    }
    file
}

fn registering(calls: &Calls) -> rhai::Engine {
    let mut engine = sandbox::loading();
    let push = |calls: &Calls, call: Call| calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(call);
    for verb in Verb::ALL {
        let calls = calls.clone();
        engine.register_fn(verb.name(), move |ctx: NativeCallContext<'_>, id: &str, map: Map| {
            push(&calls, Call::Rule { verb, id: id.to_owned(), map, line: line_of(&ctx) });
        });
    }
    let calls = calls.clone();
    engine.register_fn("off", move |ctx: NativeCallContext<'_>, id: &str, reason: &str| {
        push(&calls, Call::Off { id: id.to_owned(), reason: reason.to_owned(), line: line_of(&ctx) });
    });
    engine
}

fn line_of(ctx: &NativeCallContext<'_>) -> u32 {
    ctx.call_position().line().unwrap_or(1) as u32
}

fn syntax(name: &str, source: &str, err: &ParseError) -> Diagnostic {
    use rhai::ParseErrorType as Kind;
    let position = err.position();
    let (message, help) = match err.err_type() {
        Kind::MissingToken(token, _) => (format!("少了“{token}”"), format!("在这里或前一行末尾补上 {token}")),
        Kind::UnexpectedEOF => ("文件到此突然结束".into(), "检查最后一条规则是否以 }); 结尾".into()),
        Kind::Reserved(word) => {
            (format!("“{word}”是保留字，不能当名称或键用"), "换一个名称；键名照着 docs/rules.md 写".into())
        }
        Kind::VariableUndefined(variable) if variable == "t" => {
            ("这里还没有 t".into(), "条件要写成函数：when: |t| t.amount >= 10000".into())
        }
        Kind::VariableUndefined(variable) => (
            format!("这里看不到名为“{variable}”的变量"),
            "匿名函数 |t| … 看不到外面的 let / const；把值直接写进去，或写成 fn 函数".into(),
        ),
        Kind::DuplicatedProperty(key) => (format!("键“{key}”写了两次"), "删去其中一个".into()),
        Kind::LiteralTooLarge(what, limit) => (format!("{what}超过上限 {limit}"), "拆成几条规则".into()),
        Kind::TooManyFunctions => {
            (format!("一个文件里的函数超过 {} 个", sandbox::MAX_FUNCTIONS), "拆成几个文件".into())
        }
        Kind::BadInput(rhai::LexError::UnexpectedInput(word)) => {
            (format!("规则里不能使用 {word}"), "换一种写法；可用的写法见 docs/rules.md".into())
        }
        other => (format!("语法有误：{other}"), "检查这一行和上一行的逗号、引号、括号是否齐全".into()),
    };
    Diagnostic::error(name, position.line().unwrap_or(1) as u32, message)
        .column(position.position().unwrap_or(0) as u32)
        .help(help)
        .excerpt(source)
}

/// A file whose top level failed while it ran.
fn failed(name: &str, err: &EvalAltResult) -> Diagnostic {
    use EvalAltResult as Kind;
    let line = err.position().line().unwrap_or(1) as u32;
    let (message, help) = match err {
        Kind::ErrorTooManyOperations(_) => {
            ("文件执行的步数超过上限".to_owned(), "规则文件里不要写循环；每条规则直接写一次调用".to_owned())
        }
        Kind::ErrorDataTooLarge(what, _) => {
            (format!("{what} 超过上限"), "一个词表最多 2000 个词，一段文字最多 16 KiB".to_owned())
        }
        Kind::ErrorFunctionNotFound(signature, _) => call_wrong(signature),
        other => (format!("执行时出错：{other}"), "检查这一行写的值".to_owned()),
    };
    Diagnostic::error(name, line, message).help(help)
}

fn call_wrong(signature: &str) -> (String, String) {
    let verb = Verb::ALL.iter().map(|verb| verb.name()).find(|verb| signature.starts_with(&format!("{verb} (")));
    match verb {
        Some(verb) => {
            (format!("{verb} 的写法不对"), format!("应当是 {verb}(\"编号\", #{{ … }}); 编号在前，花括号前面有 #"))
        }
        None => (format!("没有这个函数：{signature}"), "检查函数名的拼写和参数个数".into()),
    }
}

impl CompiledFile {
    /// The rules of the file in a jurisdiction, and every problem with the names that the others use.
    pub(super) fn rules(&self, names: &Names) -> (Vec<Rule>, Vec<Diagnostic>) {
        let mut wrong = Vec::new();
        let mut rules = Vec::with_capacity(self.registrations.len());
        for registration in &self.registrations {
            match Rule::parse(registration, names) {
                Ok(rule) => rules.push(rule),
                Err(found) => wrong.extend(found),
            }
        }
        if !wrong.is_empty()
            && is_table(&self.name)
            && let Ok(table) = Table::from_csv(&self.name, &self.source)
        {
            wrong = table.check(&self.name, names);
        }
        (rules, wrong.into_iter().map(|it| it.excerpt(&self.source)).collect())
    }
}
