//! Where the log goes: a line for each event on standard error, as text or as JSON, and spans to a collector where that was
//! built in and asked for. `PAIDAN_LOG` filters (`info` if absent).

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{LogFormat, Settings, env_value};

#[cfg(feature = "otel")]
mod spans;

/// Held while the service runs; dropped, it hands over what was not sent yet.
pub(super) struct Logging {
    #[cfg(feature = "otel")]
    _spans: Option<spans::Sending>,
}

type Anywhere = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts logging. A panic is logged by its place only: its message may quote a text.
///
/// # Errors
/// The filter makes no sense, or spans cannot be sent.
pub(super) fn start(settings: &Settings) -> anyhow::Result<Logging> {
    let filter = env_value("PAIDAN_LOG").unwrap_or_else(|| "info,tantivy=warn".into());
    let layers = vec![lines(settings.log_format, io::stderr).with_filter(EnvFilter::try_new(filter)?).boxed()];
    #[cfg(feature = "otel")]
    let (layers, sending) = spans::add(layers, settings)?;
    // A second subscriber is refused; the first one goes on.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
    Ok(Logging {
        #[cfg(feature = "otel")]
        _spans: sending,
    })
}

/// Events as lines. No colours: whatever could move a cursor is escaped, and that would be our own as well.
fn lines<W>(format: LogFormat, out: W) -> Anywhere
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let plain = Plain(out);
    match format {
        LogFormat::Text => tracing_subscriber::fmt::layer().with_ansi(false).with_writer(plain).boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(plain)
            .boxed(),
    }
}

/// Writes each event as exactly one line: what somebody sent to us begins no second one, and moves no cursor.
struct Plain<W>(W);

struct Line<W>(W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Plain<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Line(self.0.make_writer())
    }
}

impl<W: Write> Write for Line<W> {
    /// One whole event, as the formatter hands it over.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        match line.contains(unsafe_to_show) {
            false => self.0.write_all(event)?,
            true => writeln!(self.0, "{}", escaped(line))?,
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Control characters, line ends of every kind, and marks that turn the direction of what follows.
fn unsafe_to_show(ch: char) -> bool {
    ch.is_control()
        || matches!(ch, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{61C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Of the form that JSON and people read alike.
fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    for ch in line.chars() {
        match unsafe_to_show(ch) {
            true => out.push_str(&format!("\\u{:04x}", u32::from(ch))),
            false => out.push(ch),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'w> MakeWriter<'w> for Kept {
        type Writer = Self;

        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }

    const HOSTILE: &str = "x\n2026-01-01 ERROR made up\r\u{1b}[2J\u{0}\u{7f}\u{85}\u{2028}\u{202e}\"}";

    fn logged(format: LogFormat) -> String {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::registry().with(vec![lines(format, kept.clone())]);
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", id = HOSTILE);
            let _inside = span.enter();
            tracing::warn!(text = HOSTILE, shown = %HOSTILE, debug = ?HOSTILE, "{HOSTILE}");
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn an_event_is_one_line_whatever_was_sent() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(format);
            assert_eq!(text.matches('\n').count(), 1, "{text:?}");
            assert!(text.ends_with('\n') && !text.trim_end_matches('\n').contains(unsafe_to_show), "{text:?}");
        }
    }

    #[test]
    fn json_is_json_and_says_which_request() {
        let line: serde_json::Value = serde_json::from_str(logged(LogFormat::Json).trim()).unwrap();
        assert_eq!(line["text"], HOSTILE);
        assert_eq!((&line["level"], &line["span"]["name"]), (&"WARN".into(), &"request".into()));
    }
}
