//! What a QUERY is found by beside its URI: its content, by a digest, and the fields that say what the
//! content is.

use crate::head::{Field, Fields};

/// The name of the line that holds the digest; no field can have it.
const CONTENT: &str = ":content";

/// Fields that say what content is. The digest is that of its octets.
const ABOUT: [&str; 3] = ["content-type", "content-encoding", "content-language"];

/// The lines that are kept of a QUERY whose content has this digest. None without one.
pub(crate) fn lines<'a>(request: Fields<'a>, digest: Option<&'a [u8]>) -> impl Iterator<Item = Field<'a>> {
    let about = if digest.is_some() { request } else { Fields::EMPTY };
    let about = about.into_iter().filter(|line| ABOUT.iter().any(|name| line.is(name)));
    digest.map(|digest| Field::new(CONTENT, digest)).into_iter().chain(about)
}

/// Whether lines kept of a QUERY are those of another with this digest: octet by octet.
pub(crate) fn is_same(kept: Fields<'_>, request: Fields<'_>, digest: &[u8]) -> bool {
    let is_same = |name: &str| kept.lines(name).eq(request.lines(name));
    kept.get(CONTENT) == Some(digest) && ABOUT.iter().all(|name| is_same(name))
}
