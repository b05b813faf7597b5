//! What the programs share: an origin over TCP, clocks, a store, a reverse proxy, a device that serves.
//!
//! Everything runs on one thread, as on a device. What a program needs of larder is in
//! [`origin`] and [`clock`]; the rest is HTTP for a desk.

pub mod clock;
pub mod demo;
pub mod download;
pub mod flash;
pub mod inspect;
pub mod logger;
pub mod origin;
pub mod output;
pub mod proxy;
pub mod serve;
pub mod summary;

pub use clock::{MockClock, SystemClock};
pub use origin::{TcpError, TcpOrigin, Wire};

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::mutex::Mutex;
use larder::store::RamStore;
use larder_storage_flash::FlashStore;

// Programs for a desk have `std`, which brings the critical section.
use critical_section as _;

/// A store in RAM that the clients of several tasks share. Put it in a `static`: it is far too
/// large for a stack.
///
/// ```
/// use larder::store::RamStore;
/// use larder_host::SharedStore;
///
/// // 1 MiB, for at most 64 pairs.
/// static STORE: SharedStore<8192, 64> = SharedStore::new(RamStore::new());
/// ```
pub type SharedStore<const BLOCKS: usize, const PAIRS: usize> =
    Mutex<CriticalSectionRawMutex, RamStore<BLOCKS, PAIRS>>;

/// A store on flash that the clients of several tasks share: 1,024 pairs, eight bodies at a time.
pub type SharedFlash = Mutex<CriticalSectionRawMutex, FlashStore<flash::FileFlash, 1024, 8>>;

/// Most octets of a head, in every program here.
pub const HEAD_BYTES: usize = 16 * 1024;

/// Most field lines of a head, in every program here.
pub const HEAD_FIELDS: usize = 128;
