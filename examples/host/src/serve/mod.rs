//! A device that serves HTTP itself, with the cache in front of its handlers.
//!
//! Every request has a server of its own; all share one store and one device. `hyper` is only what speaks
//! HTTP here; on a device that is the HTTP server one has.

mod api;

pub use api::{Api, DEVICE};

use crate::proxy::body::{Answered, Received};
use crate::proxy::exchange::{HandOver, hand_on, refuse, status_of};
use crate::proxy::fields;
use crate::{HEAD_BYTES, HEAD_FIELDS, SystemClock};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use larder::client::{Call, Flights};
use larder::head::HeadBuf;
use larder::server::Server;
use larder::store::PairStore;
use std::io::{self, Write as _};
use std::rc::Rc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::spawn_local;

/// What all requests share.
#[derive(Clone, Debug)]
pub struct Setup<S> {
    /// Where responses are kept: cloned for every request, as `&Mutex<_, _>` can be.
    pub store: S,
    /// The device.
    pub api: Api,
    /// The clock.
    pub clock: SystemClock,
    /// Who is asking the device for what: it measures once, though several ask at once.
    pub flights: Rc<ServeFlights>,
}

/// Room for 4 requests that others wait for, and for 16 that wait.
pub type ServeFlights = Flights<NoopRawMutex, 4, 16>;

/// Serves every connection that `listener` accepts, as long as the future is polled. To be run in a
/// [`LocalSet`](tokio::task::LocalSet).
///
/// # Errors
/// Those of accepting connections, unless they concern one connection only.
pub async fn serve<S: PairStore + Clone + 'static>(listener: TcpListener, setup: Setup<S>) -> io::Result<()> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(spawn_local(serve_connection(stream, setup.clone()))),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

async fn serve_connection<S: PairStore + Clone + 'static>(stream: TcpStream, setup: Setup<S>) {
    let service = service_fn(move |request| {
        let (sender, receiver) = oneshot::channel();
        spawn_local(run(setup.clone(), request, sender));
        receiver
    });
    let mut builder = http1::Builder::new();
    // `Date` is larder's, so that `Age` fits it.
    builder.auto_date_header(false);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        log::debug!("larder: a client's connection ended: {error}");
    }
}

/// Answers one request and says what it took.
async fn run<S: PairStore + Clone>(
    setup: Setup<S>,
    request: Request<Incoming>,
    answer: oneshot::Sender<Response<Answered>>,
) {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut head = Box::new(HeadBuf::<HEAD_BYTES, HEAD_FIELDS>::new());
    if let Err(error) = fields::take_request(&mut head, &parts, &format!("{DEVICE}{path}")) {
        return refuse(answer, status_of(error));
    }
    let Some(request) = head.request() else {
        return refuse(answer, StatusCode::BAD_REQUEST);
    };
    let mut server: Box<Server<_, _, _, HEAD_BYTES, HEAD_FIELDS>> =
        Box::new(Server::new(setup.store, setup.api.clone(), setup.clock));
    let call = Call::new(request);
    let reply = match Received::of(body, &parts.headers) {
        Some(content) => server.collapsed(call.content(content), &setup.flights).await,
        None => server.collapsed(call, &setup.flights).await,
    };
    let (status, outcome, calls) = (reply.status(), reply.report().outcome, setup.api.calls());
    // Whether somebody reads that or not, the device goes on.
    let _ =
        writeln!(io::stdout(), "{} {path} {status} {outcome}, handler calls so far: {calls}", request.method);
    hand_on(reply, HandOver { name: Some("device"), method: request.method, answer }).await;
    // A pair that was left half-way is given up now: no later request has this server. What fails here
    // shows in the store's health.
    let _ = server.idle().await;
}
