//! What a flash image holds: `inspect cache.img --png cache.png`.

use clap::Parser;
use larder::time::HttpDate;
use larder_host::inspect::{Question, Report, look, png, svg, table};
use larder_host::note;
use larder_host::output::of_file;
use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells what a flash image holds: one that `--flash FILE` of fetch or proxy wrote, or one that was read
/// from a device. Nothing is written to it.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The image.
    file: PathBuf,
    /// Tell it as JSON.
    #[arg(long)]
    json: bool,
    /// Draw the sectors, as SVG.
    #[arg(long, value_name = "OUT")]
    svg: Option<PathBuf>,
    /// Draw the sectors, as PNG.
    #[arg(long, value_name = "OUT")]
    png: Option<PathBuf>,
    /// Tell freshness for this time: an HTTP date, or seconds since 1970. [default: now]
    #[arg(long, value_name = "DATE", value_parser = date, allow_negative_numbers = true)]
    at: Option<HttpDate>,
    /// Judge freshness as a cache for many users does.
    #[arg(long)]
    shared: bool,
    /// Tell only of pairs whose URI contains this.
    #[arg(long, value_name = "TEXT")]
    pairs_matching: Option<String>,
    /// Octets of a sector, 2048 to 131072. [default: as the sectors' headers lie]
    #[arg(long, value_name = "OCTETS", value_parser = octets_of_sector)]
    sector: Option<u32>,
    /// Octets of the least write, 1 to 32. [default: as the records lie]
    #[arg(long, value_name = "OCTETS")]
    write_size: Option<u32>,
    /// Where the partition begins in the file; 0x begins a hexadecimal number.
    #[arg(long, value_name = "OCTETS", default_value = "0", value_parser = octets)]
    offset: u64,
    /// Octets of the partition. [default: to the end of the file]
    #[arg(long, value_name = "OCTETS", value_parser = octets)]
    length: Option<u64>,
    /// Erases that the part is rated for.
    #[arg(long, default_value_t = 100_000)]
    cycles: u32,
}

fn date(text: &str) -> Result<HttpDate, String> {
    let unix = text.parse().ok().map(HttpDate::from_unix);
    let date = unix.or_else(|| HttpDate::parse(text.as_bytes(), None));
    date.ok_or_else(|| {
        "neither an HTTP date, as 'Sun, 06 Nov 1994 08:49:37 GMT', nor seconds since 1970".to_owned()
    })
}

fn octets(text: &str) -> Result<u64, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.map_err(|error| error.to_string())
}

fn octets_of_sector(text: &str) -> Result<u32, String> {
    u32::try_from(octets(text)?).map_err(|error| error.to_string())
}

impl Arguments {
    fn question(&self) -> Question {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = HttpDate::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        Question {
            file: self.file.clone(),
            sector: self.sector,
            write_size: self.write_size,
            offset: self.offset,
            length: self.length,
            at: self.at.unwrap_or(now),
            cycles: self.cycles,
            shared: self.shared,
            matching: self.pairs_matching.clone(),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(problem)) => {
            note!("inspect: {}: {problem}", arguments.file.display());
            ExitCode::FAILURE
        }
        Err(error) => {
            note!("inspect: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Tells and draws. Answers what is wrong with the image as a whole.
async fn run(arguments: &Arguments) -> Result<Option<String>, Box<dyn Error>> {
    let looked = look(&arguments.question()).await;
    let report = looked.map_err(|error| format!("{}: {error}", arguments.file.display()))?;
    if arguments.svg.is_some() || arguments.png.is_some() {
        let drawing = svg(&report);
        if let Some(path) = &arguments.png {
            std::fs::write(path, png::render(&drawing)?).map_err(of_file(path))?;
        }
        if let Some(path) = &arguments.svg {
            std::fs::write(path, drawing).map_err(of_file(path))?;
        }
    }
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&report)? + "\n",
        false => table::table(&report),
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error)?,
        // Also if nobody reads it to its end.
        _ => Ok(problem(&report)),
    }
}

fn problem(report: &Report) -> Option<String> {
    let found = report.image.length;
    match (report.mounted, report.version, report.image.partition) {
        ("foreign", Some(version), _) => {
            Some(format!("it is of version {version} of the format, which this program does not read"))
        }
        ("foreign", None, _) => Some("it holds something else, not a store".to_owned()),
        (_, _, Some(whole)) if whole > found => {
            Some(format!("it was cut off: the partition has {whole} octets, this are {found}"))
        }
        (_, _, Some(whole)) => {
            Some(format!("its sectors are those of a partition of {whole} octets: try --length {whole}"))
        }
        _ => None,
    }
}
