//! A network that loses, delays, doubles and cuts, as far as one below WebSockets can.
//!
//! Inside one connection frames keep their order, because TCP keeps it; what is lost takes all that
//! follows it along, until somebody notices that the connection is dead. Across connections there is
//! no order: what an abandoned connection still carries may arrive after the greeting of the next.

use std::collections::BTreeMap;

use super::rng::Rng;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
}

#[derive(Debug, Default)]
enum Flow {
    #[default]
    Flowing,
    /// Retransmitted until the partition heals.
    Stalled(Vec<Vec<u8>>),
    /// The packets are lost, and with them all that comes after.
    Dead,
}

#[derive(Debug, Default)]
struct Lane {
    flow: Flow,
    last_arrival: i64,
}

#[derive(Debug)]
pub struct Connection {
    pub device: usize,
    /// The server process at the other end.
    pub process: usize,
    /// Whether the device still listens to it.
    pub device_open: bool,
    pub server_open: bool,
    up: Lane,
    down: Lane,
}

/// How bad the network is.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub latency_millis_max: i64,
    pub duplicate_per_mille: u64,
    pub truncation_per_mille: u64,
    pub loss_per_mille: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Partition {
    up: bool,
    down: bool,
}

pub struct Network {
    pub weather: Weather,
    rng: Rng,
    connections: BTreeMap<ConnectionId, Connection>,
    partitions: BTreeMap<usize, Partition>,
    opened: u64,
    pub lost_count: u64,
    pub duplicated_count: u64,
    pub truncated_count: u64,
}

impl Network {
    #[must_use]
    pub const fn new(rng: Rng, weather: Weather) -> Self {
        Self {
            weather,
            rng,
            connections: BTreeMap::new(),
            partitions: BTreeMap::new(),
            opened: 0,
            lost_count: 0,
            duplicated_count: 0,
            truncated_count: 0,
        }
    }

    pub fn latency(&mut self) -> i64 {
        self.rng.between(1, self.weather.latency_millis_max)
    }

    /// A connection attempt; nothing when no packet of it gets through.
    pub fn open(&mut self, device: usize, process: usize) -> Option<ConnectionId> {
        let partition = self.partitions.get(&device).copied().unwrap_or_default();
        if partition.up || partition.down {
            return None;
        }
        self.opened += 1;
        let id = ConnectionId(self.opened);
        let connection = Connection {
            device,
            process,
            device_open: true,
            server_open: true,
            up: Lane::default(),
            down: Lane::default(),
        };
        self.connections.insert(id, connection);
        Some(id)
    }

    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    pub fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    pub fn open_connections(&self, device: Option<usize>) -> Vec<ConnectionId> {
        let of = |connection: &Connection| device.is_none_or(|device| connection.device == device);
        self.connections
            .iter()
            .filter(|(_, it)| (it.device_open || it.server_open) && of(it))
            .map(|(id, _)| *id)
            .collect()
    }

    /// When the frame arrives: never, once or twice. `may_double` is false for what must come
    /// once.
    pub fn send(&mut self, id: ConnectionId, way: Way, frame: &[u8], now: i64, may_double: bool) -> Vec<i64> {
        let latency = self.latency();
        let lost = self.rng.chance(self.weather.loss_per_mille);
        let doubled = may_double && self.rng.chance(self.weather.duplicate_per_mille);
        let Some(lane) = self.lane(id, way) else { return Vec::new() };
        match &mut lane.flow {
            Flow::Dead => {
                self.lost_count += 1;
                return Vec::new();
            }
            Flow::Stalled(held) => {
                held.push(frame.to_vec());
                return Vec::new();
            }
            Flow::Flowing => {}
        }
        if lost {
            lane.flow = Flow::Dead;
            self.lost_count += 1;
            return Vec::new();
        }
        let first = lane.last_arrival.max(now + latency);
        lane.last_arrival = first;
        if !doubled {
            return vec![first];
        }
        lane.last_arrival = first + latency;
        self.duplicated_count += 1;
        vec![first, first + latency]
    }

    /// When a notice that goes behind all frames arrives: that the peer closed.
    pub fn after_frames(&mut self, id: ConnectionId, way: Way, now: i64) -> i64 {
        let latency = self.latency();
        match self.lane(id, way) {
            Some(Lane { flow: Flow::Flowing, last_arrival }) => (*last_arrival).max(now + latency),
            // Nobody hears the good-bye; the operating system gives up some time.
            lane => {
                // What a device still had to send may arrive after its partition; a server is gone with its
                // machine.
                if let Some(lane) = lane.filter(|_| way == Way::Down) {
                    lane.flow = Flow::Dead;
                }
                now + 60_000
            }
        }
    }

    /// Whether frames get through both ways, or nobody has it any more.
    #[must_use]
    pub fn is_flowing(&self, id: ConnectionId) -> bool {
        let flows = |lane: &Lane| matches!(lane.flow, Flow::Flowing);
        self.connections.get(&id).is_none_or(|open| flows(&open.up) && flows(&open.down))
    }

    /// Whether a frame is cut off, and after how many bytes. Nothing follows it.
    pub fn truncation(&mut self, id: ConnectionId, way: Way, frame: &[u8]) -> Option<usize> {
        let is_cut = self.rng.chance(self.weather.truncation_per_mille);
        let lane = self.lane(id, way).filter(|lane| is_cut && matches!(lane.flow, Flow::Flowing));
        lane?.flow = Flow::Dead;
        self.truncated_count += 1;
        usize::try_from(self.rng.below(frame.len() as u64)).ok()
    }

    /// Nothing more of it arrives in that direction.
    pub fn kill(&mut self, id: ConnectionId, way: Way) {
        if let Some(lane) = self.lane(id, way) {
            lane.flow = Flow::Dead;
        }
    }

    /// Separates a device from the server, one way or both.
    pub fn partition(&mut self, device: usize, up: bool, down: bool) {
        self.partitions.insert(device, Partition { up, down });
        for id in self.open_connections(Some(device)) {
            for (way, cut) in [(Way::Up, up), (Way::Down, down)] {
                let stalls = self.rng.chance(500);
                if let Some(lane) =
                    self.lane(id, way).filter(|lane| cut && matches!(lane.flow, Flow::Flowing))
                {
                    lane.flow = if stalls { Flow::Stalled(Vec::new()) } else { Flow::Dead };
                }
            }
        }
    }

    /// Ends the partition. What was retransmitted all the time arrives now.
    pub fn heal(&mut self, device: usize, now: i64) -> Vec<(i64, ConnectionId, Way, Vec<u8>)> {
        self.partitions.remove(&device);
        let mut arrivals = Vec::new();
        for id in self.open_connections(Some(device)) {
            for way in [Way::Up, Way::Down] {
                let mut at = now + self.latency();
                let Some(lane) = self.lane(id, way) else { continue };
                let Flow::Stalled(held) = &mut lane.flow else { continue };
                let held = std::mem::take(held);
                lane.flow = Flow::Flowing;
                for frame in held {
                    at += 1;
                    arrivals.push((at, id, way, frame));
                }
                lane.last_arrival = lane.last_arrival.max(at);
            }
        }
        arrivals
    }

    #[must_use]
    pub fn is_partitioned(&self, device: usize) -> bool {
        self.partitions.contains_key(&device)
    }

    fn lane(&mut self, id: ConnectionId, way: Way) -> Option<&mut Lane> {
        let connection = self.connections.get_mut(&id)?;
        Some(match way {
            Way::Up => &mut connection.up,
            Way::Down => &mut connection.down,
        })
    }
}
