//! A device lives through a day with a cache, and downloads an update though link and power fail, over real
//! TCP: `cargo run --release`.

use larder::store::RamStore;
use larder_host::{SharedStore, demo, note};
use std::process::ExitCode;

/// 1.5 MiB, for at most 32 pairs: two firmware images, since the old one stays until the new one
/// is whole.
static STORE: SharedStore<12_288, 32> = SharedStore::new(RamStore::new());

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match demo::run(&STORE).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            note!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}
