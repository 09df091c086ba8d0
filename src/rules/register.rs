//! Loading one file: scan, compile, run its top level, collect what it registers. Independent of the jurisdiction, so that
//! a file is compiled once per content. A broken statement costs itself, not the file: the rest is still registered and
//! checked, though nothing of it goes live.

mod error;

use std::sync::{Arc, Mutex, PoisonError};

use rhai::{AST, Engine, Map, NativeCallContext, Scope};

pub(super) use self::error::{OUT_OF_TIME, in_words, type_name};
use super::reading::Readings;
use super::rule::Verb;
use super::scan::{Readable, Script, Statement, scan};
use super::{fuse, sandbox, table};
use crate::diagnostic::{Code, Diagnostic};

/// One verb call, as it was made.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) verb: Verb,
    pub(super) id: String,
    pub(super) map: Map,
    pub(super) file: Arc<str>,
    pub(super) line: u32,
    /// 1-based, in characters.
    pub(super) column: u32,
    pub(super) ast: Arc<AST>,
}

/// `off("id", "reason")`.
#[derive(Clone, Debug)]
pub(super) struct SwitchedOff {
    pub(super) id: String,
    pub(super) reason: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// What a file registers, before names are resolved.
#[derive(Clone, Debug)]
pub struct CompiledFile {
    pub(super) name: Arc<str>,
    pub(super) source: Arc<str>,
    pub(super) registrations: Vec<Registration>,
    pub(super) off: Vec<SwitchedOff>,
    /// Ids of statements that could not be read: nobody is told that they do not exist.
    pub(super) lost: Vec<String>,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) readings: Readings,
}

impl CompiledFile {
    pub(super) fn empty(name: &str, source: &str) -> Self {
        Self {
            name: name.into(),
            source: source.into(),
            registrations: Vec::new(),
            off: Vec::new(),
            lost: Vec::new(),
            problems: Vec::new(),
            readings: Readings::default(),
        }
    }

    pub fn problems(&self) -> &[Diagnostic] {
        &self.problems
    }

    /// What was registered, to tell whether two versions of a file mean the same: functions by the order they stand in.
    pub fn registered(&self) -> Vec<String> {
        let value = |value: &rhai::Dynamic| if value.is_fnptr() { "function".to_owned() } else { format!("{value:?}") };
        let rule = |it: &Registration| {
            let map: Vec<String> = it.map.iter().map(|(key, it)| format!("{key}: {}", value(it))).collect();
            format!("{} {} {}", it.verb.name(), it.id, map.join(", "))
        };
        let off = self.off.iter().map(|off| format!("off {}", off.id));
        self.registrations.iter().map(rule).chain(off).collect()
    }
}

enum Call {
    Rule { verb: Verb, id: String, map: Map, line: u32, column: u32 },
    Off(SwitchedOff),
}

type Calls = Arc<Mutex<Vec<Call>>>;

/// Compiles one file, a script or (`.csv`) a table. All problems that can be seen without knowing the jurisdiction are in
/// the result, with everything that could be read in spite of them.
pub fn compile_file(name: &str, source: &str) -> CompiledFile {
    if is_table(name) {
        return table::compile(name, source);
    }
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut loading = Loading::new(name, source);
    if source.len() > sandbox::MAX_SOURCE {
        let message = format!("文件有 {} KiB，超过 {} KiB", source.len() / 1024, sandbox::MAX_SOURCE / 1024);
        let problem = Diagnostic::error(name, 1, message).code(Code::TooLarge).help("按主题拆成几个文件");
        loading.file.problems.push(problem);
        return loading.file;
    }
    let script = scan(source);
    loading.file.problems = script.diagnostics(name);
    if loading.file.problems.is_empty()
        && let Ok(ast) = loading.engine.compile(source)
        && loading.run(&ast).is_ok()
    {
        loading.collect(&ast);
    } else {
        loading.piecewise(&script);
    }
    loading.file
}

pub(super) fn is_table(name: &str) -> bool {
    name.ends_with(".csv")
}

/// Rounds of compiling what is left: each finds one broken statement.
const MOST_ROUNDS: usize = 100;

struct Loading {
    engine: Engine,
    calls: Calls,
    file: CompiledFile,
}

impl Loading {
    fn new(name: &str, source: &str) -> Self {
        let calls = Calls::default();
        let engine = registering(&calls);
        let file = CompiledFile::empty(name, source);
        Self { engine, calls, file }
    }

    fn run(&self, ast: &AST) -> Result<(), Box<rhai::EvalAltResult>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let _watched = fuse::enter(&self.file.name, sandbox::LOADING_STEPS);
        self.engine.run_ast_with_scope(&mut Scope::new(), ast)
    }

    /// Statement by statement: what Rhai refuses is reported and left out, until the rest loads.
    fn piecewise(&mut self, script: &Script<'_>) {
        let (mut left, mut lost): (Vec<usize>, Vec<usize>) =
            (0..script.statements().len()).partition(|&at| script.readable(&script.statements()[at]) != Readable::No);
        for _ in 0..MOST_ROUNDS {
            leave_dependants(script, &mut left, &mut lost);
            let (found, place) = match self.engine.compile(joined(script, &left)) {
                Ok(ast) => match self.run(&ast) {
                    Ok(()) => {
                        self.collect(&ast);
                        break;
                    }
                    Err(err) => (error::failed(&self.file.name, script, &err), err.position()),
                },
                Err(err) => (error::syntax(&self.file.name, script, &err), err.position()),
            };
            let (line, column) = (place.line().unwrap_or(0) as u32, place.position().unwrap_or(0) as u32);
            let broken = script.statement_at(line, column);
            // What was read as it was meant has been told already, and may have been meant otherwise.
            let guessed = broken.is_some_and(|at| script.readable(&script.statements()[at]) == Readable::AsMeant);
            if !guessed {
                self.file.problems.push(found.excerpt(&self.file.source));
            }
            let Some(broken) = broken.and_then(|at| left.iter().position(|&it| it == at)) else { break };
            lost.push(left.remove(broken));
        }
        let ids = lost.iter().filter_map(|&at| script.statements()[at].id());
        self.file.lost = ids.map(str::to_owned).collect();
        self.file.problems.sort_by_key(|it| (it.line, it.column));
        self.file.problems.dedup_by(|a, b| (a.line, a.column, a.code) == (b.line, b.column, b.code));
    }

    fn collect(&mut self, ast: &AST) {
        // Only the functions are needed from here on.
        let ast = Arc::new(ast.clone_functions_only());
        let calls = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        for call in calls {
            match call {
                Call::Rule { verb, id, map, line, column } => {
                    let (file, ast) = (self.file.name.clone(), ast.clone());
                    self.file.registrations.push(Registration { verb, id, map, file, line, column, ast });
                }
                Call::Off(off) => self.file.off.push(off),
            }
        }
    }
}

/// Leaves out what uses a name whose definition was lost: it cannot be judged.
fn leave_dependants(script: &Script<'_>, left: &mut Vec<usize>, lost: &mut Vec<usize>) {
    loop {
        let names: Vec<&str> = lost.iter().filter_map(|&at| script.statements()[at].defines()).collect();
        let dependant = |&at: &usize| script.statements()[at].mentions(&names);
        let Some(at) = left.iter().position(dependant).filter(|_| !names.is_empty()) else { return };
        lost.push(left.remove(at));
    }
}

/// The statements as they were meant, each at its line and column.
fn joined(script: &Script<'_>, chosen: &[usize]) -> String {
    let mut text = String::new();
    let (mut line, mut column) = (1, 1);
    for statement in chosen.iter().map(|&at| &script.statements()[at]) {
        let (wanted_line, wanted_column) = statement.start();
        while line < wanted_line {
            text.push('\n');
            (line, column) = (line + 1, 1);
        }
        while line == wanted_line && column < wanted_column {
            text.push(' ');
            column += 1;
        }
        let own = meant(script, statement);
        line += own.matches('\n').count() as u32;
        column = match own.rsplit_once('\n') {
            Some((_, tail)) => tail.chars().count() as u32 + 1,
            None => column + own.chars().count() as u32,
        };
        text.push_str(&own);
    }
    text
}

fn meant(script: &Script<'_>, statement: &Statement<'_>) -> String {
    let text = script.meant(statement);
    // What follows on the same line may have been left out, or this one may have lost its end.
    text.trim_end().to_owned()
}

fn registering(calls: &Calls) -> Engine {
    let mut engine = sandbox::loading();
    let push = |calls: &Calls, call: Call| calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    for verb in Verb::ALL {
        let calls = calls.clone();
        engine.register_fn(verb.name(), move |ctx: NativeCallContext<'_>, id: &str, map: Map| {
            let (line, column) = place_of(&ctx);
            push(&calls, Call::Rule { verb, id: id.to_owned(), map, line, column });
        });
    }
    let calls = calls.clone();
    engine.register_fn("off", move |ctx: NativeCallContext<'_>, id: &str, reason: &str| {
        let (line, column) = place_of(&ctx);
        push(&calls, Call::Off(SwitchedOff { id: id.to_owned(), reason: reason.to_owned(), line, column }));
    });
    engine
}

fn place_of(ctx: &NativeCallContext<'_>) -> (u32, u32) {
    let position = ctx.call_position();
    (position.line().unwrap_or(1) as u32, position.position().unwrap_or(0) as u32)
}
