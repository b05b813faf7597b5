//! A conformance suite for origins: the contract of [`Origin`], case by case, against real sockets on the loopback. What a
//! device would meet.
//!
//! Two macros make a test of every case. [`contract_suite!`] asks what every origin owes, whatever carries it, also a
//! modem that does HTTP itself (a simulated one, that reaches the loopback). [`origin_suite!`] asks more, of adapters on
//! [`larder_http1`]: which error it is, and when a connection is used again; see the tests of `larder-reqwless` and
//! `larder-edge-http`.
//!
//! ```no_run
//! # mod yours {
//! #     use larder::client::{BodyRead, Content, Sending};
//! #     use larder::head::{HeadMut, Outgoing};
//! #     pub struct ModemOrigin;
//! #     impl ModemOrigin { pub fn simulated() -> Self { Self } }
//! #     impl larder::Origin for ModemOrigin {
//! #         type Error = ();
//! #         async fn send<C: Content>(&mut self, _: &Outgoing<'_>, _: Sending<'_, C>, _: HeadMut<'_>) -> Result<(), ()> {
//! #             Err(())
//! #         }
//! #         async fn read(&mut self, _: &mut [u8]) -> Result<BodyRead, ()> { Err(()) }
//! #     }
//! # }
//! # use yours::ModemOrigin;
//! struct Modem;
//!
//! impl larder_origin_suite::Adapter for Modem {
//!     type Origin = ModemOrigin;
//!
//!     fn origin(_keep_alive: bool) -> ModemOrigin {
//!         ModemOrigin::simulated()
//!     }
//! }
//!
//! larder_origin_suite::contract_suite!(Modem);
//! # fn main() {}
//! ```
//!
//! What an origin cannot pass for a good reason is left out by naming the others:
//! `#[test] fn … { larder_origin_suite::cases::…::<Modem>() }`.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "it is a test")]

mod client;
mod connections;
mod contract;
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
    type Origin: Origin;

    /// Whether chunked bodies with trailers can be read; else they are an error. The contract leaves it open.
    const READS_TRAILERS: bool = false;

    /// A new one. A head of 2 KiB and 64 lines fits. The contract does not ask whether connections are kept.
    fn origin(keep_alive: bool) -> Self::Origin;
}

/// An [`Adapter`] on [`larder_http1`].
pub trait Http1Adapter: Adapter<Origin: Origin<Error = Error>> {}

impl<A: Adapter<Origin: Origin<Error = Error>>> Http1Adapter for A {}

macro_rules! cases {
    (
        $d:tt;
        both: $($both_in:ident :: $both:ident,)*;
        origin: $($origin_in:ident :: $origin:ident,)*;
        contract: $($contract_in:ident :: $contract:ident,)*;
    ) => {
        /// The cases.
        pub mod cases {
            $(pub use super::$both_in::$both;)*
            $(pub use super::$origin_in::$origin;)*
            $(pub use super::$contract_in::$contract;)*
        }

        /// Makes a test of every case for an adapter on `larder_http1`. The argument is the [`Adapter`].
        #[macro_export]
        macro_rules! origin_suite {
            ($d adapter:ty) => {
                $(#[test] fn $both() { $crate::cases::$both::<$d adapter>(); })*
                $(#[test] fn $origin() { $crate::cases::$origin::<$d adapter>(); })*
            };
        }

        /// Makes a test of what every origin owes, whatever its errors are. The argument is the [`Adapter`].
        #[macro_export]
        macro_rules! contract_suite {
            ($d adapter:ty) => {
                $(#[test] fn $both() { $crate::cases::$both::<$d adapter>(); })*
                $(#[test] fn $contract() { $crate::cases::$contract::<$d adapter>(); })*
            };
        }
    };
}

cases! {
    $;
    both:
        responses::a_cut_off_body_is_told_from_a_whole_one,
        responses::what_came_before_the_cut_is_handed_over,
        responses::bodies_are_the_same_through_buffers_of_any_size,
        responses::field_lines_come_as_they_were_sent,
        end_to_end::s3_4_a_download_over_a_broken_link_goes_on_where_it_stopped,
    ;
    origin:
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
        responses::rfc9112_s7_1_malformed_chunks_are_an_error_and_never_the_end,
        responses::rfc9112_s7_1_2_trailers_are_passed_over_or_an_error,
        responses::a_reset_in_a_body_that_the_close_delimits_is_an_error,
        responses::rfc9112_s6_3_head_204_and_304_have_no_body_whatever_they_say,
        responses::interim_responses_come_one_by_one,
        responses::what_is_no_answer_is_an_error,
        responses::a_head_of_too_many_lines_is_refused_whole,
        end_to_end::miss_hit_and_304,
    ;
    contract:
        contract::every_line_goes_out_as_it_is_and_once,
        contract::what_would_be_another_request_is_an_error_and_nothing_is_sent,
        contract::content_goes_out_whole_or_the_request_fails,
        contract::an_origin_that_does_not_listen_is_an_error,
        contract::what_is_no_answer_and_what_does_not_fit_is_an_error,
        contract::rfc9112_s6_3_head_204_and_304_have_no_body,
        contract::the_next_answer_is_right_whatever_was_left_of_the_last,
        contract::a_miss_a_hit_and_a_304,
    ;
}
