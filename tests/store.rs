//! The store: one contract for every kind of store, then what only files can suffer.

mod backup;
mod contract;
mod damage;
mod earlier;
mod editorial;
mod enterprise;
mod envelopes;
pub(crate) mod fixture;
mod inquiry;
pub(crate) mod kill;
mod knowledge;
mod model;
pub(crate) mod old;
mod outbox;
mod sealed;
mod verify;
