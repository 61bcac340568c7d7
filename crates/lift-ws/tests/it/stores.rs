//! The stores in memory pass the contract.

use lift_ws::{
    store::{MemoryStore, contract},
    test::RecordingStore,
};

#[tokio::test]
async fn the_memory_store_passes_the_contract() {
    contract::all(&MemoryStore::new()).await;
    contract::all(&MemoryStore::new().with_page(1)).await;
    contract::all(&MemoryStore::new().with_page(7)).await;
}

#[tokio::test]
async fn the_recording_store_passes_the_contract() {
    contract::all(&RecordingStore::default()).await;
}
