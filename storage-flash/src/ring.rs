//! The ring: the log, what is known of the pairs in it, and where they were read last.

use crate::bodies::Place;
use crate::catalog::Catalog;
use crate::geometry::Geometry;
use crate::log::Log;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash};
use larder::pair::PairId;

/// All of the store but its writers.
#[derive(Clone, Debug)]
pub(crate) struct Ring<F: ErrorType, const PAIRS: usize> {
    pub(crate) log: Log<F>,
    pub(crate) catalog: Catalog<PAIRS>,
    pub(crate) places: Places,
    /// Which groups of pairs were invalidated, by where the log stood then.
    #[cfg(feature = "groups")]
    pub(crate) groups: larder::store::InvalidGroups,
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    pub(crate) fn new(flash: F, geometry: Geometry) -> Self {
        Self {
            log: Log::new(flash, geometry),
            catalog: Catalog::new(geometry),
            places: Places::default(),
            #[cfg(feature = "groups")]
            groups: larder::store::InvalidGroups::new(),
        }
    }
}

/// Where the last reads were, of a few pairs: so that a body that is read on is not looked for from
/// its beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places {
    places: [Option<Place>; PLACES],
    next: usize,
}

/// Bodies that are read turn by turn without being looked for again.
const PLACES: usize = 3;

impl Places {
    pub(crate) fn get(&self, id: PairId) -> Option<Place> {
        self.places.iter().flatten().find(|place| place.id == id).copied()
    }

    #[inline(never)]
    pub(crate) fn set(&mut self, place: Place) {
        let known = self.places.iter().position(|known| known.is_some_and(|known| known.id == place.id));
        let at = known.unwrap_or_else(|| {
            self.next = (self.next + 1) % PLACES;
            self.next
        });
        if let Some(slot) = self.places.get_mut(at) {
            *slot = Some(place);
        }
    }

    #[inline(never)]
    pub(crate) fn clear(&mut self) {
        self.places = [None; PLACES];
    }
}
