//! Hot reload: a change takes over, and what is wrong with one changes nothing.

use std::fs;

use futures_util::{SinkExt as _, StreamExt as _};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    app::App,
    command::{Lift, PATIENCE},
};

/// A function whose two-way route `say` answers with what `src/word.rs` says.
const MAIN: &str = include_str!("function.rs");

struct Running {
    lift: Lift,
    app: App,
    /// A folder outside of any package, from which the function includes a file.
    elsewhere: TempDir,
    /// A socket that is open from the start.
    client: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

async fn run(args: &[&str]) -> Running {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let text = elsewhere.path().join("text");
    fs::write(&text, "!").expect("written");
    let word = format!("pub const WORD: &str = concat!(\"one\", include_str!({text:?}));");
    let app = App::new(&[("src/main.rs", MAIN), ("src/word.rs", &word)]);
    let lift = Lift::dev_with(app.path(), args, &[]);
    lift.wait_for_line("Finished");
    let block = lift.ready();
    let url = block.split_whitespace().find(|word| word.starts_with("ws://")).expect("a URL");
    let (client, _) = connect_async(url).await.expect("a connection");
    Running { lift, app, elsewhere, client }
}

impl Running {
    fn save(&self, name: &str, from: &str, to: &str) {
        let path = self.app.path().join(name);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replace(from, to)).expect("written");
    }

    /// What the client is answered.
    async fn ask(&mut self, action: &str) -> String {
        let message = format!("{{\"action\":\"{action}\"}}");
        self.client.send(Message::text(message)).await.expect("the socket is open");
        let answer = timeout(PATIENCE, self.client.next()).await.expect("an answer in time");
        answer.expect("the socket is open").expect("a frame").into_text().expect("text").to_string()
    }
}

#[tokio::test]
async fn a_change_takes_over_on_open_sockets() {
    let mut running = run(&[]).await;
    assert_eq!(running.ask("say").await, "one!");
    running.save("src/word.rs", "one", "two");
    running.lift.wait_for_line("reloaded tiny in ");
    assert_eq!(running.ask("say").await, "two!");
    // What the build read, wherever it is.
    fs::write(running.elsewhere.path().join("text"), "?").expect("written");
    running.lift.wait_for_line("reloaded tiny in ");
    assert_eq!(running.ask("say").await, "two?");
    // The routes are those of the new code.
    assert!(running.ask("sing").await.contains("Forbidden"));
    running.save("src/main.rs", r#"{"key":"say""#, r#"{"key":"sing""#);
    running.lift.wait_for_line("; new routes: sing; routes gone: say");
    assert_eq!(running.ask("sing").await, "two?");
    assert!(running.ask("say").await.contains("Forbidden"));
}

#[tokio::test]
async fn what_is_wrong_changes_nothing() {
    let mut running = run(&[]).await;
    running.save("src/main.rs", "mod word;", "mod word; mod more;");
    running.lift.wait_for_line("file not found for module `more`");
    running.lift.wait_for_line("still running the previous build: `tiny` does not compile");
    assert_eq!(running.ask("say").await, "one!");
    // What was missing is made, in a folder that is new, and nothing else is saved.
    let more = running.app.path().join("src/more");
    fs::create_dir(&more).expect("created");
    fs::write(more.join("mod.rs"), "").expect("written");
    running.lift.wait_for_line("reloaded tiny in ");

    running.save("src/main.rs", "// dies here", "panic!(\"no key\"); //");
    running.lift.wait_for_line("still running the previous build: ");
    running.lift.wait_for_line("no key");
    assert_eq!(running.ask("say").await, "one!");
    running.save("src/main.rs", "panic!(\"no key\"); //", "// dies here");
    running.lift.wait_for_line("reloaded tiny in ");
    assert_eq!(running.ask("say").await, "one!");
}

#[tokio::test]
async fn a_change_during_a_reload_restarts_it() {
    let mut running = run(&[]).await;
    running.save("src/main.rs", "// dies here", "loop { std::thread::park() } //");
    // It is built, and being started, when the next change comes.
    running.lift.wait_for_line("Finished");
    running.save("src/word.rs", "one", "two");
    running.lift.wait_for_line("Finished");
    assert_eq!(running.ask("say").await, "one!", "neither asks for events");
    running.save("src/main.rs", "loop { std::thread::park() } //", "// dies here");
    running.lift.wait_for_line("reloaded tiny in ");
    assert_eq!(running.ask("say").await, "two!");
    running.lift.signal("TERM");
    assert_eq!(running.lift.ended().status.code(), Some(0));
}

#[tokio::test]
async fn a_change_of_a_watched_path_restarts_the_function() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("settings");
    fs::write(&settings, "of the start").expect("written");
    let mut running = run(&["--watch", settings.to_str().expect("a path")]).await;
    // As editors save: another file takes the name.
    let other = folder.path().join(".settings.new");
    fs::write(&other, "later").expect("written");
    fs::rename(&other, &settings).expect("renamed");
    running.lift.wait_for_line("reloaded tiny in ");
    assert_eq!(running.ask("say").await, "one!");
}

#[test]
fn without_reload_nothing_is_watched() {
    let lift = Lift::with_args(&["dev", ".", "--no-reload", "--watch", "x"]);
    let ended = lift.ended();
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);

    let missing = Lift::with_args(&["dev", ".", "--listen", "127.0.0.1:0", "--watch", "nowhere"]);
    assert!(missing.ended().stderr.contains("error: "));
}
