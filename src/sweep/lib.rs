//! Sweeps: runs over values of parameters. What is to be run is plain data, as is what came out; nothing here trains.
//!
//! A [`Sweep`] says which values, seeds and steps; its [`Job`]s are run in their order, on the command line by `latent_native` and in the
//! page by an engine of its own. Of each comes a [`Row`], from a run's curves by the same functions, so that both give the same numbers.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod job;
mod plan;
mod row;
mod statistics;
mod stop;
mod table;

pub use job::{Job, OF_TWINS, figure_id, figures, number_in};
pub use plan::{Axis, DATA, METHOD, MOST, Sweep};
pub use row::{Band, Curve, Made, Point, Row, band, end};
pub use statistics::{Fit, Interval, front, interval, mean, power_law, student};
pub use stop::Stop;
pub use table::{Cell, Group, Table, groups};
