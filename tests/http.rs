//! The API from outside: what is served, what is refused and how, what a socket survives.

mod document;
mod intake;
mod queue;
mod reading;
mod receiver;
mod refusals;
mod site;
mod socket;
mod stream;
mod subscriptions;
mod webhooks;
