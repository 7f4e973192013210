//! How wall time becomes virtual time.

/// How much virtual time passes in a second of wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pace(usize);

/// The choices, in virtual microseconds per second of wall time: from 1:1000 up to ten times as fast.
const CHOICES_US: [u64; 13] = [
    1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
];

impl Default for Pace {
    /// One second here is 20 ms in the cluster: messages between neighbours can be followed by eye.
    fn default() -> Self {
        Pace(4)
    }
}

impl Pace {
    /// The slowest at which so much virtual time passes within this many seconds of wall time.
    #[must_use]
    pub fn to_pass(virtual_us: u64, wall_s: u64) -> Pace {
        Pace::all()
            .find(|pace| pace.us_per_second().saturating_mul(wall_s) >= virtual_us)
            .unwrap_or(Pace::nth(usize::MAX))
    }

    /// Every choice, slowest first.
    pub fn all() -> impl Iterator<Item = Pace> {
        (0..CHOICES_US.len()).map(Pace)
    }

    /// The choice at this place of [`Pace::all`]; the fastest, beyond it.
    #[must_use]
    pub fn nth(index: usize) -> Pace {
        Pace(index.min(CHOICES_US.len() - 1))
    }

    /// Its place in [`Pace::all`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }

    /// One step faster.
    #[must_use]
    pub fn faster(self) -> Pace {
        Pace::nth(self.0 + 1)
    }

    /// One step slower.
    #[must_use]
    pub fn slower(self) -> Pace {
        Pace(self.0.saturating_sub(1))
    }

    /// Virtual microseconds per second of wall time.
    #[must_use]
    pub fn us_per_second(self) -> u64 {
        CHOICES_US[self.0]
    }

    /// Virtual microseconds that pass in this many milliseconds of wall time.
    #[must_use]
    pub fn virtual_us(self, wall_ms: f64) -> f64 {
        self.us_per_second() as f64 * wall_ms / 1_000.0
    }

    /// Milliseconds of wall time that this many virtual microseconds take.
    #[must_use]
    pub fn wall_ms(self, virtual_us: f64) -> f64 {
        virtual_us * 1_000.0 / self.us_per_second() as f64
    }

    /// What a second of wall time is in the cluster: `20 ms`.
    #[must_use]
    pub fn label(self) -> String {
        match self.us_per_second() {
            us if us < 1_000_000 => format!("{} ms", us / 1_000),
            us => format!("{} s", us / 1_000_000),
        }
    }
}

/// A message that crosses its link in less wall time than this is a blur: links then show flows.
pub const FLOW_BELOW_MS: f64 = 140.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_within_the_choices() {
        assert_eq!(Pace::nth(0).slower(), Pace::nth(0));
        assert_eq!(Pace::nth(99).faster(), Pace::nth(99));
        assert_eq!(Pace::all().map(Pace::label).collect::<Vec<_>>().join(" "), {
            "1 ms 2 ms 5 ms 10 ms 20 ms 50 ms 100 ms 200 ms 500 ms 1 s 2 s 5 s 10 s"
        });
    }

    #[test]
    fn wall_and_virtual_time_are_inverse() {
        for pace in Pace::all() {
            assert!((pace.wall_ms(pace.virtual_us(16.0)) - 16.0).abs() < 1e-9);
        }
        assert_eq!(Pace::default().virtual_us(1_000.0), 20_000.0);
        assert_eq!(Pace::to_pass(12_000_000, 60).label(), "200 ms");
        assert_eq!(Pace::to_pass(u64::MAX, 1).label(), "10 s");
    }
}
