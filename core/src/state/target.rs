//! Where a request goes, if what is stored of its response is found under a name of the caller's.

use crate::head::{RequestHead, ResponseHead};
#[cfg(not(feature = "digest"))]
use core::marker::PhantomData;

/// Where a request goes: to its own URI, or elsewhere. The URI is then only a name, which the response is
/// stored and found under (`IdleClient::sending_to`, with the feature `digest`).
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Target<'a> {
    #[cfg(feature = "digest")]
    elsewhere: Option<&'a str>,
    #[cfg(not(feature = "digest"))]
    nowhere: PhantomData<&'a str>,
}

impl<'a> Target<'a> {
    /// The request's own URI.
    #[cfg(feature = "digest")]
    pub(crate) const OWN: Self = Self { elsewhere: None };
    /// The request's own URI.
    #[cfg(not(feature = "digest"))]
    pub(crate) const OWN: Self = Self { nowhere: PhantomData };

    #[cfg(feature = "digest")]
    pub(crate) const fn elsewhere(uri: &'a str) -> Self {
        Self { elsewhere: Some(uri) }
    }

    /// Whether the request's URI is a name.
    pub(crate) const fn is_elsewhere(&self) -> bool {
        #[cfg(feature = "digest")]
        return self.elsewhere.is_some();
        #[cfg(not(feature = "digest"))]
        false
    }

    /// The URI that the origin is asked for.
    pub(crate) const fn of(&self, request: &RequestHead<'a>) -> &'a str {
        #[cfg(feature = "digest")]
        if let Some(uri) = self.elsewhere {
            return uri;
        }
        request.uri
    }

    /// Whether a response says nothing of what the name stands for: a redirection, an error, whatever is
    /// about the URI that was asked.
    pub(crate) const fn is_beside(&self, response: &ResponseHead<'_>) -> bool {
        self.is_elsewhere() && !matches!(response.status, 200 | 206 | 304 | 416)
    }
}
