//! hishel's answers, from a process that runs `hishel_side.py`.

use crate::answers::Answers;
use crate::case::Case;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that answers for hishel. It ends when this is dropped.
#[derive(Debug)]
pub struct Hishel {
    process: Child,
    cases: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Hishel {
    /// Starts it with this Python, for which hishel is installed.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(python: &Path) -> io::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("hishel_side.py");
        let mut command = Command::new(python);
        let mut process = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let cases = process.stdin.take();
        let answers = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { process, cases, answers: BufReader::new(answers) })
    }

    /// Its answers to a case.
    ///
    /// # Errors
    /// If the process has ended, or says something else.
    pub fn answers(&mut self, case: &Case) -> io::Result<Answers> {
        let cases = self.cases.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = serde_json::to_string(case)?;
        line.push('\n');
        cases.write_all(line.as_bytes())?;
        let mut answers = String::new();
        self.answers.read_line(&mut answers)?;
        Ok(serde_json::from_str(&answers)?)
    }
}

impl Drop for Hishel {
    fn drop(&mut self) {
        // It ends at the end of its input.
        self.cases = None;
        let _ = self.process.wait();
    }
}
