"""The origin that the firmware asks: an API and an image, on this machine's loopback.

Everything about a resource stands in its query: `octets` is the length of its body, `age` for how
many seconds it is fresh, `every` after how many seconds it changes (0: never), and with `cut=1` the
connection is closed in the middle of the body at the first request for it, the fourth, and so on.
`/release?image=URI` says what the firmware at that URI is: version 2, and its SHA-256.

Run alone, it prints its port and serves until it is stopped.
"""

import collections
import functools
import hashlib
import http.server
import ssl
import sys
import threading
import time
import urllib.parse

MASK = 0xFFFFFFFF


def mix(word):
    """As `content.rs` has it."""
    word ^= word >> 16
    word = word * 0x85EBCA6B & MASK
    word ^= word >> 13
    word = word * 0xC2B2AE35 & MASK
    return word ^ word >> 16


@functools.lru_cache(maxsize=256)
def body(path, version, octets):
    """What `path` has in `version`."""
    seed = 0x811C9DC5
    for octet in path.encode():
        seed = (seed ^ octet) * 0x01000193 & MASK
    seed ^= version * 0x9E3779B9 & MASK
    words = (mix(seed + index * 0x9E3779B9 & MASK) for index in range((octets + 3) // 4))
    return b"".join(word.to_bytes(4, "little") for word in words)[:octets]


def version_now(every):
    return int(time.time()) // every if every else 1


def release(image):
    """The line that says what `image` is."""
    octets = int(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(image).query))["octets"])
    return f"2 {hashlib.sha256(body(image, 1, octets)).hexdigest()}\n".encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        number = lambda name: int(query.get(name, 0))
        version = version_now(number("every"))
        etag = f'"v{version}"'
        if etag in [tag.strip() for tag in self.headers.get("If-None-Match", "").split(",")]:
            self.start(304, etag, number("age"))
            self.end_headers()
            return
        octets = release(query["image"]) if "image" in query else body(self.path, version, number("octets"))
        first, last = self.wanted(etag, len(octets))
        if (first, last) == (0, len(octets) - 1):
            self.start(200, etag, number("age"))
        else:
            self.start(206, etag, number("age"))
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(octets)}")
        octets = octets[first : last + 1]
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if number("cut") and self.server.is_cut(self.path):
            octets, self.close_connection = octets[: len(octets) // 2], True
        self.wfile.write(octets)

    do_HEAD = do_GET

    def start(self, status, etag, age):
        self.server.count(status)
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Cache-Control", f"max-age={age}")

    def wanted(self, etag, length):
        """The range to send: first and last octet. Several ranges, or none that can be had: all."""
        everything = (0, length - 1)
        ranges = self.headers.get("Range", "")
        if not ranges.startswith("bytes=") or self.headers.get("If-Range", etag) != etag:
            return everything
        first, dash, last = ranges[len("bytes=") :].partition("-")
        if not dash or not first.isdigit() or not (last == "" or last.isdigit()):
            return everything
        first, last = int(first), min(int(last or length), length - 1)
        return (first, last) if first <= last else everything

    def log_message(self, *_):
        pass


class Origin(http.server.ThreadingHTTPServer):
    """Serves on a free port of the loopback, in threads of its own; over TLS 1.3 with a key and its certificate."""

    daemon_threads = True

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.load_cert_chain(certificate)
            # The handshake is the threads' affair, not that of the one that accepts.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.lock = threading.Lock()
        self.asked, self.answers = collections.Counter(), collections.Counter()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def is_cut(self, path):
        with self.lock:
            self.asked[path] += 1
            return self.asked[path] % 3 == 1

    def count(self, status):
        with self.lock:
            self.answers[status] += 1

    def handle_error(self, request, client_address):
        # A device whose power went does not say good-bye.
        if not isinstance(sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    print(Origin().port, flush=True)
    threading.Event().wait()
