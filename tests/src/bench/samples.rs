//! Many measurements of one thing.

use std::time::Duration;

/// In milliseconds, unless whoever adds them means something else.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn add(&mut self, took: Duration) {
        self.add_figure(took.as_secs_f64() * 1000.0);
    }

    pub fn add_figure(&mut self, figure: f64) {
        self.0.push(figure);
    }

    pub const fn count(&self) -> usize {
        self.0.len()
    }

    pub fn figures(&self) -> impl Iterator<Item = f64> {
        self.0.iter().copied()
    }

    /// The smallest that so many percent of all do not exceed; zero where there are none.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub fn summary(&self) -> String {
        format!(
            "{} times: p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, the longest {:.2} ms",
            self.count(),
            self.percentile(50),
            self.percentile(90),
            self.percentile(99),
            self.percentile(100)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_measurements() {
        let mut samples = Samples::default();
        assert_eq!(samples.percentile(99), 0.0);
        (1..=200).rev().for_each(|n| samples.add(Duration::from_millis(n)));
        assert_eq!([50, 99, 100].map(|percent| samples.percentile(percent)), [100.0, 198.0, 200.0]);
    }
}
