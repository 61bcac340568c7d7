//! The suite at Lift's gateway, and its completeness.

mod changed_settings;
mod command;
mod coverage;
mod lift;
