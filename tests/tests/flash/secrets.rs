//! What can be read on the flash of the secrets that `Vary` names.

use crate::world::{Store, mounted, rebooted};
use larder::client::{Client, Outcome};
use larder::head::{Fields, RequestHead};
use larder::options::{SecretKey, Secrets};
use larder::{CacheOptions, Reason};
use larder_tests::nor::Nor;
use larder_tests::{MockClock, Response, ScriptedOrigin, block_on};

const COOKIE: &str = "session=open-sesame-4711";
const BEARER: &str = "Bearer mF_9.B5f-4.1JqM";
const HASHED: Secrets = Secrets::Hashed(SecretKey::new([0xc3; 32]));

type Flash = Store<1, 4, 4096>;

/// A client over a store, its clock at the same time whichever boot it is.
struct Booted {
    client: Client<Flash, ScriptedOrigin, MockClock>,
    origin: ScriptedOrigin,
}

impl Booted {
    fn new(store: Flash, secrets: Secrets) -> Self {
        let origin = ScriptedOrigin::new();
        let options = CacheOptions { secrets, ..CacheOptions::PRIVATE };
        Self { client: Client::with_options(store, origin.clone(), MockClock::new(), options), origin }
    }

    /// Asks with these lines, and reads the answer.
    fn get(&mut self, lines: &[(&str, &str)], says: Response) -> (Outcome, Option<Reason>) {
        self.origin.then(says);
        let request = RequestHead::get("http://example.com/account").with_fields(Fields::new(lines));
        let answer = block_on(async {
            let mut reply = self.client.request(request).await;
            while let Ok(1..) = reply.read(&mut [0; 64]).await {}
            (reply.report().outcome, reply.report().forwarded)
        });
        self.origin.withdraw();
        answer
    }

    fn hits(&mut self, lines: &[(&str, &str)]) -> bool {
        let (outcome, forwarded) =
            self.get(lines, Response::ok(&[("Cache-Control", "no-store")], "from the origin"));
        assert!(outcome == Outcome::Hit || forwarded == Some(Reason::VariantMismatch), "{outcome:?}");
        outcome == Outcome::Hit
    }

    fn reboot(self, secrets: Secrets) -> Self {
        let Self { mut client, .. } = self;
        let store = core::mem::replace(client.store(), mounted(Nor::new(4)));
        Self::new(rebooted(store), secrets)
    }

    fn image(&mut self) -> Vec<u8> {
        self.client.store().flash().image().to_vec()
    }
}

/// A pair stored, freshened, and another stored beside it, all for requests with secrets.
fn device(secrets: Secrets) -> Booted {
    let mut device = Booted::new(mounted(Nor::new(8)), secrets);
    let said = [("Cache-Control", "max-age=60"), ("ETag", "\"1\""), ("Vary", "Cookie, authorization")];
    device.get(&[("Cookie", COOKIE)], Response::ok(&said, "for a cookie"));
    let fresh = Response::not_modified(&[said[1], ("Cache-Control", "max-age=600")]);
    let (outcome, _) = device.get(&[("Cookie", COOKIE), ("Cache-Control", "no-cache")], fresh);
    assert_eq!(outcome, Outcome::Revalidated);
    device.get(&[("Cookie", COOKIE), ("Authorization", BEARER)], Response::ok(&said, "for both"));
    assert_eq!(block_on(device.client.health()).pairs, 2);
    device
}

/// Whether any eight octets of `secret` lie in `image`.
fn shows(image: &[u8], secret: &str) -> bool {
    let parts: Vec<_> = secret.as_bytes().windows(8).collect();
    image.windows(8).any(|eight| parts.contains(&eight))
}

#[test]
fn no_octet_of_a_hashed_secret_is_on_the_flash() {
    let mut hashed = device(HASHED);
    assert!(!shows(&hashed.image(), COOKIE) && !shows(&hashed.image(), BEARER));
    assert!(shows(&hashed.image(), "for a cookie"), "bodies are in the clear");
    let mut clear = device(Secrets::InTheClear);
    assert!(shows(&clear.image(), COOKIE) && shows(&clear.image(), BEARER));
}

#[test]
fn a_hashed_secret_selects_and_does_so_after_a_reboot() {
    let mut device = device(HASHED);
    for boot in 0..3 {
        assert!(device.hits(&[("Cookie", COOKIE)]), "boot {boot}");
        assert!(device.hits(&[("Authorization", BEARER), ("Cookie", COOKIE)]), "boot {boot}");
        assert!(!device.hits(&[("Cookie", "session=open-sesame-4712")]));
        assert!(!device.hits(&[("Authorization", BEARER)]));
        assert!(!device.hits(&[]));
        device = device.reboot(HASHED);
    }
    device = device.reboot(Secrets::Hashed(SecretKey::new([0xc4; 32])));
    assert!(!device.hits(&[("Cookie", COOKIE)]), "another key");
    device = device.reboot(Secrets::InTheClear);
    assert!(!device.hits(&[("Cookie", COOKIE)]), "no key");
    device = device.reboot(HASHED);
    assert!(device.hits(&[("Cookie", COOKIE)]), "the first key");
}
