//! One request through the cache.

use super::body::{Answered, Piece, Received};
use super::fields;
use super::interim::Interim;
use super::{ProxyClient, Setup};
use crate::{HEAD_BYTES, HEAD_FIELDS, TcpError};
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode, Version};
use hyper::body::Incoming;
use larder::client::{AwaitedReply, Call, Content, Failure, Origin, Outcome, Storing};
use larder::head::{HeadBuf, HeadError, Method, ResponseHead};
use larder::store::PairStore;
use std::rc::Rc;
use tokio::select;
use tokio::sync::oneshot;

/// Octets of an answer's body handed on at a time.
const CHUNK: usize = 16 * 1024;

type Head = HeadBuf<HEAD_BYTES, HEAD_FIELDS>;

/// Answers a client's request; the answer goes to `answer`, its body follows.
pub(super) async fn run<S: PairStore + Clone + 'static>(
    setup: Rc<Setup<S>>,
    request: http::Request<Incoming>,
    interim: Interim,
    answer: oneshot::Sender<Response<Answered>>,
) {
    let (parts, body) = request.into_parts();
    let uri = match parts.uri.path_and_query() {
        // OPTIONS for the whole server has no path (RFC 9112 §3.2.4).
        Some(path) if path == "*" => setup.origin.clone(),
        Some(path) => format!("{}{path}", setup.origin),
        None => format!("{}/", setup.origin),
    };
    let mut head = Box::new(Head::new());
    if let Err(error) = fields::take_request(&mut head, &parts, &uri) {
        refuse(answer, status_of(error));
        return;
    }
    let Some(request) = head.request() else {
        refuse(answer, StatusCode::BAD_REQUEST);
        return;
    };
    // Clients of HTTP/1.0 know no interim responses (RFC 9110 §15.2).
    let listens = parts.version > Version::HTTP_10;
    let mut listener = move |response: &ResponseHead<'_>| {
        if listens {
            interim.send(response);
        }
    };
    let mut client = setup.client();
    let call = Call::new(request).interim(&mut listener);
    let hand_over = HandOver { name: setup.name.as_deref(), method: request.method, answer };
    let due = match Received::of(body, &parts.headers) {
        Some(content) => exchange(&mut client, call.content(content), &setup, hand_over).await,
        None => exchange(&mut client, call, &setup, hand_over).await,
    };
    // A pair that was left half-way is given up now: no later request has this client. What fails
    // here shows in the store's health.
    let _ = client.idle().await;
    if due {
        tokio::task::spawn_local(validate(setup, head));
    }
}

/// Walks the cache and hands the answer on. Whether a validation is due then (RFC 5861 §3).
async fn exchange<'c, S: PairStore, T: Content>(
    client: &'c mut ProxyClient<S>,
    call: Call<'c, T>,
    setup: &'c Setup<S>,
    mut to: HandOver<'_>,
) -> bool {
    let reply = async {
        match &setup.flights {
            Some(flights) => client.collapsed(call, flights).await,
            None => client.call(call).await.into(),
        }
    };
    let reply = select! {
        reply = reply => reply,
        // The client has gone.
        () = to.answer.closed() => return false,
    };
    if reply.report().outcome == Outcome::GatewayTimeout {
        if let Some(failure) = reply.failure() {
            log::warn!("larder: {}", describe(failure));
        }
        refuse(to.answer, gateway_status(reply.failure()));
        return false;
    }
    let due = reply.report().validation_due;
    hand_on(reply, to).await;
    due
}

/// Where an answer goes, and how.
pub(crate) struct HandOver<'a> {
    /// What the cache calls itself in `Cache-Status`.
    pub(crate) name: Option<&'a str>,
    /// The request's method.
    pub(crate) method: Method<'a>,
    /// Who waits for it.
    pub(crate) answer: oneshot::Sender<Response<Answered>>,
}

/// Hands head and body on. What is stored is stored before the client sees the end of it.
pub(crate) async fn hand_on<S: PairStore, O: Origin>(
    mut reply: AwaitedReply<'_, S, O>,
    HandOver { name, method, answer }: HandOver<'_>,
) {
    let mut buf = vec![0; CHUNK];
    let status = reply.status();
    // The client takes the head of such an answer for all of it.
    let is_head_only = method == Method::Head || matches!(status, 204 | 304 | 412 | 416);
    if is_head_only && reply.report().storing == Storing::Underway && reply.read(&mut buf).await.is_err() {
        return refuse(answer, StatusCode::BAD_GATEWAY);
    }
    let Some((mut fields, status)) = fields::answer(reply.fields()).zip(StatusCode::from_u16(status).ok())
    else {
        return refuse(answer, StatusCode::BAD_GATEWAY);
    };
    if let Some(member) =
        name.zip(reply.cache_status()).and_then(|(name, status)| fields::member(name, &status))
    {
        fields.append("cache-status", member);
    }
    let promised = fields.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let mut sent = 0;
    let (pieces, body) = Answered::new();
    let mut response = Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, fields);
    if answer.send(response).is_err() {
        return;
    }
    loop {
        let read = select! {
            read = reply.read(&mut buf) => read,
            () = pieces.closed() => return,
        };
        let piece = match read {
            Ok(0) => Piece::End,
            Ok(read) => Piece::Octets(Bytes::copy_from_slice(buf.get(..read).unwrap_or(&buf))),
            // Dropped without an end: the client's connection is closed in the middle of the body.
            Err(error) => return log::warn!("larder: {error}"),
        };
        let ended = matches!(piece, Piece::End);
        if let Piece::Octets(octets) = &piece {
            sent += octets.len() as u64;
            if Some(sent) == promised {
                // hyper drops a body of which it has all octets. What follows is only for the store.
                let _ = reply.read(&mut buf).await;
            }
        }
        if pieces.send(piece).await.is_err() || ended {
            return;
        }
    }
}

/// Validates what was served stale, after it was served.
async fn validate<S: PairStore + Clone>(setup: Rc<Setup<S>>, head: Box<Head>) {
    let mut client = setup.client();
    let mut buf = vec![0; CHUNK];
    if let Some(request) = head.request() {
        match &setup.flights {
            Some(flights) => client.validate_collapsed(request, flights, &mut buf).await,
            None => client.validate(request, &mut buf).await,
        };
        let _ = client.idle().await;
    }
}

/// An answer of the proxy's own, without content.
pub(crate) fn refuse(answer: oneshot::Sender<Response<Answered>>, status: StatusCode) {
    let (pieces, body) = Answered::new();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_LENGTH, http::HeaderValue::from_static("0"));
    // Nobody is left to tell if this fails.
    let _ = pieces.try_send(Piece::End);
    let _ = answer.send(response);
}

pub(crate) fn status_of(error: HeadError) -> StatusCode {
    match error {
        HeadError::TooLong | HeadError::TooManyFields => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        HeadError::Malformed(_) => StatusCode::BAD_REQUEST,
    }
}

/// 504 of the cache's own: 502 if the origin was reached and what came back is no answer.
fn gateway_status(failure: Option<&Failure<TcpError>>) -> StatusCode {
    match failure {
        Some(Failure::Origin(error)) if error.is_bad_answer() => StatusCode::BAD_GATEWAY,
        Some(Failure::Origin(TcpError::Content(_) | TcpError::Unsendable(_) | TcpError::Uri(_))) => {
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::GATEWAY_TIMEOUT,
    }
}

fn describe(failure: &Failure<TcpError>) -> String {
    match failure {
        Failure::Origin(error) => error.to_string(),
        Failure::DeadlinePassed => "the deadline passed".to_owned(),
    }
}
