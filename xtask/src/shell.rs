//! Running programs and telling people about it.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;

/// Says what is about to happen, does it, and says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {what}");
    let started = Instant::now();
    let value = work()?;
    println!("    done in {:.1} s", started.elapsed().as_secs_f64());
    Ok(value)
}

/// Runs a program with its output shown; an exit status other than 0 is an error that quotes the command.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", quote(command))) }
}

/// Runs a program and returns what it printed; its standard error is shown.
pub fn output_of(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", quote(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{}` printed no valid UTF-8", quote(command)))
}

/// What `program --version` prints, or `None` when there is no such program or it cannot run.
pub fn version_of(command: &mut Command) -> Option<String> {
    let output = command.arg("--version").stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Whether a version line such as `trunk 0.21.14` or `wasm-opt version 132 (version_132)` names this version.
pub fn names_version(line: &str, version: &str) -> bool {
    line.split_whitespace().any(|word| word == version)
}

/// The command as one would type it.
pub fn quote(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.into_owned() }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start `{}`: {error}", quote(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_whole_word() {
        assert!(names_version("trunk 0.21.14", "0.21.14"));
        assert!(names_version("wasm-opt version 132 (version_132)", "132"));
        assert!(!names_version("trunk 0.21.140", "0.21.14"));
        assert!(!names_version("wasm-opt version 1320", "132"));
    }

    #[test]
    fn an_error_quotes_the_command() {
        let error = run(Command::new("no-such-program").arg("two words")).unwrap_err();
        assert!(error.contains("`no-such-program 'two words'`"), "{error}");
    }
}
