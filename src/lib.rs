//! paidan（派单）: triage and dispatch for Chinese government service platforms.
//!
//! Text and facts go in as values, decisions come out as values; only the edges know files, sockets,
//! stores and the clock. Suggested reading order:
//!
//! 1. [`text`]: raw text → [`text::Analysis`] (normalised, segmented, typed spans, places, personal data)
//! 2. [`knowledge`]: entries → matches with an honest confidence, an answer or an abstention
//! 3. [`regulation`]: one jurisdiction's data: categories, units, thresholds, refusal classes
//! 4. [`calendar`]: State Council working days
//! 5. [`rules`]: Rhai sources → compiled rules or every diagnostic; facts → votes
//! 6. [`triage`](mod@triage): the pipeline, pure: snapshot, request, history, now → [`triage::Decision`]
//! 7. [`releases`]: files → releases: compile what changed, run the cases, keep the last good
//! 8. [`ticket`]: commands → events or a refusal; state is a fold over events
//! 9. [`matter`]: who came and about what, as digests by which earlier tickets are found; [`lesson`], [`similar`], [`course`],
//!    [`mining`]: what people decided, and what is learnt from it
//! 10. [`clocks`], [`simulate`], [`replay`]: what follows from events and from time, and would follow under other rules
//! 11. [`insight`], [`backtest`]: why it was decided so, and what another release would change
//! 12. the edges: [`config`], [`access`], [`audit`], [`packs`], [`store`], [`app`], [`outbox`], [`ticker`], [`watch`], [`http`], [`cli`], [`clock`]

pub mod access;
pub mod app;
pub mod audit;
pub mod backtest;
pub mod bench;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod clocks;
pub mod config;
pub mod counting;
pub mod course;
pub mod diagnostic;
pub mod digest;
pub mod editorial;
pub mod http;
pub mod insight;
pub mod knowledge;
pub mod learn;
pub mod lesson;
pub mod matter;
pub mod measure;
pub mod mining;
pub mod outbox;
pub mod packs;
pub mod parallel;
pub mod regulation;
pub mod releases;
pub mod replay;
pub mod rules;
pub mod similar;
pub mod simulate;
pub mod store;
pub mod suggest;
pub mod tending;
pub mod text;
pub mod ticker;
pub mod ticket;
pub mod triage;
pub mod watch;
