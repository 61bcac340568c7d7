//! Hot reload: a change takes over, and after a wrong change the previous build keeps running.

use std::fs;

use futures_util::{SinkExt as _, StreamExt as _};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    app::App,
    command::{Lift, TIMEOUT},
};

/// A function whose two-way route `say` replies with the word in `src/word.rs`.
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

    /// Sends a message and returns its reply.
    async fn ask(&mut self, action: &str) -> String {
        let message = format!("{{\"action\":\"{action}\"}}");
        self.client.send(Message::text(message)).await.expect("the socket is open");
        let reply = timeout(TIMEOUT, self.client.next()).await.expect("a reply within the timeout");
        reply.expect("the socket is open").expect("a frame").into_text().expect("text").to_string()
    }
}

#[tokio::test]
async fn a_change_takes_over_on_open_sockets() {
    let mut running = run(&[]).await;
    assert_eq!(running.ask("say").await, "one!");
    running.save("src/word.rs", "one", "two");
    running.lift.wait_for_line("reloaded test-function in ");
    assert_eq!(running.ask("say").await, "two!");
    // A file outside of the package that the build read.
    fs::write(running.elsewhere.path().join("text"), "?").expect("written");
    running.lift.wait_for_line("reloaded test-function in ");
    assert_eq!(running.ask("say").await, "two?");
    // The routes are those of the new code.
    assert!(running.ask("sing").await.contains("Forbidden"));
    running.save("src/main.rs", r#"{"key":"say""#, r#"{"key":"sing""#);
    running.lift.wait_for_line("; new routes: sing; routes gone: say");
    assert_eq!(running.ask("sing").await, "two?");
    assert!(running.ask("say").await.contains("Forbidden"));
}

#[tokio::test]
async fn after_a_wrong_change_the_previous_build_keeps_running() {
    let mut running = run(&[]).await;
    running.save("src/main.rs", "mod word;", "mod word; mod more;");
    running.lift.wait_for_line("file not found for module `more`");
    running
        .lift
        .wait_for_line("still running the previous build: `test-function` does not compile");
    assert_eq!(running.ask("say").await, "one!");
    // The missing file is created in a new folder, and no other file is saved.
    let more = running.app.path().join("src/more");
    fs::create_dir(&more).expect("created");
    fs::write(more.join("mod.rs"), "").expect("written");
    running.lift.wait_for_line("reloaded test-function in ");

    running.save("src/main.rs", "// fails here", "panic!(\"no key\"); //");
    running.lift.wait_for_line("still running the previous build: ");
    running.lift.wait_for_line("no key");
    assert_eq!(running.ask("say").await, "one!");
    running.save("src/main.rs", "panic!(\"no key\"); //", "// fails here");
    running.lift.wait_for_line("reloaded test-function in ");
    assert_eq!(running.ask("say").await, "one!");
}

#[tokio::test]
async fn a_change_during_a_reload_restarts_it() {
    let mut running = run(&[]).await;
    running.save("src/main.rs", "// fails here", "loop { std::thread::park() } //");
    // The next change comes when the build has finished and the function starts.
    running.lift.wait_for_line("Finished");
    running.save("src/word.rs", "one", "two");
    running.lift.wait_for_line("Finished");
    assert_eq!(running.ask("say").await, "one!", "neither new version asks for events");
    running.save("src/main.rs", "loop { std::thread::park() } //", "// fails here");
    running.lift.wait_for_line("reloaded test-function in ");
    assert_eq!(running.ask("say").await, "two!");
    running.lift.signal("TERM");
    assert_eq!(running.lift.ended().status.code(), Some(0));
}

#[tokio::test]
async fn a_change_of_a_watched_path_restarts_the_function() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("settings");
    fs::write(&settings, "at the start").expect("written");
    let mut running = run(&["--watch", settings.to_str().expect("a path")]).await;
    // Like an editor: writes another file and renames it.
    let other = folder.path().join(".settings.new");
    fs::write(&other, "later").expect("written");
    fs::rename(&other, &settings).expect("renamed");
    running.lift.wait_for_line("reloaded test-function in ");
    assert_eq!(running.ask("say").await, "one!");
}

#[test]
fn no_reload_and_watch_exclude_each_other() {
    let lift = Lift::with_args(&["dev", ".", "--no-reload", "--watch", "x"]);
    let ended = lift.ended();
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);

    let missing = Lift::with_args(&["dev", ".", "--listen", "127.0.0.1:0", "--watch", "nowhere"]);
    assert!(missing.ended().stderr.contains("error: "));
}
