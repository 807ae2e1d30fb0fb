//! What goes wrong in one history. Each seed has its own mix, so that also the rare combinations
//! come up, and histories in which only one thing goes wrong.

use super::network::Weather;
use super::rng::Rng;

#[derive(Clone, Debug)]
pub struct Faults {
    pub weather: Weather,
    /// Per input of a device.
    pub crash_per_mille: u64,
    /// Of the crashes, those that are power failures; and of these, those that cost the replica.
    pub power_failure_per_mille: u64,
    pub replica_loss_per_mille: u64,
    /// Per push.
    pub server_crash_per_mille: u64,
    pub unavailable_per_mille: u64,
    pub lost_acknowledgement_per_mille: u64,
    /// Mean time between faults of the surroundings; none without.
    pub pause_millis: Option<i64>,
    pub partitions: u64,
    pub cuts: u64,
    pub clock_jumps: u64,
    pub new_roles: u64,
    pub token_losses: u64,
    pub skew_millis_max: i64,
    /// How many entries of its feeds the server keeps; all without.
    pub kept_entries: Option<u64>,
}

const DAY_MILLIS: i64 = 86_400_000;
/// As far back as 1970, and as far ahead.
const LOST_MILLIS: i64 = 56 * 365 * DAY_MILLIS;

impl Faults {
    #[must_use]
    pub fn of(rng: &mut Rng) -> Self {
        let some = |rng: &mut Rng, most: u64| if rng.chance(600) { rng.below(most) + 1 } else { 0 };
        let latency_millis_max = if rng.chance(300) { 20_000 } else { 200 };
        Self {
            weather: Weather {
                latency_millis_max,
                duplicate_per_mille: some(rng, 50),
                loss_per_mille: some(rng, 30),
            },
            crash_per_mille: some(rng, 25),
            power_failure_per_mille: some(rng, 500),
            replica_loss_per_mille: some(rng, 150),
            server_crash_per_mille: some(rng, 60),
            unavailable_per_mille: some(rng, 40),
            lost_acknowledgement_per_mille: some(rng, 80),
            pause_millis: rng.chance(850).then(|| rng.between(20_000, 300_000)),
            partitions: some(rng, 10),
            cuts: some(rng, 10),
            clock_jumps: some(rng, 4),
            new_roles: some(rng, 4),
            token_losses: some(rng, 2),
            skew_millis_max: [2_000, 2_000, DAY_MILLIS, LOST_MILLIS]
                [usize::try_from(rng.below(4)).unwrap_or(0)],
            kept_entries: rng.chance(400).then(|| rng.below(60) + 5),
        }
    }

    /// Nothing goes wrong any more.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            weather: Weather { latency_millis_max: 50, duplicate_per_mille: 0, loss_per_mille: 0 },
            crash_per_mille: 0,
            power_failure_per_mille: 0,
            replica_loss_per_mille: 0,
            server_crash_per_mille: 0,
            unavailable_per_mille: 0,
            lost_acknowledgement_per_mille: 0,
            pause_millis: None,
            partitions: 0,
            cuts: 0,
            clock_jumps: 0,
            new_roles: 0,
            token_losses: 0,
            skew_millis_max: 0,
            kept_entries: None,
        }
    }
}

/// How often each was done, for the report: a simulation in which nothing went wrong proves nothing.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Exercised {
    pub crashes: u64,
    pub power_failures: u64,
    pub replicas_lost: u64,
    pub partitions: u64,
    pub cuts: u64,
    pub server_crashes: u64,
    pub unavailable: u64,
    pub lost_frames: u64,
    pub lost_acknowledgements: u64,
    pub duplicated_frames: u64,
    pub late_frames: u64,
    pub clock_jumps: u64,
    pub new_roles: u64,
    pub expired_tokens: u64,
    pub chunks: u64,
}

impl Exercised {
    pub const fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.power_failures += other.power_failures;
        self.replicas_lost += other.replicas_lost;
        self.partitions += other.partitions;
        self.cuts += other.cuts;
        self.server_crashes += other.server_crashes;
        self.unavailable += other.unavailable;
        self.lost_frames += other.lost_frames;
        self.lost_acknowledgements += other.lost_acknowledgements;
        self.duplicated_frames += other.duplicated_frames;
        self.late_frames += other.late_frames;
        self.clock_jumps += other.clock_jumps;
        self.new_roles += other.new_roles;
        self.expired_tokens += other.expired_tokens;
        self.chunks += other.chunks;
    }
}
