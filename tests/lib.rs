//! The one test binary: a file or folder per behaviour.

mod asking;
mod backtest;
mod conformance;
mod demo;
mod deploy;
mod docs;
mod editorial;
mod eval;
mod files;
mod fuzzing;
mod http;
mod jurisdictions;
mod kb;
mod knowledge;
mod large;
mod learning;
mod published;
mod reload;
mod replay;
mod rules;
mod scenarios;
mod shipped;
mod store;
mod supply;
mod ticker;
mod tidy;
