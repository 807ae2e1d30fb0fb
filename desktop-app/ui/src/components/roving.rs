//! One tab stop for a group, arrow keys inside it: where focus goes next.

use dioxus::prelude::Key;

/// How the members of the group lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Row,
    Column,
    Grid { columns: usize },
}

/// The member that `key` leads to, if the key moves at all. Rows and columns go round; a grid stops at its edges.
pub fn next(key: &Key, current: usize, count: usize, layout: Layout) -> Option<usize> {
    if count == 0 {
        return None;
    }
    let last = count - 1;
    let forward = if current >= last { 0 } else { current + 1 };
    let backward = if current == 0 { last } else { current - 1 };
    match (key, layout) {
        (Key::Home, _) => Some(0),
        (Key::End, _) => Some(last),
        (Key::ArrowRight, Layout::Row | Layout::Grid { .. }) | (Key::ArrowDown, Layout::Column) => {
            Some(forward)
        }
        (Key::ArrowLeft, Layout::Row | Layout::Grid { .. }) | (Key::ArrowUp, Layout::Column) => {
            Some(backward)
        }
        (Key::ArrowDown, Layout::Grid { columns }) => Some(current + columns).filter(|to| *to <= last),
        (Key::ArrowUp, Layout::Grid { columns }) => current.checked_sub(columns),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_goes_round_and_ignores_up_and_down() {
        assert_eq!(next(&Key::ArrowRight, 2, 3, Layout::Row), Some(0));
        assert_eq!(next(&Key::ArrowLeft, 0, 3, Layout::Row), Some(2));
        assert_eq!(next(&Key::ArrowDown, 0, 3, Layout::Row), None);
    }

    #[test]
    fn a_grid_stops_at_its_edges() {
        let grid = Layout::Grid { columns: 4 };
        assert_eq!(next(&Key::ArrowDown, 1, 8, grid), Some(5));
        assert_eq!(next(&Key::ArrowDown, 5, 8, grid), None);
        assert_eq!(next(&Key::ArrowUp, 1, 8, grid), None);
    }

    #[test]
    fn an_empty_group_has_no_next() {
        assert_eq!(next(&Key::Home, 0, 0, Layout::Column), None);
    }
}
