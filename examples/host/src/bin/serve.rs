//! A device with a web API and the cache in front of its handlers: `serve --listen 127.0.0.1:8080`, then
//! `curl -i http://127.0.0.1:8080/temperature` a few times. `/log` and `/setpoint` are there, too.

use clap::Parser;
use larder::store::RamStore;
use larder_host::serve::{Api, Setup, serve};
use larder_host::{SharedStore, SystemClock, logger, note, output, say};
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use tokio::task::LocalSet;

/// 64 KiB, for at most 16 pairs.
static STORE: SharedStore<512, 16> = SharedStore::new(RamStore::new());

/// A device that serves HTTP itself, with an HTTP cache (RFC 9111) in front of its handlers.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes any free one. The address is printed.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Log every state that is entered.
    #[arg(short, long)]
    verbose: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logger::show(if arguments.verbose { log::LevelFilter::Debug } else { log::LevelFilter::Warn });
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note!("serve: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> io::Result<()> {
    let listener = output::listen(arguments.listen).await?;
    say!("listening on http://{} for /temperature, /log, /setpoint", listener.local_addr()?);
    let setup =
        Setup { store: &STORE, api: Api::default(), clock: SystemClock::new(), flights: Rc::default() };
    LocalSet::new().run_until(serve(listener, setup)).await
}
