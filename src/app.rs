//! The shell around the core.

mod live;
mod world;

pub use live::{Live, Reports};
pub use world::World;
