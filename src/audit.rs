//! Who did what, and who read whose personal data: one line per request, chained by SM3, a file per day, sealed when the
//! day is over (GB/T 22239 8.1.4 安全审计, 网络安全法 log retention, HN-50).
//!
//! The journal tells what became of tickets; this tells of persons, also of what they were refused. A line is a promise:
//! personal data leave only after the line about it is on the disk, and when no line can be written the service stops.
//! The chain shows that a line was changed, removed or put in; whoever can write the folder can also make the whole chain
//! anew, so keep the seals (they are logged each day) somewhere else.

mod folder;
mod line;
mod log;

pub use self::folder::{Checked, Fault, LEAST_DAYS, Query, read, verify};
pub use self::line::{Act, Line, What};
pub use self::log::{Audit, Unwritten};
