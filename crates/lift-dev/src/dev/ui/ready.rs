//! The ready block on stdout, which people read and scripts parse.

use std::{
    fmt::{self, Display, Formatter},
    io::{self, Write as _},
    net::SocketAddr,
};

use serde_json::{Value, json};

use crate::{
    dev::{api::listen, ui::open},
    escape,
};

/// The addresses of a running app.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) gateway: SocketAddr,
    pub(crate) stage: &'a str,
    pub(crate) has_page: bool,
    pub(crate) inspector: bool,
    /// The token that the inspector asks for, if it does.
    pub(crate) inspector_token: Option<&'a str>,
    pub(crate) database: SocketAddr,
    /// The address of Lambda's Invoke API.
    pub(crate) lambda: SocketAddr,
    pub(crate) tables: &'a [String],
    /// The schedules, each with its expression.
    pub(crate) schedules: &'a [String],
    /// Whether they fire by their expressions.
    pub(crate) has_schedules: bool,
    /// How to start the functions that a debugger runs.
    pub(crate) attach: &'a [String],
    /// The seed of the faults, if there are any.
    pub(crate) seed: Option<u64>,
    /// The credentials to sign handshakes with, if they must be signed.
    pub(crate) signed: Option<&'a str>,
    /// How to authenticate calls of the management API, if they need it: a name and a text.
    pub(crate) access: Option<(&'static str, String)>,
    /// The token of the management API, if there is one.
    pub(crate) token: Option<&'a str>,
    /// Whether stdout is a terminal with few columns.
    pub(crate) narrow: bool,
    /// Whether keys are read.
    pub(crate) keys: bool,
}

impl Ready<'_> {
    /// Prints the block, as text or JSON. It is flushed, because a script may read it from a pipe, and
    /// written in one piece, because functions may write to the same terminal.
    pub(crate) fn print(&self, json: bool) -> io::Result<()> {
        let text = match json {
            true => escape::json(&format!("{}\n", self.json())).into_owned(),
            false => self.to_string(),
        };
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Opens the app's page in the user's browser, or the inspector if there is no page. Does not wait for
    /// the browser. A failure is only a warning.
    pub(crate) fn open_browser(&self) {
        let Some(page) = self.page().or_else(|| self.inspector()) else {
            tracing::warn!(
                "--open: there is no page: add web/index.html to the folder of the app, or leave \
                 --no-inspector out"
            );
            return;
        };
        open::in_browser(&page);
    }

    /// The app's page, if it has one.
    pub(crate) fn page(&self) -> Option<String> {
        self.has_page.then(|| format!("http://{}/", listen::reachable(self.gateway)))
    }

    /// The inspector, if there is one.
    pub(crate) fn inspector(&self) -> Option<String> {
        let gateway = listen::reachable(self.gateway);
        let key = self.inspector_token.map(|token| format!("?key={}", encode(token)));
        let path = format!("{}{}", lift_inspector::PATH, key.unwrap_or_default());
        self.inspector.then(|| format!("http://{gateway}{path}"))
    }

    fn json(&self) -> Value {
        let (Self { stage, database, lambda, .. }, gateway) =
            (self, listen::reachable(self.gateway));
        let mut json = json!({
            "type": "ready",
            "webSocket": format!("ws://{gateway}/{stage}"),
            "management": format!("http://{gateway}/{stage}"),
            "dynamoDb": format!("http://{database}"),
            "lambda": format!("http://{lambda}"),
        });
        let more = [
            ("page", self.page().map(Value::from)),
            ("inspector", self.inspector().map(Value::from)),
            ("tables", non_empty(self.tables)),
            ("schedules", non_empty(self.schedules)),
            ("attach", non_empty(self.attach)),
            ("faultsSeed", self.seed.map(Value::from)),
            ("managementToken", self.token.map(Value::from)),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                json[name] = value;
            }
        }
        json
    }
}

/// The token as a value in a query.
fn encode(token: &str) -> impl Display {
    percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC)
}

/// The list, unless it is empty.
fn non_empty(list: &[String]) -> Option<Value> {
    (!list.is_empty()).then(|| json!(list))
}

impl Display for Ready<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { database, tables, .. } = self;
        let gateway = listen::reachable(self.gateway);
        // A template names the stage and the tables.
        let stage = escape::line(self.stage);
        writeln!(f, "Lift is ready.\n")?;
        write!(f, "  WebSocket   ws://{gateway}/{stage}")?;
        if self.gateway.ip().is_unspecified() {
            write!(f, "   (on every address of this machine)")?;
        }
        writeln!(f)?;
        if let Some(keys) = self.signed {
            writeln!(f, "  Handshake   SigV4   ({keys})")?;
        }
        writeln!(f, "  Management  http://{gateway}/{stage}")?;
        if let Some((name, text)) = &self.access {
            writeln!(f, "  {name:<10}  {text}")?;
        }
        if let Some(page) = self.page() {
            writeln!(f, "  Page        {page}")?;
        }
        if let Some(inspector) = self.inspector() {
            writeln!(f, "  Inspector   {inspector}")?;
        }
        write!(f, "  DynamoDB    http://{database}")?;
        let before = if self.narrow { "\n    " } else { "   (" };
        let after = if self.narrow { "" } else { ")" };
        match tables {
            [] => {}
            [table] => write!(f, "{before}table {}{after}", escape::line(table))?,
            tables => write!(f, "{before}tables {}{after}", escape::line(&tables.join(", ")))?,
        }
        writeln!(f)?;
        writeln!(f, "  Lambda      http://{}", self.lambda)?;
        for schedule in self.schedules {
            let off = if self.has_schedules { "" } else { "   (off)" };
            writeln!(f, "  Schedule    {}{off}", escape::line(schedule))?;
        }
        for line in self.attach {
            writeln!(f, "  Attach      {}", escape::line(line))?;
        }
        if let Some(seed) = self.seed {
            writeln!(f, "  Faults      on, seed {seed}")?;
        }
        writeln!(f, "\nPress Ctrl-C to stop.")?;
        if self.keys {
            let page = if self.has_page { "o page  " } else { "" };
            let inspector = if self.inspector { "i inspector  " } else { "" };
            writeln!(f, "{page}{inspector}r restart  h help  q quit")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Ready;

    #[test]
    fn block() {
        let ready = Ready {
            gateway: ([127, 0, 0, 1], 3001).into(),
            stage: "local",
            has_page: true,
            inspector: true,
            inspector_token: None,
            database: ([127, 0, 0, 1], 3002).into(),
            lambda: ([127, 0, 0, 1], 3003).into(),
            tables: &["chat-connections".to_owned()],
            schedules: &[],
            has_schedules: true,
            attach: &[],
            seed: None,
            signed: None,
            access: None,
            token: None,
            narrow: false,
            keys: false,
        };
        let expected = "\
Lift is ready.

  WebSocket   ws://127.0.0.1:3001/local
  Management  http://127.0.0.1:3001/local
  Page        http://127.0.0.1:3001/
  Inspector   http://127.0.0.1:3001/_lift
  DynamoDB    http://127.0.0.1:3002   (table chat-connections)
  Lambda      http://127.0.0.1:3003

Press Ctrl-C to stop.
";
        assert_eq!(ready.to_string(), expected);
        let keys = Ready { keys: true, access: None, ..ready }.to_string();
        let line = "\nPress Ctrl-C to stop.\no page  i inspector  r restart  h help  q quit\n";
        assert!(keys.ends_with(line), "{keys}");
        let faulty = Ready { seed: Some(7), access: None, ..ready }.to_string();
        assert!(faulty.contains(":3003\n  Faults      on, seed 7\n\n"), "{faulty}");
        let attach = ["AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001".to_owned()];
        let close = ["close: rate(1 minute)".to_owned()];
        let scheduled = Ready { schedules: &close, access: None, ..ready }.to_string();
        assert!(scheduled.contains(":3003\n  Schedule    close: rate(1 minute)\n"), "{scheduled}");
        let off = Ready { schedules: &close, has_schedules: false, access: None, ..ready };
        assert!(off.to_string().contains("close: rate(1 minute)   (off)\n"));
        let waiting = Ready { attach: &attach, access: None, ..ready }.to_string();
        assert!(waiting.contains(":3003\n  Attach      AWS_LAMBDA_RUNTIME_API=127"), "{waiting}");
        let keys = "access key local, secret key local, Region us-east-1";
        let signed = Ready { signed: Some(keys), access: None, ..ready }.to_string();
        let line = "/local\n  Handshake   SigV4   (access key local, secret key local, Region us-east-1)\n";
        assert!(signed.contains(line), "{signed}");
        let public = Ready {
            gateway: ([0, 0, 0, 0], 3001).into(),
            access: Some(("Token", "0123   (how)".to_owned())),
            inspector_token: Some("01+3"),
            tables: &[],
            ..ready
        };
        let block = public.to_string();
        let expected = "\
  WebSocket   ws://127.0.0.1:3001/local   (on every address of this machine)
  Management  http://127.0.0.1:3001/local
  Token       0123   (how)
  Page ";
        assert!(block.contains(expected), "{block}");
        assert!(block.contains("Inspector   http://127.0.0.1:3001/_lift?key=01%2B3\n"), "{block}");
        let without = Ready { has_page: false, inspector: false, ..public }.to_string();
        assert!(!without.contains("Page") && !without.contains("Inspector"), "{without}");
        assert!(without.contains("DynamoDB    http://127.0.0.1:3002\n"), "{without}");
    }

    #[test]
    fn json() {
        let mut ready = Ready {
            gateway: ([0, 0, 0, 0], 3001).into(),
            stage: "local",
            has_page: false,
            inspector: false,
            inspector_token: None,
            database: ([127, 0, 0, 1], 3002).into(),
            lambda: ([127, 0, 0, 1], 3003).into(),
            tables: &[],
            schedules: &[],
            has_schedules: true,
            attach: &[],
            seed: None,
            signed: None,
            access: None,
            token: None,
            narrow: false,
            keys: false,
        };
        let mut expected = serde_json::json!({
            "type": "ready",
            "webSocket": "ws://127.0.0.1:3001/local",
            "management": "http://127.0.0.1:3001/local",
            "dynamoDb": "http://127.0.0.1:3002",
            "lambda": "http://127.0.0.1:3003",
        });
        assert_eq!(ready.json(), expected);
        let tables = ["chat-connections".to_owned()];
        (ready.has_page, ready.tables, ready.seed) = (true, &tables, Some(7));
        (ready.token, ready.inspector) = (Some("0123"), true);
        expected["page"] = "http://127.0.0.1:3001/".into();
        expected["tables"] = ["chat-connections"].into();
        expected["inspector"] = "http://127.0.0.1:3001/_lift".into();
        expected["faultsSeed"] = 7.into();
        expected["managementToken"] = "0123".into();
        assert_eq!(ready.json(), expected);
    }
}
