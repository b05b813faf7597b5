//! Like curl, through the cache: `fetch http://host/path --repeat 2 -v`.

use clap::Parser;
use larder::CacheOptions;
use larder::client::download::Wanted;
use larder::client::{Call, Client, Outcome, Reply, Report};
use larder::fields::Digest;
use larder::head::{Fields, HeadBuf, Method, RequestHead};
use larder::store::{PairStore, RamStore};
use larder_host::download::{self, Downloaded, Patience};
use larder_host::output::Replacing;
use larder_host::summary::{forwarded, storing, walk};
use larder_host::{HEAD_BYTES, HEAD_FIELDS, SharedStore, SystemClock, TcpOrigin, Wire, note};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Nearly 8 MiB, for at most 64 pairs.
static STORE: SharedStore<65_000, 64> = SharedStore::new(RamStore::new());

type FetchClient<S> = Client<S, TcpOrigin, SystemClock, HEAD_BYTES, HEAD_FIELDS>;

/// Fetches http URIs through an HTTP cache (RFC 9111) that lives as long as the program, or in a
/// file.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// What to fetch.
    #[arg(required = true)]
    urls: Vec<String>,
    /// How often each one; its body is written once.
    #[arg(long, default_value_t = 1)]
    repeat: u32,
    /// Show heads, the states walked, and what came of it.
    #[arg(short, long)]
    verbose: bool,
    /// Cache for one user (the default).
    #[arg(long, conflicts_with = "shared")]
    private: bool,
    /// Cache for many users.
    #[arg(long)]
    shared: bool,
    /// The request's method.
    #[arg(short = 'X', long, default_value = "GET")]
    method: String,
    /// The request's content.
    #[arg(short, long)]
    data: Option<String>,
    /// A field line to send: 'Name: value'.
    #[arg(short = 'H', long = "header", value_parser = field_line)]
    fields: Vec<(String, String)>,
    /// Take answers that have been stale for so many seconds.
    #[arg(long, value_name = "SECONDS")]
    max_stale: Option<u32>,
    /// Wait so many seconds for the origin's answer, and for each piece of its body.
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u64>,
    /// Keep the cache in this file, which behaves as NOR flash, so that it outlives the program.
    #[arg(long, value_name = "FILE")]
    flash: Option<PathBuf>,
    /// Download: follow redirections, and write the body once it is there and hashes to this (SHA-256,
    /// hexadecimal). With --flash, what an earlier run left is gone on with.
    #[arg(long, value_name = "HEX", value_parser = sha256, conflicts_with_all = ["method", "data", "max_stale"])]
    sha256: Option<Digest>,
    /// Keep the download under this name, so that it is gone on with though the URI it is redirected to is
    /// another one each time.
    #[arg(long, requires = "sha256")]
    name: Option<String>,
    /// How often a download is tried, a second apart.
    #[arg(long, requires = "sha256", default_value_t = 1)]
    attempts: u32,
    /// Where bodies go, in place of standard output.
    #[arg(short, long)]
    output: Option<PathBuf>,
}

fn field_line(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or("a field line is 'Name: value'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn sha256(digits: &str) -> Result<Digest, &'static str> {
    match Digest::from_hex(digits) {
        Some(digest @ Digest::Sha256(_)) => Ok(digest),
        _ => Err("a SHA-256 has 64 hexadecimal digits"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if let Some(seconds) = arguments.max_stale {
        arguments.fields.push(("Cache-Control".to_owned(), format!("max-stale={seconds}")));
    }
    match fetch_all(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Who stops reading has what he wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            note!("fetch: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything could be had.
async fn fetch_all(arguments: &Arguments) -> io::Result<bool> {
    let mut output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(Replacing::at(path)?),
        None => Box::new(io::stdout()),
    };
    let options = if arguments.shared { CacheOptions::SHARED } else { CacheOptions::PRIVATE };
    let origin = TcpOrigin::new().keep_alive();
    let clock = SystemClock::new();
    let complete = match &arguments.flash {
        Some(path) => {
            let store = larder_host::flash::open(path).await?;
            let client = Box::new(FetchClient::with_options(store, origin, clock, options));
            fetch_each(client, arguments, &mut *output).await?
        }
        None => {
            let client = Box::new(FetchClient::with_options(&STORE, origin, clock, options));
            fetch_each(client, arguments, &mut *output).await?
        }
    };
    if complete {
        output.flush()?;
    }
    Ok(complete)
}

/// Every one as often as was asked for. Whether everything could be had.
async fn fetch_each<S: PairStore>(
    mut client: Box<FetchClient<S>>,
    arguments: &Arguments,
    output: &mut dyn Write,
) -> io::Result<bool> {
    let mut complete = true;
    for url in &arguments.urls {
        for turn in 0..arguments.repeat.max(1) {
            let nowhere: &mut dyn Write = &mut io::sink();
            let output = if turn == 0 { &mut *output } else { nowhere };
            complete &= fetch(&mut client, arguments, url, output).await?;
        }
    }
    Ok(complete)
}

/// One request. Whether its answer could be had whole.
async fn fetch<S: PairStore>(
    client: &mut FetchClient<S>,
    arguments: &Arguments,
    url: &str,
    output: &mut dyn Write,
) -> io::Result<bool> {
    let lines: Vec<(&str, &str)> = arguments.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let request =
        RequestHead { method: Method::from_name(&arguments.method), uri: url, fields: Fields::new(&lines) };
    // The lines are checked here; the request that is sent is the same.
    let mut checked = Box::new(HeadBuf::<HEAD_BYTES, HEAD_FIELDS>::new());
    if let Err(why) = check(&mut checked, &request) {
        note!("fetch: {why}");
        return Ok(false);
    }
    let before = client.origin().wire();
    if let Some(digest) = arguments.sha256 {
        return download(client, arguments, &request, digest, output).await;
    }
    let reply = match &arguments.data {
        Some(data) => call(client, Call::new(request).content(data.as_bytes()), arguments).await,
        None => call(client, Call::new(request), arguments).await,
    };
    if arguments.verbose {
        show_heads(&request, &reply);
    }
    let (whole, report) = take_body(reply, url, arguments.deadline, output).await?;
    if arguments.verbose {
        show_report(&report, client.origin().wire().since(before));
    }
    if report.validation_due {
        let report = client.validate(request, &mut vec![0; CHUNK]).await;
        if arguments.verbose {
            note!("* validated afterwards: {}, {}", walk(&report), report.outcome);
        }
    }
    Ok(whole)
}

/// One download. Whether it came, and is what it should be.
async fn download<S: PairStore>(
    client: &mut FetchClient<S>,
    arguments: &Arguments,
    request: &RequestHead<'_>,
    digest: Digest,
    output: &mut dyn Write,
) -> io::Result<bool> {
    let wanted = Wanted::new(request.uri).with_fields(request.fields).expecting(digest);
    let wanted = arguments.name.as_deref().map_or(wanted, |name| wanted.named(name));
    let patience =
        Patience { attempts: arguments.attempts, silence: arguments.deadline.map(Duration::from_secs) };
    match download::download(client, &wanted, patience, output).await {
        Ok(Downloaded { length, verified, from_network, attempts }) => {
            if arguments.verbose {
                note!("* {length} octets, {from_network} from the network, in {attempts} attempts");
                note!("* verified: {verified:?}");
            }
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(error),
        Err(error) => {
            note!("fetch: {}: {error}", request.uri);
            Ok(false)
        }
    }
}

async fn call<'c, S: PairStore, T: larder::client::Content>(
    client: &'c mut FetchClient<S>,
    call: Call<'c, T>,
    arguments: &Arguments,
) -> Reply<'c, S, TcpOrigin> {
    match arguments.deadline {
        Some(seconds) => client.call(call.until(tokio::time::sleep(Duration::from_secs(seconds)))).await,
        None => client.call(call).await,
    }
}

fn check<const BYTES: usize, const FIELDS: usize>(
    head: &mut HeadBuf<BYTES, FIELDS>,
    request: &RequestHead<'_>,
) -> Result<(), String> {
    let (mut head, method, uri) = (head.as_mut(), request.method, request.uri);
    let started = head.start_request(method, uri);
    started.map_err(|error| format!("{method} {uri:?} cannot be sent: {error}"))?;
    for field in request.fields {
        let pushed = head.push(field.name(), field.value());
        pushed.map_err(|error| format!("the line {field} cannot be sent: {error}"))?;
    }
    Ok(())
}

/// Octets read at a time.
const CHUNK: usize = 16 * 1024;

/// Reads the body to its end. Whether there was one to be had, and what happened.
async fn take_body<S: PairStore>(
    mut reply: Reply<'_, S, TcpOrigin>,
    url: &str,
    deadline: Option<u64>,
    output: &mut dyn Write,
) -> io::Result<(bool, Report)> {
    if reply.report().outcome == Outcome::GatewayTimeout {
        let reason = forwarded(reply.report().forwarded);
        match reply.failure() {
            Some(larder::client::Failure::Origin(error)) => note!("fetch: {url}: 504, {reason}: {error}"),
            Some(failure) => note!("fetch: {url}: 504, {reason}: {failure}"),
            None => note!("fetch: {url}: 504, {reason}"),
        }
        return Ok((false, reply.report().clone()));
    }
    let length = reply.fields().get("content-length").and_then(|value| str::from_utf8(value).ok());
    let progress = download::bar(length.and_then(|length| length.parse().ok()));
    let mut buf = vec![0; CHUNK];
    let whole = loop {
        let read = match deadline {
            Some(seconds) => {
                reply.read_until(&mut buf, tokio::time::sleep(Duration::from_secs(seconds))).await
            }
            None => reply.read(&mut buf).await,
        };
        match read {
            Ok(0) => break true,
            Ok(read) => {
                output.write_all(buf.get(..read).unwrap_or(&buf))?;
                progress.inc(read as u64);
            }
            Err(error) => {
                note!("fetch: {url}: {error}");
                break false;
            }
        }
    };
    progress.finish_and_clear();
    Ok((whole, reply.report().clone()))
}

fn show_heads<S: PairStore>(request: &RequestHead<'_>, reply: &Reply<'_, S, TcpOrigin>) {
    note!("> {} {}", request.method, request.uri);
    for field in request.fields {
        note!("> {field}");
    }
    note!("< {}", reply.status());
    for field in reply.fields() {
        note!("< {field}");
    }
    if let Some(member) = reply.cache_status().and_then(|status| status.by("larder")) {
        note!("* Cache-Status: {member}");
    }
}

fn show_report(report: &Report, wire: Wire) {
    note!("* {}", walk(report));
    match report.forwarded {
        Some(reason) => note!("* {}: {reason}", report.outcome),
        None => note!("* {}", report.outcome),
    }
    note!("* {}", storing(report.storing));
    note!("* body: {} octets from the network, {} from the store", report.from_network, report.from_store);
    note!("* wire: {} octets sent, {} received", wire.sent, wire.received);
    if report.store_failed {
        note!("* the store failed on the way");
    }
}
