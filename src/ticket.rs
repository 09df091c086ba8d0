//! A ticket is its events: state is a fold, a command yields events or a refusal, nothing here knows a store.

mod request;

pub use request::{Request, Requester};
