//! A conformance suite for adapters to HTTP libraries: the contract of [`Origin`], case by case, against
//! real sockets on the loopback. What a device would meet.
//!
//! [`origin_suite!`] makes a test of every case; see the tests of `larder-reqwless` and `larder-edge-http`.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "it is a test")]

mod client;
mod connections;
mod end_to_end;
mod requests;
mod responses;

pub use client::{Exchanged, body, by_path, client, closing, exchange, get, run};
pub use larder_tests::sockets::{Message, TestOrigin, Then, response};

use larder::client::Origin;
use larder_http1::Error;

/// What is tested.
pub trait Adapter {
    /// The origin, for `http` URIs.
    type Origin: Origin<Error = Error>;

    /// Whether chunked bodies with trailers can be read; else they are an error.
    const READS_TRAILERS: bool;

    /// A new one. A head of 2 KiB and 64 lines fits.
    fn origin(keep_alive: bool) -> Self::Origin;
}

macro_rules! cases {
    ($d:tt; $($module:ident :: $name:ident,)*) => {
        /// The cases.
        pub mod cases {
            $(pub use super::$module::$name;)*
        }

        /// Makes a test of every case. The argument is the [`Adapter`].
        #[macro_export]
        macro_rules! origin_suite {
            ($d adapter:ty) => {
                $(
                    #[test]
                    fn $name() {
                        $crate::cases::$name::<$d adapter>();
                    }
                )*
            };
        }
    };
}

cases! {
    $;
    connections::rfc9112_s9_3_a_connection_is_used_again_after_a_body_read_to_its_end,
    connections::rfc9112_s9_3_a_connection_is_used_again_after_an_answer_without_a_body_and_a_chunked_one,
    connections::without_keep_alive_every_request_has_a_connection_of_its_own_and_says_so,
    connections::a_connection_is_not_used_again_when_the_body_was_left_half_read,
    connections::a_connection_is_not_used_again_when_octets_follow_the_body,
    connections::a_connection_is_not_used_again_when_the_origin_closed_it,
    connections::rfc9112_s9_6_a_connection_is_not_used_again_when_the_origin_said_so_or_is_old,
    connections::a_connection_is_not_used_again_for_another_origin,
    connections::a_connection_is_not_used_again_when_the_answer_was_not_waited_for,
    connections::a_body_that_was_not_waited_for_is_cut_off_and_its_connection_not_used_again,
    connections::a_connection_is_not_used_again_after_a_body_that_was_cut_off,
    connections::rfc9112_s9_3_1_what_may_be_repeated_is_sent_again_if_the_kept_connection_ends,
    connections::rfc9112_s9_3_1_nothing_else_is_ever_sent_again,
    requests::the_head_goes_out_as_it_is_with_the_host_and_its_port,
    requests::a_head_of_any_length_goes_out_whole,
    requests::a_host_line_of_the_request_is_kept,
    requests::what_cannot_be_sent_is_an_error_and_not_left_out,
    requests::an_origin_that_does_not_listen_cannot_be_connected_to,
    requests::rfc9110_s8_6_content_of_another_length_than_it_said_is_an_error,
    responses::a_cut_off_body_is_told_from_a_whole_one,
    responses::what_came_before_the_cut_is_handed_over,
    responses::rfc9112_s7_1_malformed_chunks_are_an_error_and_never_the_end,
    responses::rfc9112_s7_1_2_trailers_are_passed_over_or_an_error,
    responses::a_reset_in_a_body_that_the_close_delimits_is_an_error,
    responses::bodies_are_the_same_through_buffers_of_any_size,
    responses::rfc9112_s6_3_head_204_and_304_have_no_body_whatever_they_say,
    responses::interim_responses_come_one_by_one,
    responses::field_lines_come_as_they_were_sent,
    responses::what_is_no_answer_is_an_error,
    responses::a_head_of_too_many_lines_is_refused_whole,
    end_to_end::miss_hit_and_304,
    end_to_end::s3_4_a_download_over_a_broken_link_goes_on_where_it_stopped,
}
