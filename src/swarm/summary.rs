//! What many runs of the swarm amount to.

use crate::order::Arrange;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// What many runs amount to, added up from their lines, wherever these come from.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    seeds: BTreeMap<u64, (u64, String)>,
    twice: u64,
    differing: Vec<u64>,
    virtual_ms: u64,
    events: u64,
    acknowledged: u64,
    lost: u64,
    failovers: u64,
    refused: u64,
    deeds: BTreeMap<String, u64>,
    promised: BTreeMap<String, u64>,
    broken: BTreeMap<String, Vec<u64>>,
}

impl Summary {
    /// Adds a line of JSON, as a run of the swarm prints it. A seed that is there already is counted once.
    ///
    /// # Errors
    /// When it is no such line.
    pub fn add(&mut self, line: &str) -> Result<(), String> {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let number = |key: &str| value[key].as_u64().ok_or_else(|| format!("there is no number {key:?}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (seed, revision) = (number("seed")?, number("revision")?);
        let hash = (revision, text(&value["trace_hash"]));
        let figures = [number("virtual_ms")?, number("events")?, number("acknowledged")?, number("lost")?];
        if let Some(known) = self.seeds.get(&seed) {
            self.twice += 1;
            if known.0 == hash.0 && known.1 != hash.1 {
                self.differing.push(seed);
            }
            return Ok(());
        }
        self.seeds.insert(seed, hash);
        self.virtual_ms += figures[0];
        self.events += figures[1];
        self.acknowledged += figures[2];
        self.lost += figures[3];
        self.failovers += number("failovers")?;
        self.refused += number("refused")?;
        for (name, count) in value["faults"].as_object().into_iter().flatten() {
            *self.deeds.entry(name.clone()).or_default() += count.as_u64().unwrap_or_default();
        }
        for promise in value["promised"].as_array().into_iter().flatten() {
            *self.promised.entry(text(promise)).or_default() += 1;
        }
        for breach in value["violations"].as_array().into_iter().flatten() {
            self.broken.entry(text(&breach["promise"])).or_default().push(seed);
        }
        Ok(())
    }

    /// How many runs broke no promise, and how many broke one.
    #[must_use]
    pub fn passed_and_failed(&self) -> (u64, u64) {
        let mut failed: Vec<u64> = self.broken.values().flatten().chain(&self.differing).copied().collect();
        failed.arrange();
        failed.dedup();
        ((self.seeds.len() - failed.len()) as u64, failed.len() as u64)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.virtual_ms as f64 / 3_600_000.0;
        let (_, failed) = self.passed_and_failed();
        writeln!(f, "runs           {}", self.seeds.len())?;
        if self.twice > 0 {
            writeln!(
                f,
                "twice          {} ({} with another trace: {:?})",
                self.twice,
                self.differing.len(),
                self.differing
            )?;
        }
        writeln!(f, "virtual hours  {hours:.1}")?;
        writeln!(f, "events         {}", self.events)?;
        writeln!(f, "writes         {} acknowledged, {} lost", self.acknowledged, self.lost)?;
        writeln!(f, "failovers      {}", self.failovers)?;
        let deeds: u64 = self.deeds.values().sum();
        writeln!(f, "deeds          {deeds} ({} more were refused)", self.refused)?;
        let mut deeds: Vec<_> = self.deeds.iter().collect();
        deeds.arrange_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
        for (name, count) in deeds {
            writeln!(f, "  {name:<22} {count}")?;
        }
        writeln!(f, "promises       runs that promise it, runs that broke it")?;
        for (name, runs) in &self.promised {
            let broken = self.broken.get(name).map_or(0, Vec::len);
            writeln!(f, "  {name:<22} {runs:>8} {broken:>8}")?;
        }
        for (name, seeds) in &self.broken {
            let some: Vec<String> = seeds.iter().take(20).map(u64::to_string).collect();
            writeln!(f, "broken: {name}: seeds {}{}", some.join(", "), if seeds.len() > 20 { ", …" } else { "" })?;
        }
        write!(f, "{failed} runs broke a promise")
    }
}
