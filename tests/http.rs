//! The API from outside: what is served, what is refused and how, what a socket survives.

mod access;
mod articles;
mod asking;
mod document;
mod door;
mod enterprises;
mod erasure;
mod insight;
mod intake;
mod learning;
mod notices;
mod queue;
mod reading;
mod receiver;
mod refusals;
mod releases;
mod repeats;
mod requester;
mod sight;
pub(crate) mod site;
mod socket;
mod stream;
mod subscriptions;
mod tending;
mod trials;
mod webhooks;
