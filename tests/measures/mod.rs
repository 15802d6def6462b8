//! The measures are right: against an independent script, against exact identities, and against models whose optimum is
//! known in closed form.

mod assess;
mod engines;
mod golden;
mod identities;
mod models;
