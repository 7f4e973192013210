//! How what was found is printed: for people, as JSON, as CSV.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::arguments::CheckFormat;
use super::super::output::Failure;
use super::super::output::{Output, complain};
use super::answer::counted;
use super::finding::{Finding, Outcome, said};

/// Prints what was found, one after the other, and counts.
pub(super) struct Printer<'a> {
    format: CheckFormat,
    output: &'a mut Output,
    passed: u32,
    failed: u32,
    unusable: bool,
    /// For JSON, which is one object.
    cases: Vec<Value>,
}

const COLUMNS: &str = "place,name,verdict,seed,at_ms,condition,held,measured,note";

impl Printer<'_> {
    pub fn new(format: CheckFormat, output: &mut Output) -> Printer<'_> {
        Printer { format, output, passed: 0, failed: 0, unusable: false, cases: Vec::new() }
    }

    pub fn is_closed(&self) -> bool {
        self.output.is_closed()
    }

    pub fn begin(&mut self) {
        if self.format == CheckFormat::Csv {
            self.output.line(format_args!("{COLUMNS}"));
        }
    }

    pub fn tell(&mut self, finding: &Finding) {
        match finding.outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Unusable => {
                self.failed += 1;
                self.unusable = true;
            }
            Outcome::Skipped => {}
        }
        match self.format {
            CheckFormat::Text => self.text(finding),
            CheckFormat::Json => self.cases.push(finding.to_json()),
            CheckFormat::Csv => self.csv(finding),
        }
        // A long list is followed while it grows.
        self.output.flush();
    }

    /// Closes the list; how many passed and failed, and whether something could not be used.
    pub fn end(self) -> (u32, u32, bool) {
        let (passed, failed) = (self.passed, self.failed);
        match self.format {
            CheckFormat::Text => self.output.line(format_args!("{passed} passed, {failed} failed")),
            CheckFormat::Json => {
                let all = json!({ "passed": passed, "failed": failed, "cases": self.cases });
                self.output.line(format_args!("{all:#}"));
            }
            CheckFormat::Csv => {}
        }
        (passed, failed, self.unusable)
    }

    fn text(&mut self, finding: &Finding) {
        let title = finding.title();
        let broken: Vec<_> = finding.rows.iter().filter(|row| row.held == Some(false)).collect();
        let of = counted(&finding.rows, finding.kind);
        match finding.outcome {
            Outcome::Passed => self.output.line(format_args!("ok    {title} ({of})")),
            Outcome::Failed if finding.rows.is_empty() => {
                self.output.line(format_args!("FAIL  {title} (changed what must not be changed)"));
            }
            Outcome::Failed => {
                let different: BTreeSet<_> = broken.iter().map(|row| (&row.that, row.at_ms.to_bits())).collect();
                self.output.line(format_args!("FAIL  {title} ({} of {of})", different.len()));
            }
            Outcome::Skipped => self.output.line(format_args!("skip  {title}")),
            Outcome::Unusable => {
                self.output.line(format_args!("FAIL  {title} cannot be used"));
                if let Some(why) = &finding.why {
                    complain(&Failure::Other(why.clone()));
                }
            }
        }
        for note in &finding.notes {
            self.output.line(format_args!("      note: {note}"));
        }
        for change in finding.forbidden() {
            self.output.line(format_args!("      must not be changed: {}", said(change)));
        }
        for row in broken {
            let seed = if finding.kind == "condition" { format!(" with seed {}", row.seed) } else { String::new() };
            let place = if row.place.is_empty() { String::new() } else { format!("{}: ", row.place) };
            self.output.line(format_args!(
                "      {place}at {} ms{seed}: {} does not hold; it is {}",
                row.at_ms, row.that, row.actual
            ));
        }
    }

    fn csv(&mut self, finding: &Finding) {
        let notes = finding.why.iter().cloned().chain(finding.notes.iter().cloned());
        let forbidden = finding.forbidden().map(|change| format!("must not be changed: {}", said(change)));
        let note = notes.chain(forbidden).collect::<Vec<_>>().join("; ");
        let own = [
            cell(&finding.place),
            cell(finding.name.as_deref().unwrap_or_default()),
            finding.outcome.word().to_owned(),
        ];
        let nothing = || vec![String::new(); 5];
        let rows = finding.rows.iter().map(|row| {
            let measured = row.actual.as_str().map_or_else(|| row.actual.to_string(), str::to_owned);
            let held = row.held.map(|held| held.to_string()).unwrap_or_default();
            vec![row.seed.to_string(), row.at_ms.to_string(), cell(&row.that), held, cell(&measured)]
        });
        // What has no condition to tell of has a line nevertheless.
        let rows: Vec<_> = if finding.rows.is_empty() { vec![nothing()] } else { rows.collect() };
        for row in rows {
            let cells = own.iter().cloned().chain(row).chain([cell(&note)]).collect::<Vec<_>>();
            self.output.line(format_args!("{}", cells.join(",")));
        }
    }
}

/// A cell whose text may hold anything; what a spreadsheet would take for a formula is made text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t']) && text.parse::<f64>().is_err();
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(["Ada", "=1+1", "-3", "-x", "a,b"].map(cell), ["Ada", "'=1+1", "-3", "'-x", "\"a,b\""]);
    }
}
