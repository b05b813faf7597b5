//! What the origin's bodies are: every octet follows from URI and version, so that a body that was
//! served can be told to be the right one. `origin.py` has the same in Python.

/// Checks a body as it is read.
pub struct Check {
    seed: u32,
    expected: u32,
    at: u32,
    right: bool,
}

impl Check {
    /// A check of the body that the origin has for `path` (with its query) in `version`.
    pub fn new(path: &str, version: u32) -> Self {
        let name = path
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193));
        let seed = name ^ version.wrapping_mul(0x9e37_79b9);
        Self { seed, expected: number(path, "octets").unwrap_or(0), at: 0, right: true }
    }

    /// More of the body.
    pub fn feed(&mut self, octets: &[u8]) {
        for octet in octets {
            let word = mix(self.seed.wrapping_add((self.at / 4).wrapping_mul(0x9e37_79b9)));
            self.right &= word.to_le_bytes()[self.at as usize % 4] == *octet;
            self.at += 1;
        }
    }

    /// Whether it was right so far.
    pub const fn is_right(&self) -> bool {
        self.right && self.at <= self.expected
    }

    /// Whether it was right, and is whole.
    pub const fn is_whole(&self) -> bool {
        self.right && self.at == self.expected
    }
}

const fn mix(mut word: u32) -> u32 {
    word ^= word >> 16;
    word = word.wrapping_mul(0x85eb_ca6b);
    word ^= word >> 13;
    word = word.wrapping_mul(0xc2b2_ae35);
    word ^ word >> 16
}

/// The number that the query of `path` gives to `name`.
pub fn number(path: &str, name: &str) -> Option<u32> {
    let query = path.split_once('?')?.1;
    let value = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    value.parse().ok()
}

/// The version that an entity tag of the origin names: `"v17"`.
pub fn version(etag: Option<&[u8]>) -> Option<u32> {
    let text = str::from_utf8(etag?).ok()?;
    text.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()
}
