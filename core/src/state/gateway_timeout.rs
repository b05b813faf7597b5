//! `GatewayTimeout`: neither the cache nor the origin can answer (RFC 9111 §5.2.1.7, §4.2.4).

use super::Context;
use crate::reason::Reason;

/// The end: 504 to the client.
#[derive(Clone, Copy, Debug)]
pub struct GatewayTimeout<'a> {
    context: Context<'a>,
    reason: Reason,
}

super::context!(GatewayTimeout);

impl<'a> GatewayTimeout<'a> {
    pub(crate) const fn new(context: Context<'a>, reason: Reason) -> Self {
        Self { context, reason }
    }

    /// 504. Where the cache is the origin's own, 500 instead if the handler failed (RFC 9110 §15.6.1).
    pub const fn status(&self) -> u16 {
        let is_own_failure = self.context.asked().at_origin() && !matches!(self.reason, Reason::OnlyIfCached);
        if is_own_failure { 500 } else { 504 }
    }

    /// Why.
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}
