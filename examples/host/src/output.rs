//! Lines for a person, who may have stopped reading (`| head -1`): that is no failure, and no panic.

use std::fmt::Arguments;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process;
use tokio::net::TcpListener;

/// Writes a line to standard output, as `println!` does. If nobody reads any more, or it cannot be written, the
/// program ends.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

/// Writes a line to standard error, as `eprintln!` does, if somebody reads it.
#[macro_export]
macro_rules! note {
    ($($text:tt)*) => { $crate::output::aside(format_args!($($text)*)) };
}

/// See [`say!`](crate::say).
pub fn line(text: Arguments<'_>) {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => {
            note!("standard output: {error}");
            process::exit(1);
        }
    }
}

/// See [`note!`](crate::note).
pub fn aside(text: Arguments<'_>) {
    // There is nobody to be told.
    let _ = writeln!(io::stderr(), "{text}");
}

/// A file that is written in place of what was there, which stays until the first octet comes, or the end.
#[derive(Debug)]
pub struct Replacing {
    file: File,
    /// Whether what was there is gone.
    begun: bool,
}

impl Replacing {
    /// The file at `path`, made if there is none.
    ///
    /// # Errors
    /// It cannot be written; the error names it.
    pub fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(of_file(path))?;
        // Devices have nothing to be removed.
        let begun = !file.metadata()?.is_file();
        Ok(Self { file, begun })
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.begun {
            self.file.set_len(0)?;
            self.begun = true;
        }
        Ok(())
    }
}

impl Write for Replacing {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.begin()?;
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.begin()?;
        self.file.flush()
    }
}

/// An error of the file at `path`, with its name.
pub fn of_file(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Listens on `address`.
///
/// # Errors
/// It cannot be listened on: the error names it.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listening = TcpListener::bind(address).await;
    listening.map_err(|error| io::Error::new(error.kind(), format!("--listen {address}: {error}")))
}
