//! The one test binary: a file or folder per behaviour.

mod asking;
mod backtest;
mod conformance;
mod demo;
mod docs;
mod editorial;
mod eval;
mod files;
mod http;
mod jurisdictions;
mod kb;
mod keep;
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
mod ticker;
mod tidy;
