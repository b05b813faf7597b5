//! The field lines of a request.

use crate::{Announced, Error, Target};
use larder::head::{Edited, Method, Outgoing};

/// The lines to send: those of the request, `Host` where it is missing, what frames the content, and
/// `Connection: close` where the connection is not to stay.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'r> {
    fields: Edited<'r>,
    host: Option<&'r str>,
    content: Option<&'r Announced>,
    close: bool,
}

impl<'r> Lines<'r> {
    /// Those of `request`. The framing follows from the content; a line that says something else would
    /// let two requests be seen where one was sent.
    ///
    /// # Errors
    /// [`Error::Unsendable`] for a name that is no token, a control character in a value, and a
    /// `Content-Length` without content.
    pub fn of(
        request: &Outgoing<'r>,
        target: &Target<'r>,
        content: Option<&'r Announced>,
        keep_alive: bool,
    ) -> Result<Self, Error> {
        let (mut host, mut connection) = (false, false);
        for field in request.fields {
            let is_control = |octet: &u8| *octet != b'\t' && octet.is_ascii_control();
            if !is_token(field.name()) || field.value().iter().any(is_control) {
                return Err(Error::Unsendable("a field line with a control character"));
            }
            if field.is("content-length") && content.is_none() && field.value() != b"0" {
                return Err(Error::Unsendable("Content-Length without content"));
            }
            host |= field.is("host");
            connection |= field.is("connection");
        }
        Ok(Self {
            fields: request.fields,
            host: (!host).then_some(target.authority),
            content,
            close: !keep_alive && !connection,
        })
    }

    /// Name and value of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'r str, &'r [u8])> + use<'r> {
        let content = self.content;
        let fields = self.fields.into_iter().filter(move |field| {
            let framed = field.is("content-length") && content.is_some();
            !framed && !field.is("transfer-encoding")
        });
        fields
            .map(|field| (field.name(), field.value()))
            .chain(self.host.map(|host| ("Host", host.as_bytes())))
            .chain(content.map(Announced::line))
            .chain(self.close.then_some(("Connection", &b"close"[..])))
    }
}

/// The method as it stands on the request line.
///
/// # Errors
/// [`Error::Unsendable`] for what is no token, and for CONNECT, which has another kind of answer.
pub fn method_name(method: Method<'_>) -> Result<&str, Error> {
    match method.name() {
        name if method != Method::Connect && is_token(name) => Ok(name),
        _ => Err(Error::Unsendable("the method")),
    }
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|octet| octet.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&octet))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::Schemes;
    use larder::head::{Fields, RequestHead};
    use std::vec::Vec;

    const URI: &str = "http://h:1/";

    fn lines<'r>(
        fields: &'r [(&'r str, &'r str)],
        content: Option<&'r Announced>,
        keep_alive: bool,
    ) -> Result<Vec<(&'r str, &'r [u8])>, Error> {
        let request = RequestHead::get(URI).with_fields(Fields::new(fields)).into();
        let target = Target::of(Schemes::Http, Method::Get, URI).expect("a target");
        Ok(Lines::of(&request, &target, content, keep_alive)?.iter().collect())
    }

    #[test]
    fn what_belongs_to_the_connection_is_added_where_it_is_missing() {
        assert_eq!(lines(&[], None, true), Ok([("Host", &b"h:1"[..])].to_vec()));
        let expected = [("host", &b"x"[..]), ("A", b"b"), ("A", b"b"), ("Connection", b"close")];
        assert_eq!(lines(&[("host", "x"), ("A", "b"), ("A", "b")], None, false), Ok(expected.to_vec()));
        let said = [("Host", "x"), ("Connection", "TE")];
        assert_eq!(lines(&said, None, false).map(|lines| lines.len()), Ok(2));
    }

    #[test]
    fn rfc9112_s6_the_framing_is_that_of_the_content() {
        let said = [("Host", "h"), ("Content-Length", "7"), ("Transfer-Encoding", "gzip")];
        let (five, unknown) = (Announced::new(Some(5)), Announced::new(None));
        let expected = [("Host", &b"h"[..]), ("Content-Length", b"5")];
        assert_eq!(lines(&said, Some(&five), true), Ok(expected.to_vec()));
        let expected = [("Host", &b"h"[..]), ("Transfer-Encoding", b"chunked")];
        assert_eq!(lines(&said, Some(&unknown), true), Ok(expected.to_vec()));
        assert!(matches!(lines(&said, None, true), Err(Error::Unsendable(_))));
    }

    #[test]
    fn what_would_be_another_line_is_refused() {
        for line in [("A", "b\r\nC: d"), ("A B", "c"), ("", "a"), ("A:", "b"), ("A", "\u{7f}")] {
            assert!(matches!(lines(&[line], None, true), Err(Error::Unsendable(_))), "{line:?}");
        }
        for method in [Method::Connect, Method::Other("A B"), Method::Other("")] {
            assert!(matches!(method_name(method), Err(Error::Unsendable(_))), "{method:?}");
        }
        assert_eq!(method_name(Method::Other("PROPFIND")), Ok("PROPFIND"));
    }
}
