//! A test that the inspector copied, unchanged. `e2e/browser/inspector_faults.mjs` copies it again.

use chat::app;

#[tokio::test]
async fn say_of_gil() {
    let kit = lift_ws::test::Kit::new(app());
    let gil = kit.client("gil").query("name=gil&room=green").connect().await.unwrap();
    let _hana = kit.client("hana").query("name=hana&room=green").connect().await.unwrap();
    let before = kit.conversation().len();
    gil.send(r#"{"action":"say","text":"Good day"}"#).await;
    assert_eq!(
        kit.conversation()[before..],
        *r#"gil -> {"action":"say","text":"Good day"}
gil <- {"type":"message","room":"green","user":"gil","text":"Good day","at":<time>}
hana <- {"type":"message","room":"green","user":"gil","text":"Good day","at":<time>}
"#
    );
}
