//! The suite at Lift's own gateway, and whether it is whole.

mod changed_settings;
mod command;
mod coverage;
mod lift;
