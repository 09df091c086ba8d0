//! Writing to the terminal. A closed pipe (`| head`) ends the output, not the program's good name.

use std::io::{self, Write as _};

use serde::Serialize;

/// One line on standard output.
pub(super) fn line(text: impl std::fmt::Display) -> io::Result<()> {
    forgive(writeln!(io::stdout().lock(), "{text}"))
}

/// A text as it is.
pub(super) fn text(text: &str) -> io::Result<()> {
    forgive(io::stdout().lock().write_all(text.as_bytes()))
}

/// A value as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> io::Result<()> {
    line(serde_json::to_string(value)?)
}

/// An error, with its causes, on standard error.
pub(super) fn complain(err: &anyhow::Error) {
    let _ = writeln!(io::stderr().lock(), "paidan: {err:#}");
}

fn forgive(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other,
    }
}
