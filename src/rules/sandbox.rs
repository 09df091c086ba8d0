//! The Rhai engines: what a script may do, and how much of it.
//!
//! Limits count operations and sizes, never time, so that a decision does not depend on the machine's mood. With the
//! features `sync, no_closure, no_module, no_time` and the symbols below switched off, a script can neither nest function
//! pointers until the stack overflows, nor wait, nor read the clock: the package with `sleep` and `exit` is left out.

use rhai::Engine;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LogicPackage, MoreStringPackage, Package,
};

/// Largest source of one rule file, in bytes.
pub(super) const MAX_SOURCE: usize = 512 * 1024;
/// Functions (guards and computed outcomes count) in one file.
pub(super) const MAX_FUNCTIONS: usize = 2_000;
/// Words in one list.
pub(super) const MAX_LIST: usize = 2_000;

/// An engine that loads rule files. Verbs are registered by the caller.
pub(super) fn loading() -> Engine {
    let mut engine = bare();
    engine
        .set_max_operations(1_000_000)
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
        .set_max_operations(20_000)
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
    engine
}
