//! The suite at Lift's own gateway, and whether it is whole.

mod command;
mod coverage;
mod flips;
mod lift;
