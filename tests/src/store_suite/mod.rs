//! A conformance suite for stores: the contract of [`PairStore`], case by case.
//!
//! Any implementation can run it. [`store_suite!`](crate::store_suite!) makes a test of every case:
//!
//! ```
//! use larder::store::RamStore;
//!
//! mod a_store_of_8_kib {
//!     # use larder::store::RamStore;
//!     larder_tests::store_suite!(|| RamStore::<64, 16>::new());
//! }
//! ```
//!
//! `make` answers an empty store each time it is called. Stores of any size will do from about
//! 4 KiB and 4 pairs on; cases that need pressure make it themselves.

mod bodies;
mod cancel;
mod eviction;
mod finding;
pub mod groups;
mod incomplete;
mod model;
mod model_parts;
mod sample;
mod writers;

pub use incomplete::{begin_part, extents, more, part};
pub use model::agrees_with_a_map;
pub use sample::{Kept, Sample, Stored, check, find_all, octets, read_body, store, try_store, update};

use larder::store::PairStore;

macro_rules! cases {
    ($d:tt; $($module:ident :: $name:ident,)*) => {
        /// The cases, by name.
        pub const CASES: &[&str] = &[$(stringify!($name),)*];

        /// The cases themselves.
        pub mod cases {
            $(pub use super::$module::$name;)*
        }

        /// Runs every case, each on a new store.
        ///
        /// # Panics
        /// At the first case that fails.
        pub async fn run<S: PairStore>(mut make: impl FnMut() -> S) {
            $(cases::$name(&mut make).await;)*
        }

        /// Makes a test of every case, and one that compares the store with a map.
        ///
        /// The argument is an expression that makes a new, empty store when it is called.
        #[macro_export]
        macro_rules! store_suite {
            ($d make:expr) => {
                $(
                    #[test]
                    fn $name() {
                        $crate::block_on($crate::store_suite::cases::$name(&mut $d make));
                    }
                )*

                #[test]
                fn a_store_agrees_with_a_map_that_may_forget() {
                    $crate::store_suite::agrees_with_a_map(&mut $d make, 48);
                }
            };
        }
    };
}

cases! {
    $;
    finding::a_pair_is_invisible_until_commit,
    finding::a_pair_is_found_once_and_only_under_its_key,
    finding::equivalent_uris_are_one_key,
    finding::several_variants_lie_under_one_key,
    finding::a_record_is_the_pair_again,
    finding::a_record_that_does_not_fit_is_passed_over,
    finding::update_keeps_body_and_id,
    finding::update_of_a_pair_that_is_gone_is_gone,
    finding::remove_is_for_one_pair_and_once_is_enough,
    finding::invalidate_removes_every_variant_and_nothing_else,
    finding::ids_are_never_used_again,
    bodies::a_body_is_read_at_any_offset_with_any_buffer,
    bodies::bodies_of_every_length_around_a_block_are_whole,
    bodies::an_empty_body_is_whole,
    bodies::a_body_of_unknown_length_is_whole_after_commit,
    bodies::chunks_of_any_size_make_the_same_body,
    bodies::reading_a_pair_that_is_gone_is_gone,
    bodies::two_readers_take_turns,
    writers::two_writers_take_turns,
    writers::abandon_leaves_nothing,
    writers::a_stale_writer_gets_gone,
    writers::invalidate_gives_up_what_is_being_written,
    writers::what_was_asked_for_before_an_invalidation_is_refused,
    writers::commit_replaces,
    writers::replacing_what_is_gone_already_is_no_error,
    writers::a_forgotten_writer_gives_its_room_back,
    writers::too_large_a_body_is_refused_and_nothing_is_lost,
    writers::too_large_a_body_of_unknown_length_is_refused_on_the_way,
    writers::too_large_a_head_is_refused,
    incomplete::a_suspended_body_is_kept_as_far_as_it_goes,
    incomplete::a_pair_that_is_not_resumable_is_given_up,
    incomplete::a_resumed_body_is_completed,
    incomplete::holes_are_filled_in_any_order,
    incomplete::a_writer_fills_one_hole,
    incomplete::a_commit_with_octets_missing_replaces_nothing,
    incomplete::a_pair_being_resumed_is_not_found,
    incomplete::abandon_gives_an_incomplete_pair_up,
    incomplete::invalidate_takes_incomplete_pairs,
    incomplete::update_of_an_incomplete_pair_keeps_its_extents,
    incomplete::merged_parts_are_one_body,
    incomplete::merged_parts_with_holes_are_completed,
    eviction::pins_survive_pressure,
    eviction::pins_add_up,
    eviction::remove_takes_pinned_pairs_too,
    eviction::pressure_never_corrupts_others,
    eviction::a_pair_evicted_meanwhile_is_gone_and_never_others_octets,
    eviction::what_was_used_last_stays_longest,
    eviction::a_writer_under_pressure_is_whole_or_gone,
    eviction::health_counts_pairs_and_evictions,
    eviction::maintain_ends_and_loses_nothing,
    cancel::dropped_futures_leave_the_store_sound,
}
