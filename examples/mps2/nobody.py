"""An origin that proves nothing: its TLS 1.3 handshake is right, but has neither certificate nor signature.

A client that takes it for whole tells its request to whoever is on the wire. Only what `secure` needs of RFC 8446 is
here: P-256, TLS_AES_128_GCM_SHA256, one record at a time.
"""

import hashlib
import hmac
import socketserver
import struct
import threading

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

P256, AES_128_GCM, TLS_1_3 = 0x0017, 0x1301, 0x0304
ALERT, HANDSHAKE, APPLICATION_DATA = 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, ENCRYPTED_EXTENSIONS, FINISHED = 1, 2, 8, 20
KEY_SHARE, SUPPORTED_VERSIONS = 51, 43


def extract(salt, octets):
    return hmac.digest(salt, octets, "sha256")


def expand(secret, label, context, length):
    """HKDF-Expand-Label, of one block at most (§7.1)."""
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + bytes([len(context)]) + context
    return hmac.digest(secret, info + b"\x01", "sha256")[:length]


def derive(secret, label, heard):
    return expand(secret, label, hashlib.sha256(heard).digest(), 32)


class Keys:
    """What protects the records of one direction (§5.2)."""

    def __init__(self, secret):
        self.cipher, self.iv = AESGCM(expand(secret, b"key", b"", 16)), expand(secret, b"iv", b"", 12)
        self.number = 0

    def nonce(self):
        number, self.number = self.number.to_bytes(12, "big"), self.number + 1
        return bytes(a ^ b for a, b in zip(self.iv, number))

    def seal(self, kind, octets):
        head = struct.pack(">BHH", APPLICATION_DATA, 0x0303, len(octets) + 17)
        return head + self.cipher.encrypt(self.nonce(), octets + bytes([kind]), head)

    def open(self, head, octets):
        """What kind of record it is, and what is in it."""
        octets = self.cipher.decrypt(self.nonce(), octets, head).rstrip(b"\0")
        return octets[-1], octets[:-1]


def message(kind, octets):
    return bytes([kind]) + len(octets).to_bytes(3, "big") + octets


def extension(kind, octets):
    return struct.pack(">HH", kind, len(octets)) + octets


class Fields:
    """Reads one thing after the other."""

    def __init__(self, octets):
        self.octets = octets

    def take(self, length):
        octets, self.octets = self.octets[:length], self.octets[length:]
        return octets

    def number(self, length):
        return int.from_bytes(self.take(length), "big")

    def vector(self, length):
        return Fields(self.take(self.number(length)))


def p256_key(hello):
    """The session and the point of P-256 that a ClientHello offers."""
    fields = Fields(hello[4:])
    fields.take(2 + 32)
    session = fields.vector(1).octets
    fields.vector(2), fields.vector(1)
    extensions = fields.vector(2)
    while extensions.octets:
        kind, content = extensions.number(2), extensions.vector(2)
        shares = content.vector(2) if kind == KEY_SHARE else Fields(b"")
        while shares.octets:
            group, key = shares.number(2), shares.vector(2).octets
            if group == P256:
                return session, key
    raise ValueError("the client does not offer P-256")


class Handshake(socketserver.StreamRequestHandler):
    def record(self):
        head = self.rfile.read(5)
        if len(head) < 5:
            raise ConnectionError("the client is gone")
        return head, self.rfile.read(int.from_bytes(head[3:], "big"))

    def opened(self, keys):
        """The next record that is protected; others are only for old boxes on the way."""
        while True:
            head, octets = self.record()
            if head[0] == APPLICATION_DATA:
                return keys.open(head, octets)
            if head[0] == ALERT:
                raise ConnectionError("the client refuses")

    def handle(self):
        try:
            self.server.count("began")
            self.converse()
        except OSError:
            pass  # It hung up: that is what it should do.

    def converse(self):
        _, hello = self.record()
        session, point = p256_key(hello)
        own = ec.generate_private_key(ec.SECP256R1())
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        extensions = extension(SUPPORTED_VERSIONS, struct.pack(">H", TLS_1_3))
        extensions += extension(KEY_SHARE, struct.pack(">HH", P256, len(public)) + public)
        reply = struct.pack(">H32sB", 0x0303, hashlib.sha256(public).digest(), len(session)) + session
        reply += struct.pack(">HBH", AES_128_GCM, 0, len(extensions)) + extensions
        reply = message(SERVER_HELLO, reply)
        self.wfile.write(struct.pack(">BHH", HANDSHAKE, 0x0303, len(reply)) + reply)

        early = extract(bytes(32), bytes(32))
        shared = extract(derive(early, b"derived", b""), own.exchange(ec.ECDH(), peer))
        heard = hello + reply
        of_client, of_server = derive(shared, b"c hs traffic", heard), derive(shared, b"s hs traffic", heard)
        # Certificate and CertificateVerify would stand here.
        nothing = message(ENCRYPTED_EXTENSIONS, bytes(2))
        heard += nothing
        finished = expand(of_server, b"finished", b"", 32)
        finished = message(FINISHED, hmac.digest(finished, hashlib.sha256(heard).digest(), "sha256"))
        heard += finished
        self.wfile.write(Keys(of_server).seal(HANDSHAKE, nothing + finished))

        kind, octets = self.opened(Keys(of_client))
        if kind != HANDSHAKE or octets[0] != FINISHED:
            return
        self.server.count("believed")
        master = extract(derive(shared, b"derived", b""), bytes(32))
        keys = Keys(derive(master, b"c ap traffic", heard))
        while True:
            kind, octets = self.opened(keys)
            if kind == APPLICATION_DATA and octets:
                self.server.count("asked")


class Nobody(socketserver.ThreadingTCPServer):
    """Listens on a free port of the loopback, in threads of its own; counts what it got its peers to do."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handshake)
        self.lock = threading.Lock()
        self.counts = {"began": 0, "believed": 0, "asked": 0}
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def count(self, what):
        with self.lock:
            self.counts[what] += 1
