//! Asks before a table is deleted: its name has to be typed.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use anyhow::{Result, bail};
use clap::{CommandFactory as _, error::ErrorKind};

use crate::args::Args;

/// Ends the program, as clap does for wrong arguments, where there is nobody to ask.
pub(crate) fn need_terminal() {
    if stdin().is_terminal() && stderr().is_terminal() {
        return;
    }
    let message = "there is no terminal to ask at: pass --yes to delete the table";
    let mut command = Args::command();
    // So that the usage is that of this command.
    command.build();
    let table = command.find_subcommand_mut("table");
    let delete = table.and_then(|table| table.find_subcommand("delete")).cloned();
    delete.unwrap_or(command).error(ErrorKind::MissingRequiredArgument, message).exit()
}

/// Asks, and fails for any other answer than the table's name.
pub(crate) fn ask(table: &str, place: &str, items: u64) -> Result<()> {
    eprintln!("This deletes the table {table} at {place}, with about {items} items.");
    eprint!("Type its name to go on: ");
    stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if answer.trim() != table {
        bail!("the table {table} is not deleted: another name was typed");
    }
    Ok(())
}
