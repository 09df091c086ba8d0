//! The one test binary: a file or folder per behaviour.

mod demo;
mod rules;
