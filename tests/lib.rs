//! The one test binary: a file or folder per behaviour.

mod demo;
mod docs;
mod http;
mod knowledge;
mod reload;
mod rules;
mod shipped;
mod store;
mod ticker;
mod tidy;
