//! A path into the report, without a comparison.

use serde_json::Value;

use crate::scenario::{That, Unusable};

/// What the engine measured: a path into the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    path: String,
    that: That,
}

impl Measure {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(path: &str) -> Result<Measure, String> {
        let that = That::parse(&format!("{path} == null"))
            .map_err(|_| format!("{path:?} is no path into the report, as writes.lost"))?;
        Ok(Measure { path: path.to_owned(), that })
    }

    /// As it is written.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What a report has there.
    ///
    /// # Errors
    /// When no report could have anything there.
    pub fn of(&self, report: &Value, names: &[&str]) -> Result<Value, Unusable> {
        Ok(self.that.judge(report, names)?.actual)
    }

    /// A measured value as people say it: milliseconds with at most one decimal.
    #[must_use]
    pub fn words(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => match (number.as_u64(), number.as_f64()) {
                (None, Some(float)) => {
                    let text = format!("{float:.1}");
                    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
                }
                _ => number.to_string(),
            },
            Value::Null => "nothing".to_owned(),
            other => other.to_string(),
        }
    }
}
