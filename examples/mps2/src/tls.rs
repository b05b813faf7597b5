//! `https` over embedded-tls: TLS 1.3, one connection at a time, to an origin whose key is known.
//!
//! The origin is who has the pinned key. There is no chain of certificates, no name and no date to be looked at, so
//! nobody else has to be trusted, and no clock has to be right. An origin that changes its key is lost until the
//! firmware is changed: pin a second one, which lies in a safe.

use crate::network::Network;
use core::cell::{Cell, RefCell, UnsafeCell};
use core::net::IpAddr;
use embedded_io_async::{ErrorType, Read, Write};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use embedded_tls::{
    Aes128GcmSha256, CertificateRef, CertificateVerifyRef, CryptoProvider, CryptoRngCore, MaxFragmentLength,
    SignatureScheme, TlsConfig, TlsConnection, TlsContext, TlsError, TlsVerifier,
};
use larder_reqwless::{Connect, Peer};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// Octets of a record that is received: 4 KiB are asked for, and what goes around them. And of one that is sent.
const RECEIVED: usize = 4096 + 320;
const SENT: usize = 1024;

/// Connections for `https`, and for nothing else.
pub struct Secure {
    network: &'static Network,
    key: VerifyingKey,
    random: RefCell<ChaCha20Rng>,
    records: Records,
}

impl Secure {
    /// Over `network`, to the origin that has `key`: an uncompressed point of P-256. `None` if it is none.
    ///
    /// Whoever knows `entropy` can read everything: on a board take it from the generator of true random numbers.
    pub fn new(network: &'static Network, key: &[u8], entropy: [u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_sec1_bytes(key).ok()?;
        let random = RefCell::new(ChaCha20Rng::from_seed(entropy));
        Some(Self { network, key, random, records: Records::new() })
    }
}

impl Connect for Secure {
    const HTTPS: bool = true;

    type Error = TlsError;
    type Connection<'m> = Stream<'m>;

    async fn connect(&self, peer: Peer<'_>) -> Result<Stream<'_>, TlsError> {
        if !peer.is_https {
            return Err(TlsError::Unimplemented);
        }
        let (lease, received, sent) = self.records.lend().ok_or(TlsError::OutOfMemory)?;
        let tcp = TcpConnect::connect(self.network, peer.address).await;
        let tcp = tcp.map_err(|error| TlsError::Io(embedded_io_async::Error::kind(&error)))?;
        let random = ChaCha20Rng::from_rng(&mut *self.random.borrow_mut());
        let random = random.map_err(|_| TlsError::CryptoError)?;
        let mut session =
            Session { random, origin: Pinned { key: &self.key, heard: None, is_proven: false } };
        let config =
            TlsConfig::new().with_server_name(peer.host).with_max_fragment_length(MaxFragmentLength::Bits12);
        let mut tls = TlsConnection::new(tcp, received, sent);
        tls.open(TlsContext::new(&config, &mut session)).await?;
        // embedded-tls 0.19 goes on if the origin leaves out certificate and signature: anybody could be that.
        if !session.origin.is_proven {
            return Err(TlsError::InvalidCertificate);
        }
        Ok(Stream { tls, _lease: lease })
    }
}

impl Dns for Secure {
    type Error = <Network as Dns>::Error;

    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> Result<IpAddr, Self::Error> {
        self.network.get_host_by_name(host, kind).await
    }

    async fn get_host_by_address(&self, address: IpAddr, name: &mut [u8]) -> Result<usize, Self::Error> {
        self.network.get_host_by_address(address, name).await
    }
}

/// What one handshake needs.
struct Session<'k> {
    random: ChaCha20Rng,
    origin: Pinned<'k>,
}

impl CryptoProvider for Session<'_> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = &'static [u8];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.random
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.origin)
    }
}

/// The origin that has one key.
struct Pinned<'k> {
    key: &'k VerifyingKey,
    /// What was said up to the certificate.
    heard: Option<Sha256>,
    is_proven: bool,
}

impl TlsVerifier<Aes128GcmSha256> for Pinned<'_> {
    fn set_hostname_verification(&mut self, _host: &str) -> Result<(), TlsError> {
        Ok(())
    }

    /// What the certificate says does not matter: the signature that follows is verified with the pinned key.
    fn verify_certificate(
        &mut self,
        heard: &Sha256,
        _certificate: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        self.heard = Some(heard.clone());
        Ok(())
    }

    /// RFC 8446 §4.4.3
    fn verify_signature(&mut self, verify: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        let heard = self.heard.take().ok_or(TlsError::InvalidHandshake)?;
        if !matches!(verify.signature_scheme, SignatureScheme::EcdsaSecp256r1Sha256) {
            return Err(TlsError::InvalidSignatureScheme);
        }
        let context = b"TLS 1.3, server CertificateVerify\0";
        let mut message = heapless::Vec::<u8, 130>::new();
        for part in [&[b' '; 64][..], context, &heard.finalize()] {
            message.extend_from_slice(part).map_err(|_| TlsError::InternalError)?;
        }
        let signature = Signature::from_der(verify.signature).map_err(|_| TlsError::InvalidSignature)?;
        self.key.verify(&message, &signature).map_err(|_| TlsError::InvalidSignature)?;
        self.is_proven = true;
        Ok(())
    }
}

/// A connection. Its end is orderly if TLS says so, whatever TCP does.
pub struct Stream<'m> {
    tls: TlsConnection<'m, <Network as TcpConnect>::Connection<'m>, Aes128GcmSha256>,
    // Behind what uses the records: it is dropped after it.
    _lease: Lease<'m>,
}

impl ErrorType for Stream<'_> {
    type Error = TlsError;
}

impl Read for Stream<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, TlsError> {
        match self.tls.read(buf).await {
            Err(TlsError::ConnectionClosed) => Ok(0), // close_notify
            read => read,
        }
    }
}

impl Write for Stream<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, TlsError> {
        self.tls.write(buf).await
    }

    async fn flush(&mut self) -> Result<(), TlsError> {
        self.tls.flush().await
    }
}

/// Room for a record in each direction, lent to one connection at a time.
struct Records {
    is_lent: Cell<bool>,
    received: UnsafeCell<[u8; RECEIVED]>,
    sent: UnsafeCell<[u8; SENT]>,
}

/// Whoever has it may use the records.
struct Lease<'m>(&'m Cell<bool>);

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Records {
    const fn new() -> Self {
        Self {
            is_lent: Cell::new(false),
            received: UnsafeCell::new([0; RECEIVED]),
            sent: UnsafeCell::new([0; SENT]),
        }
    }

    /// The records, until the lease is dropped: what uses them must be dropped before. `None` if they are lent.
    #[expect(clippy::mut_from_ref, reason = "they are lent once at a time")]
    fn lend(&self) -> Option<(Lease<'_>, &mut [u8], &mut [u8])> {
        if self.is_lent.replace(true) {
            return None;
        }
        // SAFETY: nobody else has them while `is_lent`, which is cleared by dropping the lease: in `connect` a
        // local that was declared before the connection, in `Stream` a field behind it, so the connection goes first.
        let (received, sent) = unsafe { (&mut *self.received.get(), &mut *self.sent.get()) };
        Some((Lease(&self.is_lent), received, sent))
    }
}
