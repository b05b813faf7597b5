//! An image, an origin whose link breaks, and a device that loses power.

use super::flash::{Flash, mounted};
use larder::client::download::{Attempts, DownloadError, Wanted};
use larder::client::{BodyRead, Client, Content, Origin, Report, Sending};
use larder::digest::{Verdict, Verifier};
use larder::fields::Digest;
use larder::head::{HeadMut, Outgoing, RequestHead};
use larder_tests::nor::Tear;
use larder_tests::origin::{Asked, OriginError};
use larder_tests::store_suite::octets;
use larder_tests::{MockClock, Representation, Response, ScriptedOrigin, block_on};
use std::cell::RefCell;
use std::rc::Rc;

/// Octets of the image.
pub const IMAGE: usize = 512 * 1024;

/// Octets that are on their way when a link breaks: what a device takes before it is read.
const WINDOW: u64 = 4096;

/// Where the image lies.
const URI: &str = "http://example.com/image";

/// Where one is sent to a signed URI of the image, another one each time.
const LATEST: &str = "http://example.com/latest";

/// Whether there is an image.
pub type Done = Result<(), DownloadError<OriginError>>;

/// What went over the link, in octets of content.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    /// Those that were read.
    pub read: u64,
    /// Those that were sent and never read, of the responses before this one.
    vain: u64,
    /// Those that the response under way has, and how many of them were read.
    under_way: (u64, u64),
}

impl Meter {
    /// Those that were sent and never read: of each response what follows what was read, but no more than
    /// is on its way.
    pub fn in_vain(&self) -> u64 {
        let (sent, read) = self.under_way;
        self.vain + (sent - read).min(WINDOW)
    }
}

/// An origin, and what was read from it. Clones are the same one.
#[derive(Clone, Debug)]
struct Metered {
    origin: ScriptedOrigin,
    meter: Rc<RefCell<Meter>>,
}

impl Origin for Metered {
    type Error = OriginError;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        head: HeadMut<'_>,
    ) -> Result<(), OriginError> {
        self.origin.send(request, exchange, head).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, OriginError> {
        let read = self.origin.read(buf).await?;
        if let BodyRead::Octets(octets) = read {
            let mut meter = self.meter.borrow_mut();
            meter.read += octets as u64;
            meter.under_way.1 += octets as u64;
        }
        Ok(read)
    }
}

/// The image, its origin, and the device's clock.
#[derive(Clone, Debug)]
pub struct Release {
    content: Rc<Vec<u8>>,
    digest: Digest,
    line: Metered,
    clock: MockClock,
    signed: bool,
}

impl Release {
    /// An origin whose first connections for the image, `lost` of them, break after `octets` of content
    /// each.
    pub fn behind(lost: usize, octets_each: usize) -> Self {
        let content = octets(4, IMAGE);
        let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
        verifier.update(&content);
        let (Verdict::Mismatch { found: digest, .. } | Verdict::Verified(digest)) = verifier.finish();
        let lines = [("ETag", "\"release 4\""), ("Cache-Control", "max-age=86400")];
        let image = Representation::new(&content, &lines);
        let meter: Rc<RefCell<Meter>> = Rc::default();
        let sends = meter.clone();
        let (mut left, mut signature) = (lost, 0);
        let origin = ScriptedOrigin::answering(move |asked: &Asked| {
            if asked.uri == LATEST {
                signature += 1;
                let there = format!("{URI}?sig={signature}");
                return Response::new(302).with(&[("Location", &there), ("Content-Length", "0")]);
            }
            assert!(signature == 0 || asked.uri == format!("{URI}?sig={signature}"), "an expired URI");
            let answer = image.answer(asked);
            let mut meter = sends.borrow_mut();
            (meter.vain, meter.under_way) = (meter.in_vain(), (answer.content_len() as u64, 0));
            match left.checked_sub(1) {
                Some(fewer) => {
                    left = fewer;
                    answer.cut_off_after(octets_each)
                }
                None => answer,
            }
        });
        let line = Metered { origin, meter };
        Self { content: Rc::new(content), digest, line, clock: MockClock::new(), signed: false }
    }

    /// The same, found by a redirection to another signed URI each time.
    pub fn signed(self) -> Self {
        Self { signed: true, ..self }
    }

    /// What went over the link so far.
    pub fn meter(&self) -> Meter {
        *self.line.meter.borrow()
    }

    /// Boots, and asks for the image as for anything else. What became of it.
    pub fn get<const W: usize>(&self, flash: Flash<W>) -> (Flash<W>, Report) {
        self.clock.reboot();
        let mut store = mounted(flash);
        let mut client: Client<_, _, _> = Client::new(&mut store, self.line.clone(), self.clock.clone());
        let report = block_on(async {
            let mut reply = client.request(RequestHead::get(URI)).await;
            let mut there = vec![0; IMAGE];
            let read = reply.read_to_end(&mut there).await.expect("a whole body");
            assert!(read == IMAGE && there == *self.content, "another image");
            let report = reply.report().clone();
            drop(reply);
            client.idle().await.expect("a flash that works");
            report
        });
        drop(client);
        (store.into_flash(), report)
    }

    /// Boots, and downloads the image; power is lost in the step after the next `steps`, if any. The
    /// flash, and why the image is not there.
    pub fn download<const W: usize>(
        &self,
        flash: Flash<W>,
        attempts: u32,
        cut: Option<(u64, Tear)>,
    ) -> (Flash<W>, Done) {
        self.clock.reboot();
        let mut store = mounted(flash);
        store.flash().began.clear();
        if let Some((steps, tear)) = cut {
            store.flash().nor.cut_after(steps, tear);
        }
        let mut client: Client<_, _, _> = Client::new(&mut store, self.line.clone(), self.clock.clone());
        let wanted = Wanted::new(if self.signed { LATEST } else { URI }).expecting(self.digest);
        let wanted = if self.signed { wanted.named("firmware/board-7") } else { wanted };
        let done = block_on(async {
            let mut image = client.download(&wanted, &mut [0; 512], &mut Attempts(attempts)).await?;
            assert_eq!((image.len(), image.verified()), (IMAGE as u64, Some(&self.digest)));
            let mut there = vec![0; IMAGE];
            let read = image.read_at(0, &mut there).await.map_err(|_| DownloadError::NotKept)?;
            assert!(read == IMAGE && there == *self.content, "another image");
            // If that fails, power was lost, and the pin went with it.
            let _ = image.close().await;
            Ok(())
        });
        drop(client);
        (store.into_flash(), done)
    }
}
