//! The rule language: what it means, what it forbids, what it says about mistakes.

mod attacks;
mod diagnostics;
mod format;
mod fuzz;
mod meaning;
mod mistakes;
mod prefilter;
mod sandbox;
mod seen;
mod table;
mod workbench;
