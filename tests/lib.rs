//! The one test binary: a file or folder per behaviour.

mod asking;
mod audit;
mod backtest;
mod conformance;
mod demo;
mod docs;
mod editorial;
mod eval;
mod faults;
mod files;
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
mod ticker;
mod tidy;
