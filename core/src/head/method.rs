//! Request methods (RFC 9110 §9).

use core::fmt;

/// A request method. Names are case-sensitive: `get` is [`Other`](Self::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Method<'a> {
    /// Transfer a current representation.
    Get,
    /// Like GET, without the content.
    Head,
    /// Process the content by the resource's own rules.
    Post,
    /// Replace the representation.
    Put,
    /// Remove the resource.
    Delete,
    /// Change the representation in part (RFC 5789).
    Patch,
    /// Describe the communication options.
    Options,
    /// Loop the request back.
    Trace,
    /// Open a tunnel.
    Connect,
    /// Answer the question in the content, and change nothing.
    Query,
    /// Any other, by name.
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// The method called `name`.
    pub fn from_name(name: &'a str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "PATCH" => Self::Patch,
            "OPTIONS" => Self::Options,
            "TRACE" => Self::Trace,
            "CONNECT" => Self::Connect,
            "QUERY" => Self::Query,
            other => Self::Other(other),
        }
    }

    /// Its name, as it stands on the request line.
    pub const fn name(self) -> &'a str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Connect => "CONNECT",
            Self::Query => "QUERY",
            Self::Other(name) => name,
        }
    }

    /// Whether it is a QUERY that this build may store the response to.
    pub(crate) const fn is_query(self) -> bool {
        cfg!(feature = "query") && matches!(self, Self::Query)
    }

    /// Whether the method asks for nothing but reading (RFC 9110 §9.2.1). Unknown methods are
    /// taken for unsafe, so that they invalidate (§4.4).
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options | Self::Trace | Self::Query)
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
