//! A reverse proxy with the cache inside, and transparent otherwise.
//!
//! Every request has a client of its own with an origin connection of its own; all clients share
//! one store. Field lines pass as they are, but those of the connection; nothing is decompressed,
//! interim responses pass on, and nothing is ever sent to the origin a second time.

pub(crate) mod body;
pub(crate) mod exchange;
pub(crate) mod fields;
mod interim;

use crate::{HEAD_BYTES, HEAD_FIELDS, SystemClock, TcpOrigin};
use body::Answered;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use interim::{ClientStream, Interim};
use larder::CacheOptions;
use larder::client::{Client, Flights};
use larder::store::PairStore;
use std::io;
use std::rc::Rc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::spawn_local;

/// The client of one request.
type ProxyClient<S> = Client<S, TcpOrigin, SystemClock, HEAD_BYTES, HEAD_FIELDS>;

/// Longest request head that hyper takes; longer ones are answered with 431. Larder's own heads
/// are smaller and lead to 431, too.
const BUFFER_MAX: usize = 64 * 1024;

/// What all requests share.
#[derive(Clone, Debug)]
pub struct Setup<S> {
    /// Where pairs are kept: cloned for every request, as `&Mutex<_, _>` can be.
    pub store: S,
    /// Scheme and authority of the origin, `http://host:port`, without a slash at the end.
    pub origin: String,
    /// The cache's choices.
    pub options: CacheOptions,
    /// The clock.
    pub clock: SystemClock,
    /// The name under which `Cache-Status` (RFC 9211) says what the cache did; `None`: it does not. Printable
    /// ASCII.
    pub name: Option<String>,
    /// Who is asking the origin for what; `None`: every request goes by itself.
    pub flights: Option<Rc<ProxyFlights>>,
}

/// Room for 64 requests that others wait for, and for 512 that wait.
pub type ProxyFlights = Flights<NoopRawMutex, 64, 512>;

impl<S: PairStore + Clone> Setup<S> {
    fn client(&self) -> Box<ProxyClient<S>> {
        Box::new(Client::with_options(self.store.clone(), TcpOrigin::new(), self.clock, self.options))
    }
}

/// Serves every connection that `listener` accepts, as long as the future is polled. To be run
/// in a [`LocalSet`](tokio::task::LocalSet).
///
/// # Errors
/// Those of accepting connections, unless they concern one connection only.
pub async fn serve<S: PairStore + Clone + 'static>(listener: TcpListener, setup: Setup<S>) -> io::Result<()> {
    let setup = Rc::new(setup);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(spawn_local(serve_connection(stream, Rc::clone(&setup)))),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

async fn serve_connection<S: PairStore + Clone + 'static>(stream: TcpStream, setup: Rc<Setup<S>>) {
    // Without it answers only wait longer.
    let _ = stream.set_nodelay(true);
    let interim = Interim::default();
    let io = TokioIo::new(ClientStream::new(stream, interim.clone()));
    let service = service_fn(move |request| answer(Rc::clone(&setup), request, interim.clone()));
    let mut builder = http1::Builder::new();
    // `Date` is the origin's, or larder's.
    builder.auto_date_header(false).max_buf_size(BUFFER_MAX).max_headers(2 * HEAD_FIELDS);
    if let Err(error) = builder.serve_connection(io, service).await {
        log::debug!("larder: a client's connection ended: {error}");
    }
}

/// The answer's head; its body is still on the way.
async fn answer<S: PairStore + Clone + 'static>(
    setup: Rc<Setup<S>>,
    request: Request<Incoming>,
    interim: Interim,
) -> Result<Response<Answered>, oneshot::error::RecvError> {
    let (sender, receiver) = oneshot::channel();
    spawn_local(exchange::run(setup, request, interim.clone(), sender));
    let response = receiver.await;
    interim.close();
    response
}
