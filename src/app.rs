//! The shell around the core.

mod live;
mod loader;
mod world;

pub use live::{Live, Reports};
pub use loader::{Loader, Refreshed};
pub use world::World;
