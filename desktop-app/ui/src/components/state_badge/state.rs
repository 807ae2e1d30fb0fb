//! What states look like and are called.

use crate::components::icon::IconName;
use crate::t;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadgeState {
    // Orders and operations
    Planned,
    Released,
    Running,
    Paused,
    Completed,
    Cancelled,
    // Machines and lines
    Down,
    Setup,
    Idle,
    Starved,
    Maintenance,
    Offline,
}

impl BadgeState {
    pub const ALL: [BadgeState; 12] = [
        BadgeState::Planned,
        BadgeState::Released,
        BadgeState::Running,
        BadgeState::Paused,
        BadgeState::Completed,
        BadgeState::Cancelled,
        BadgeState::Down,
        BadgeState::Setup,
        BadgeState::Idle,
        BadgeState::Starved,
        BadgeState::Maintenance,
        BadgeState::Offline,
    ];

    pub fn word(self) -> String {
        match self {
            BadgeState::Planned => t!("state-planned"),
            BadgeState::Released => t!("state-released"),
            BadgeState::Running => t!("state-running"),
            BadgeState::Paused => t!("state-paused"),
            BadgeState::Completed => t!("state-completed"),
            BadgeState::Cancelled => t!("state-cancelled"),
            BadgeState::Down => t!("state-down"),
            BadgeState::Setup => t!("state-setup"),
            BadgeState::Idle => t!("state-idle"),
            BadgeState::Starved => t!("state-starved"),
            BadgeState::Maintenance => t!("state-maintenance"),
            BadgeState::Offline => t!("state-offline"),
        }
    }

    pub fn icon(self) -> IconName {
        match self {
            BadgeState::Planned => IconName::Calendar,
            BadgeState::Released => IconName::ArrowRight,
            BadgeState::Running => IconName::Play,
            BadgeState::Paused | BadgeState::Idle => IconName::Pause,
            BadgeState::Completed => IconName::Check,
            BadgeState::Cancelled => IconName::Cross,
            BadgeState::Down => IconName::Block,
            BadgeState::Setup => IconName::Wrench,
            BadgeState::Starved => IconName::Starved,
            BadgeState::Maintenance => IconName::Gear,
            BadgeState::Offline => IconName::CloudOff,
        }
    }

    /// The value of `data-state`, which the style sheet colours.
    pub fn attribute(self) -> &'static str {
        match self {
            BadgeState::Planned => "planned",
            BadgeState::Released => "released",
            BadgeState::Running => "running",
            BadgeState::Paused => "paused",
            BadgeState::Completed => "completed",
            BadgeState::Cancelled => "cancelled",
            BadgeState::Down => "down",
            BadgeState::Setup => "setup",
            BadgeState::Idle => "idle",
            BadgeState::Starved => "starved",
            BadgeState::Maintenance => "maintenance",
            BadgeState::Offline => "offline",
        }
    }
}
