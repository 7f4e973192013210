//! Adds up what passed and what failed.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::Result;
use crate::shell::quote;

/// How many checks and tests passed and failed so far.
#[derive(Default, Debug)]
pub struct Tally {
    passed: u32,
    failed: u32,
    failures: Vec<String>,
    /// The tests that cargo said were fine, by name.
    fine: Vec<String>,
    unsteady: Vec<String>,
}

impl Tally {
    /// Adds what another one counted.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.fine.extend(other.fine);
        self.unsteady.extend(other.unsteady);
    }

    /// Takes what failed here and then passed for passed, and keeps its name.
    pub fn settle(&mut self, second: &Self) {
        let passed: Vec<String> = self.failures.iter().filter(|name| second.fine.contains(name)).cloned().collect();
        self.failures.retain(|name| !passed.contains(name));
        let count = u32::try_from(passed.len()).unwrap_or(u32::MAX);
        self.failed = self.failed.saturating_sub(count);
        self.passed += count;
        self.unsteady.extend(passed);
    }

    /// What failed and passed when it was tried again.
    pub fn unsteady(&self) -> &[String] {
        &self.unsteady
    }

    /// Counts one check.
    pub fn check(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.failures.push(name.to_string());
        }
    }

    /// Runs a command that prints as `cargo test` does, shows its output, and counts its tests.
    /// One that fails without a failed test (it did not compile, say) counts as one failure.
    pub fn cargo_test(&mut self, command: &mut Command) -> Result<()> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start `{}`: {error}", quote(command)))?;
        let failed_before = self.failed;
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).split(b'\n') {
                let line = line.map_err(|error| format!("cannot read from `{}`: {error}", quote(command)))?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                self.read_line(&line);
            }
        }
        let status = child.wait().map_err(|error| format!("lost `{}`: {error}", quote(command)))?;
        if !status.success() && self.failed == failed_before {
            self.check(&format!("`{}` ({status})", quote(command)), false);
        }
        Ok(())
    }

    /// Understands `test result: ok. 3 passed; 0 failed; …` and `test some::name ... FAILED`.
    fn read_line(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += count_before(result, " passed");
            self.failed += count_before(result, " failed");
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failures.push(name.to_string());
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... ok")) {
            self.fine.push(name.to_string());
        }
    }

    /// What failed, by name.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Whether everything passed, and there was something to pass.
    pub fn all_passed(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The number just before a word: 3 in `ok. 3 passed; 1 failed`, before ` passed`.
fn count_before(text: &str, word: &str) -> u32 {
    let Some(end) = text.find(word) else { return 0 };
    let digits = text[..end].rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_binaries_add_up() {
        let mut tally = Tally::default();
        for line in [
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.00s",
        ] {
            tally.read_line(line);
        }
        assert_eq!(tally.to_string(), "15 passed, 1 failed");
        assert_eq!(tally.failures(), ["a::c"]);
        assert!(!tally.all_passed());
    }

    #[test]
    fn what_passes_when_it_is_tried_again_is_counted_and_named() {
        let (mut first, mut second) = (Tally::default(), Tally::default());
        for line in ["test a ... FAILED", "test b ... FAILED", "test result: FAILED. 4 passed; 2 failed; 0 ignored"] {
            first.read_line(line);
        }
        for line in ["test a ... ok", "test b ... FAILED", "test result: FAILED. 1 passed; 1 failed; 0 ignored"] {
            second.read_line(line);
        }
        first.settle(&second);
        let mut all = Tally::default();
        all.add(first);
        assert_eq!(all.to_string(), "5 passed, 1 failed");
        assert_eq!((all.failures(), all.unsteady()), (&["b".to_string()][..], &["a".to_string()][..]));
    }

    #[test]
    fn a_command_that_fails_without_a_failed_test_is_a_failure() {
        let mut tally = Tally::default();
        tally
            .cargo_test(Command::new("sh").args(["-c", "echo 'test result: ok. 2 passed; 0 failed'; exit 3"]))
            .unwrap();
        assert_eq!(tally.to_string(), "2 passed, 1 failed");
    }

    #[test]
    fn no_test_at_all_is_no_success() {
        assert!(!Tally::default().all_passed());
    }
}
