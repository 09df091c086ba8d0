//! The Rhai engines: what a script may do, and how much of it.
//!
//! Limits count operations and sizes, so that a decision does not depend on the machine's mood; time is the last resort, and
//! belongs to whoever watches the fuse. With the features `sync, no_closure, no_module, no_time` and the symbols below switched off, a script can neither nest function
//! pointers until the stack overflows, nor wait, nor read the clock: the package with `sleep` and `exit` is left out.

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, EvalAltResult, INT, ImmutableString, NativeCallContext, Position};

use super::fuse::{self, Stop};

/// Largest source of one rule file, in bytes.
pub(super) const MAX_SOURCE: usize = 512 * 1024;
/// Functions (guards and computed outcomes count) in one file.
pub(super) const MAX_FUNCTIONS: usize = 2_000;
/// Words in one list.
pub(super) const MAX_LIST: usize = 2_000;
/// Steps of one file while it is loaded.
pub(super) const LOADING_STEPS: u64 = 1_000_000;
/// Steps of one guard or computed outcome.
pub(super) const STEPS: u64 = 20_000;

/// An engine that loads rule files. Verbs are registered by the caller.
pub(super) fn loading() -> Engine {
    let mut engine = bare();
    engine
        .set_max_operations(LOADING_STEPS)
        .set_max_string_size(16 * 1024)
        .set_max_array_size(MAX_LIST)
        .set_max_map_size(64)
        .set_max_functions(MAX_FUNCTIONS)
        .set_max_variables(256);
    engine
}

/// An engine that runs guards and computed outcomes.
pub(super) fn evaluating() -> Engine {
    let mut engine = bare();
    engine
        .set_max_operations(STEPS)
        // A request's text is at most 64 KiB and is one of the facts.
        .set_max_string_size(96 * 1024)
        .set_max_array_size(256)
        .set_max_map_size(64)
        .set_max_functions(MAX_FUNCTIONS)
        .set_max_variables(64);
    super::facts::register(&mut engine);
    engine
}

fn bare() -> Engine {
    let mut engine = Engine::new_raw();
    for package in [
        LogicPackage::new().as_shared_module(),
        ArithmeticPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
        BasicIteratorPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
    ] {
        engine.register_global_module(package);
    }
    // The interner's lock is shared by all evaluation threads and costs more than it saves.
    engine.set_max_strings_interned(0);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(false);
    engine.set_max_call_levels(16).set_max_expr_depths(32, 16);
    for symbol in ["eval", "Fn", "curry", "call", "print", "debug", "import", "export", "is_def_fn", "is_def_var"] {
        engine.disable_symbol(symbol);
    }
    engine.on_print(|_| {}).on_debug(|_, _, _| {});
    engine.on_progress(|_| fuse::step().map(|stop| Dynamic::from_int(stop as INT)));
    bounded(&mut engine);
    engine
}

/// Whether a script was ended because of its time.
pub(super) fn out_of_time(token: &Dynamic) -> bool {
    token.as_int().is_ok_and(|stop| stop == Stop::Time as INT)
}

/// Functions of the packages that make a text of any length in one step, and are only measured afterwards.
fn bounded(engine: &mut Engine) {
    type Text<'a> = &'a mut ImmutableString;
    engine
        .register_fn("replace", |ctx: NativeCallContext<'_>, text: Text<'_>, find: &str, by: &str| {
            replace(&ctx, text, find, by)
        })
        .register_fn("replace", |ctx: NativeCallContext<'_>, text: Text<'_>, find: &str, by: char| {
            replace(&ctx, text, find, by.encode_utf8(&mut [0; 4]))
        })
        .register_fn("replace", |ctx: NativeCallContext<'_>, text: Text<'_>, find: char, by: &str| {
            replace(&ctx, text, find.encode_utf8(&mut [0; 4]), by)
        })
        .register_fn("replace", |ctx: NativeCallContext<'_>, text: Text<'_>, find: char, by: char| {
            replace(&ctx, text, find.encode_utf8(&mut [0; 4]), by.encode_utf8(&mut [0; 4]))
        });
}

/// Replaces in place, unless what comes out is longer than a text may be.
fn replace(
    ctx: &NativeCallContext<'_>,
    text: &mut ImmutableString,
    find: &str,
    by: &str,
) -> Result<(), Box<EvalAltResult>> {
    let most = ctx.engine().max_string_size();
    // "" stands between all characters.
    let places = if find.is_empty() { text.chars().count() + 1 } else { text.matches(find).count() };
    if places.saturating_mul(by.len()) > most {
        return Err(EvalAltResult::ErrorDataTooLarge("Length of string".to_owned(), Position::NONE).into());
    }
    *text = text.replace(find, by).into();
    Ok(())
}
