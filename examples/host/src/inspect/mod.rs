//! What a flash image holds, for a person: read once, never written, told as a table, as JSON, or
//! as a picture.
//!
//! Data flows one way: the file (`image`) → its geometry (`detect`) → what the store says of it
//! (`raw`) → a [`Report`] (`report`, `count`, `bodies`, `freshness`) → text ([`table`]) and pictures
//! (`picture`, `legend`, `svg`, [`png`]).

mod bodies;
mod count;
mod detect;
mod freshness;
mod image;
mod legend;
mod picture;
mod raw;
mod report;
mod svg;

pub mod png;
pub mod table;

pub use picture::svg;
pub use report::{Found, Freshness, Pair, Record, Report, Sector, When};

use detect::{Geometry, Guess};
use larder::CacheOptions;
use larder::time::HttpDate;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

/// What is asked of an image.
#[derive(Clone, Debug)]
pub struct Question {
    /// The file.
    pub file: PathBuf,
    /// Octets of a sector; `None`: to be found out.
    pub sector: Option<u32>,
    /// Octets of the least write; `None`: to be found out.
    pub write_size: Option<u32>,
    /// Where the partition begins in the file, in octets.
    pub offset: u64,
    /// Octets of the partition; `None`: to the end of the file.
    pub length: Option<u64>,
    /// The time for which freshness is told.
    pub at: HttpDate,
    /// Erases that the part is rated for.
    pub cycles: u32,
    /// Whether a cache for many users asks.
    pub shared: bool,
    /// Only pairs whose URI contains this are told.
    pub matching: Option<String>,
}

/// Why an image cannot be looked at.
#[derive(Debug)]
#[non_exhaustive]
pub enum InspectError {
    /// The file cannot be read.
    Io(io::Error),
    /// The partition has no octets.
    Empty,
    /// Offset and length do not lie in the file.
    OutsideFile {
        /// Octets of the file.
        file: u64,
    },
    /// The image is no whole number of sectors.
    NotWhole {
        /// Octets of the image.
        octets: u64,
        /// Octets of a sector.
        sector: u32,
        /// Octets of the partition that its sectors belong to, if they tell.
        partition: Option<u64>,
    },
    /// No store has such sectors or words.
    Refused {
        /// Why.
        why: String,
        /// Octets of a sector.
        sector: u32,
        /// Octets of the least write.
        write_size: u32,
    },
}

impl fmt::Display for InspectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Empty => f.write_str("the image has no octets"),
            Self::OutsideFile { file } => {
                write!(f, "--offset and --length do not lie in the file, which has {file} octets")
            }
            Self::NotWhole { octets, sector, partition } => {
                write!(f, "{octets} octets are no whole number of sectors of {sector}")?;
                match partition {
                    Some(whole) if whole > octets => {
                        write!(f, ": it was cut off, the partition has {whole} octets")
                    }
                    Some(whole) => write!(f, ": the partition has {whole} octets, try --length {whole}"),
                    None => f.write_str(": was it cut off? --sector, --offset and --length tell otherwise"),
                }
            }
            Self::Refused { why, sector, write_size } => {
                write!(f, "no store has sectors of {sector} octets and writes of {write_size} there: {why}")
            }
        }
    }
}

impl std::error::Error for InspectError {}

impl From<io::Error> for InspectError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Looks at an image. What is wrong with what it holds is in the [`Report`].
///
/// # Errors
/// The file cannot be read, or cannot be a partition.
pub async fn look(question: &Question) -> Result<Report, InspectError> {
    let (octets, file_octets) = image::load(&question.file, question.offset, question.length)?;
    let octets: Rc<[u8]> = octets.into();
    let Guess { geometry, found } = detect::guess(&octets, question.sector, question.write_size).await?;
    let raw = raw::read(&octets, geometry, usize::MAX).await?;
    let options = if question.shared { CacheOptions::SHARED } else { CacheOptions::PRIVATE };
    let mut report = report::build(&raw, question, &options);
    report.image.file_octets = file_octets;
    report.image.sector_is = found.sector;
    report.image.write_size_is = found.write_size;
    report.image.partition =
        detect::partition(&octets, geometry).filter(|whole| *whole != octets.len() as u64);
    Ok(report)
}

/// What the picture and the table tell of octets: `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 lap`, `2 laps`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Octets, short: `960`, `12 KiB`, `8 MiB`.
pub(crate) fn short(octets: u64) -> String {
    match octets {
        0..=9_999 => format!("{} octets", grouped(octets)),
        10_000..=4_194_303 if !octets.is_multiple_of(1 << 20) => format!("{} KiB", grouped(octets >> 10)),
        _ if octets.is_multiple_of(1 << 20) => format!("{} MiB", octets >> 20),
        _ => format!("{:.1} MiB", octets as f64 / f64::from(1 << 20)),
    }
}

/// A partition's geometry in words.
pub(crate) fn described(geometry: Geometry, length: u64) -> String {
    let sectors = length / u64::from(geometry.sector);
    let size = if geometry.sector.is_multiple_of(1024) {
        format!("{} KiB", geometry.sector >> 10)
    } else {
        format!("{} octets", geometry.sector)
    };
    format!("{}: {} sectors of {size}", short(length), grouped(sectors))
}
