//! The timer: every mark once and in order, through restarts, clocks that are set back, time spent down, and kills.

mod calendar;
mod fixture;
mod kill;
mod marks;
mod trouble;
