//! A reverse proxy with the cache inside: `proxy --listen 127.0.0.1:8080 --origin http://host:80`.

use clap::Parser;
use http::uri::Authority;
use larder::CacheOptions;
use larder::options::{AllowStale, Methods};
use larder::store::{PairStore, RamStore};
use larder_host::proxy::{Setup, serve};
use larder_host::{SharedStore, SystemClock, flash, logger, note, output, say};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use tokio::task::LocalSet;

/// 4 MiB, for at most 2048 pairs.
static STORE: SharedStore<32_768, 2048> = SharedStore::new(RamStore::new());

/// A reverse proxy with an HTTP cache (RFC 9111) inside, transparent otherwise.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes any free one. The address is printed.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The origin: http://host or http://host:port.
    #[arg(long)]
    origin: String,
    /// Cache for one user.
    #[arg(long, conflicts_with = "shared")]
    private: bool,
    /// Cache for many users (the default).
    #[arg(long)]
    shared: bool,
    /// Serve stale answers when the origin fails, unless they forbid it.
    #[arg(long)]
    stale_on_error: bool,
    /// Store answers to POST, where RFC 9110 §9.3.3 allows it.
    #[arg(long)]
    post: bool,
    /// Let `CDN-Cache-Control` (RFC 9213) decide where a response has it.
    #[arg(long)]
    cdn: bool,
    /// Ask for what is missing of a part though it has no strong validator, and drop what comes (the parts
    /// are never combined without one) unless it is the whole.
    #[arg(long)]
    ask_without_validator: bool,
    /// Answer from what is stored in the one language that a request prefers to all others, though it was stored
    /// for another `Accept-Language`. RFC 9111 §4.1 would have the origin asked.
    #[arg(long)]
    select_language: bool,
    /// No freshness without explicit lifetime.
    #[arg(long)]
    no_heuristic: bool,
    /// What the cache calls itself in `Cache-Status` (RFC 9211).
    #[arg(long, default_value = "larder")]
    name: String,
    /// Send no `Cache-Status`.
    #[arg(long)]
    no_cache_status: bool,
    /// Keep the cache in this file, which behaves as NOR flash, so that it outlives the program.
    #[arg(long, value_name = "FILE")]
    flash: Option<PathBuf>,
    /// Send every request to the origin by itself, though others ask for the same thing at that moment.
    #[arg(long)]
    no_collapsing: bool,
    /// Log every state that is entered.
    #[arg(short, long)]
    verbose: bool,
}

impl Arguments {
    fn options(&self) -> CacheOptions {
        let mut options = if self.private { CacheOptions::PRIVATE } else { CacheOptions::SHARED };
        if self.stale_on_error {
            options.allow_stale = AllowStale::OnError;
        }
        if self.post {
            options.supported_methods = options.supported_methods.and(Methods::POST);
        }
        if self.cdn {
            options.targets = &["CDN-Cache-Control"];
        }
        options.select_language = self.select_language;
        options.ask_without_validator = self.ask_without_validator;
        if self.no_heuristic {
            options.heuristic = None;
        }
        options
    }

    /// Scheme and authority of the origin.
    fn origin(&self) -> Result<String, String> {
        let origin = self.origin.trim_end_matches('/');
        let authority = origin.strip_prefix("http://").filter(|rest| !rest.contains(['/', '?', '#', '@']));
        // A port that is none is no error of `Authority`.
        let is_whole = |authority: &Authority| {
            !authority.host().is_empty()
                && (authority.port_u16().is_some() || authority.as_str() == authority.host())
        };
        match authority.map(str::parse::<Authority>) {
            Some(Ok(authority)) if is_whole(&authority) => Ok(origin.to_owned()),
            _ => Err(format!("--origin takes http://host or http://host:port, not {}", self.origin)),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logger::show(if arguments.verbose { log::LevelFilter::Debug } else { log::LevelFilter::Warn });
    let ran = match &arguments.flash {
        Some(path) => match flash::open(path).await {
            Ok(store) => run(&arguments, store).await,
            Err(error) => Err(error),
        },
        None => run(&arguments, &STORE).await,
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note!("proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run<S: PairStore + Clone + 'static>(arguments: &Arguments, store: S) -> io::Result<()> {
    let (origin, options) = (arguments.origin().map_err(io::Error::other)?, arguments.options());
    let name = (!arguments.no_cache_status).then(|| arguments.name.clone());
    let flights = (!arguments.no_collapsing).then(Rc::default);
    let setup = Setup { store, origin, options, clock: SystemClock::new(), name, flights };
    let listener = output::listen(arguments.listen).await?;
    say!("listening on http://{} for {}", listener.local_addr()?, setup.origin);
    LocalSet::new().run_until(serve(listener, setup)).await
}
