//! The audit log: a chain that shows every change, a file per day, and a line for everything that people did or read.

mod chain;
mod requests;
