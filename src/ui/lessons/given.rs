//! What a learner predicted.

/// A prediction that was locked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given {
    pub step: usize,
    pub part: usize,
    /// The place of a choice, or a number.
    pub said: String,
    /// What the engine measured, and whether that is what was said.
    pub measured: Option<(String, bool)>,
    /// The value in the report.
    pub value: String,
}

impl Given {
    pub fn line(&self) -> String {
        let (measured, right) = self.measured.clone().unwrap_or_default();
        let known = self.measured.is_some();
        format!("{}\t{}\t{}\t{known}\t{right}\t{}\t{measured}", self.step, self.part, self.said, self.value)
    }

    pub fn read(line: &str) -> Option<Given> {
        let mut cells = line.splitn(7, '\t');
        let (step, part) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        let said = cells.next()?.to_owned();
        let (known, right) = (cells.next()? == "true", cells.next()? == "true");
        let (value, measured) = (cells.next()?.to_owned(), cells.next()?.to_owned());
        Some(Given { step, part, said, measured: known.then_some((measured, right)), value })
    }
}
