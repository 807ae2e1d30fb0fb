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
    /// Per commit.
    pub late_notification_per_mille: u64,
    /// Mean time between faults of the surroundings; none without.
    pub pause_millis: Option<i64>,
    pub partitions: u64,
    pub cuts: u64,
    pub clock_jumps: u64,
    pub new_roles: u64,
    pub token_losses: u64,
    pub revocations: u64,
    pub full_disks: u64,
    /// The server is copied away, or set back to its copy.
    pub backups: u64,
    /// Closed orders leave the devices.
    pub archivings: u64,
    /// Some devices keep their app when the server brings orders to a newer version.
    pub upgrades: u64,
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
                truncation_per_mille: some(rng, 10),
            },
            crash_per_mille: some(rng, 25),
            power_failure_per_mille: some(rng, 500),
            replica_loss_per_mille: some(rng, 600),
            server_crash_per_mille: some(rng, 60),
            unavailable_per_mille: some(rng, 40),
            lost_acknowledgement_per_mille: some(rng, 80),
            late_notification_per_mille: some(rng, 300),
            pause_millis: rng.chance(850).then(|| rng.between(20_000, 300_000)),
            partitions: some(rng, 10),
            cuts: some(rng, 10),
            clock_jumps: some(rng, 4),
            new_roles: some(rng, 20),
            token_losses: some(rng, 2),
            revocations: if rng.chance(250) { 8 } else { 0 },
            full_disks: some(rng, 2),
            backups: if rng.chance(250) { 6 } else { 0 },
            archivings: some(rng, 60),
            upgrades: 0,
            skew_millis_max: [2_000, 2_000, DAY_MILLIS, LOST_MILLIS]
                [usize::try_from(rng.below(4)).unwrap_or(0)],
            kept_entries: rng.chance(400).then(|| rng.below(60) + 5),
        }
    }

    /// Nothing goes wrong any more.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            weather: Weather {
                latency_millis_max: 50,
                duplicate_per_mille: 0,
                loss_per_mille: 0,
                truncation_per_mille: 0,
            },
            crash_per_mille: 0,
            power_failure_per_mille: 0,
            replica_loss_per_mille: 0,
            server_crash_per_mille: 0,
            unavailable_per_mille: 0,
            lost_acknowledgement_per_mille: 0,
            late_notification_per_mille: 0,
            pause_millis: None,
            partitions: 0,
            cuts: 0,
            clock_jumps: 0,
            new_roles: 0,
            token_losses: 0,
            revocations: 0,
            full_disks: 0,
            backups: 0,
            archivings: 0,
            upgrades: 0,
            skew_millis_max: 0,
            kept_entries: None,
        }
    }
}

/// Counters with their sum.
macro_rules! counters {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, serde::Serialize)]
        pub struct $name { $($(#[$what])* pub $field: u64,)* }

        impl $name {
            pub const fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)*
            }

            /// What never happened.
            #[must_use]
            pub fn missing(&self) -> Vec<&'static str> {
                [$((stringify!($field), self.$field)),*]
                    .into_iter()
                    .filter_map(|(name, count)| (count == 0).then_some(name))
                    .collect()
            }
        }
    };
}

counters! {
    /// How often each was done, for the report: a simulation in which nothing went wrong proves nothing.
    Exercised {
        /// By what a device does not hear, what it cannot say, or both.
        partition_in,
        partition_out,
        partition_both,
        cut_connections,
        lost_frames,
        repeated_frames,
        /// Of an earlier connection, after the greeting of the next.
        reordered_frames,
        truncated_frames,
        /// Of a device, at any write.
        kills,
        /// A tab ended over a press, and the page asked the next one.
        leader_changes,
        power_cuts,
        /// Writes that were not synced, and that a power cut undid.
        lost_writes,
        lost_replicas,
        full_disks,
        refused_for_space,
        server_kills_before_commit,
        server_kills_after_commit,
        unavailable,
        lost_acknowledgements,
        /// To another of the servers than before.
        moves_between_servers,
        late_notifications,
        clock_jumps,
        new_roles,
        /// By the server, of what the device had taken.
        refused_for_lost_rights,
        expired_tokens,
        revoked_devices,
        revoked_with_unsent_work,
        /// A server was set back to a copy of its database.
        set_back_servers,
        /// What it had accepted from devices after the copy was made.
        set_back_commands,
        /// Closed orders that left the devices, those that came back, and those that were fetched.
        archived_orders,
        brought_back_orders,
        fetched_orders,
        /// Commands that came before what they stand on, and waited for that; and those that waited in vain.
        early_commands,
        waited_in_vain,
        /// Devices whose app was not updated in time, and orders that the server brought to a newer version.
        older_devices,
        upgraded_orders,
        /// What was entered there before, and what could not be entered there any more.
        sent_by_older,
        refused_for_update,
        /// Devices that were behind what the server keeps of the feed, and began anew.
        horizon_resets,
        /// Pieces of snapshots that were asked for.
        chunks,
        /// Of what devices hold with what the server has: those that came to an end, and those that did not; and the
        /// ranges that were asked for.
        comparisons,
        failed_comparisons,
        compared_ranges,
    }
}

counters! {
    /// How often people decided on what was refused.
    Decided {
        resent,
        resent_edited,
        handed_over,
        discarded,
        released,
        closed,
        /// The device said no: it would have been refused again, or nobody may do it for another.
        not_possible,
    }
}
