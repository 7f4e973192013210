//! Where there is room for words.

use crate::ui::plan::Rect;

/// The most labels: more cannot be read.
const MOST: usize = 140;

/// Places that are taken.
#[derive(Default)]
pub(super) struct Room {
    taken: Vec<Rect>,
    labels: usize,
}

impl Room {
    /// Keeps words away from a place.
    pub fn block(&mut self, place: Rect) {
        self.taken.push(place);
    }

    /// Takes the first of some places that is free and within bounds.
    pub fn take(&mut self, places: impl IntoIterator<Item = Rect>, bounds: &Rect) -> Option<Rect> {
        if self.labels >= MOST {
            return None;
        }
        let inside = |r: &Rect| {
            r.x >= bounds.x && r.right() <= bounds.right() && r.y >= bounds.y && r.bottom() <= bounds.bottom()
        };
        let free = |r: &Rect| !self.taken.iter().any(|other| r.near(other, 3.0));
        let found = places.into_iter().find(|r| inside(r) && free(r))?;
        self.taken.push(found);
        self.labels += 1;
        Some(found)
    }
}
