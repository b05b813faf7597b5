//! What larder's store uses of the core: keys, and the making and reading of records. A client has it anyway.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder::pair::{PairId, PairKey, StoredBody, record};
use larder_peers_code::store::pair;
use larder_peers_code::{Done, Failed, run};

async fn all() -> Done<()> {
    let key = black_box(PairKey::new("http://a/b"));
    black_box((key.fingerprint(black_box(7)), key.matches(black_box("http://a/b"))));
    let pair = pair()?;
    black_box(record::encoded_len(&pair));
    let encoded = record::encode(&pair, |octets| {
        black_box(octets);
        black_box(Ok::<_, Failed>(()))
    });
    black_box(encoded.is_some());
    let octets = black_box(&[0; 64]);
    black_box(record::decode(octets, PairId::new(9), StoredBody::whole(9)).is_some());
    black_box((record::decode_uri(octets), record::decode_received(octets)));
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(all().await.is_ok()) })
}
