//! `--send` and `--expect` in the order of the command line, which derived arguments do not keep.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, error::Error};

/// One step of a script.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Send(String),
    Expect(String),
}

/// A script: messages to send and to expect, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Steps {
    type Item = Step;
    type IntoIter = std::vec::IntoIter<Step>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Args for Steps {
    fn augment_args(command: Command) -> Command {
        let step = |name: &'static str, help: &'static str| {
            Arg::new(name)
                .long(name)
                .value_name("TEXT")
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
                .help(help)
        };
        command.arg(step("send", "Send a message; steps run in the order given")).arg(step(
            "expect",
            "Wait for a message with at least these JSON fields, or with this text",
        ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Steps {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let all = |name: &str| -> Vec<(usize, String)> {
            let indices = matches.indices_of(name).into_iter().flatten();
            let texts = matches.get_many::<String>(name).into_iter().flatten().cloned();
            indices.zip(texts).collect()
        };
        let sends = all("send").into_iter().map(|(at, text)| (at, Step::Send(text)));
        let expects = all("expect").into_iter().map(|(at, text)| (at, Step::Expect(text)));
        let mut steps: Vec<(usize, Step)> = sends.chain(expects).collect();
        steps.sort_by_key(|(at, _)| *at);
        Ok(Self(steps.into_iter().map(|(_, step)| step).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
