//! Standard output and standard error.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use crate::scenario::Problems;

/// Why a command could not be carried out.
#[derive(Debug)]
pub(super) enum Failure {
    /// The input cannot be used.
    Input(Problems),
    /// Something else went wrong, as a file that cannot be read.
    Other(String),
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Failure {
        Failure::Input(problems)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Input(problems) => problems.fmt(f),
            Failure::Other(message) => f.write_str(message),
        }
    }
}

/// Says on standard error why a command could not be carried out.
pub(super) fn complain(failure: &Failure) {
    // Nobody is left to be told when this fails too.
    let _ = writeln!(io::stderr(), "{failure}");
}

/// Says on standard error what is worth knowing.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "note: {text}");
}

/// Standard output, buffered. After a failed write it takes text and drops it; [`Output::close`] tells.
pub(super) struct Output {
    to: BufWriter<StdoutLock<'static>>,
    failed: Option<io::Error>,
}

impl Output {
    /// Standard output.
    pub fn new() -> Output {
        Output { to: BufWriter::new(io::stdout().lock()), failed: None }
    }

    /// Writes a line.
    pub fn line(&mut self, text: fmt::Arguments<'_>) {
        if self.failed.is_none()
            && let Err(error) = writeln!(self.to, "{text}")
        {
            self.failed = Some(error);
        }
    }

    /// Hands on what was written, for those who wait for it.
    pub fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.to.flush().err();
        }
    }

    /// Whether nobody reads any more, so that going on is for nothing.
    pub fn is_closed(&self) -> bool {
        self.failed.is_some()
    }

    /// Hands on the rest.
    ///
    /// # Errors
    /// When something could not be written, unless that was because the reader had enough.
    pub fn close(mut self) -> Result<(), Failure> {
        self.flush();
        match self.failed.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::Other(format!("standard output: {error}")))
            }
            _ => Ok(()),
        }
    }
}
