//! A long chat session as one snapshot. `INSTA_UPDATE=always cargo test -p chat` writes it again:
//! read the difference.

use lift_ws::test::{Client, Kit, Refused};

#[tokio::test]
async fn reads_as_it_was() -> Result<(), Refused> {
    let kit = Kit::new(chat::app());
    let come = async |name: &str, room: &str| -> Result<Client, Refused> {
        kit.client(name).query(&format!("name={name}&room={room}")).connect().await
    };
    let ana = come("ana", "general").await?;
    let bob = come("bob", "general").await?;
    let eve = come("eve", "other").await?;
    ana.send(r#"{"action":"say","text":"hi"}"#).await;
    bob.send(r#"{"action":"who"}"#).await;
    eve.send(r#"{"action":"dance"}"#).await;
    assert!(kit.client("nobody").query("room=general").connect().await.is_err());
    bob.close().await;
    ana.send(r#"{"action":"ping"}"#).await;
    insta::assert_snapshot!(kit.conversation());
    Ok(())
}
