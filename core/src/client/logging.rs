//! One line per transition: through defmt on devices, through `log` on hosts, or nowhere.
//!
//! With both features on (unification does that), defmt wins on bare metal and `log` elsewhere, so
//! that host programs link.

use super::Step;

/// A state was entered.
pub(super) fn transition(step: Step) {
    #[cfg(all(feature = "defmt", any(target_os = "none", not(feature = "log"))))]
    defmt::debug!("larder: {}", step);
    #[cfg(all(feature = "log", not(all(feature = "defmt", target_os = "none"))))]
    log::debug!("{step}");
    let _ = step;
}
