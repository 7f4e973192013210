//! A long list that is cheap to clone.

use std::collections::VecDeque;
use std::sync::Arc;

/// A list that grows at its end and is dropped from its front, whose clones share what neither has changed since.
///
/// Checkpoints clone the judges many times in a run; with this a clone costs one pointer per `N` elements, and memory
/// once however many checkpoints hold it. Elements keep their index for life.
#[derive(Clone, Debug)]
pub struct Chunks<T, const N: usize> {
    chunks: VecDeque<Arc<Vec<T>>>,
    first: u64,
    end: u64,
}

/// As [`Arc::make_mut`], but a copy has room for `capacity` elements. All pieces of a list are then of one size, and the place
/// of one that is dropped fits the next: memory that holds many checkpoints would else be full of holes.
pub fn make_mut<T: Clone>(shared: &mut Arc<Vec<T>>, capacity: usize) -> &mut Vec<T> {
    if Arc::get_mut(shared).is_none() {
        let mut own = Vec::with_capacity(capacity.max(shared.len()));
        own.extend_from_slice(shared);
        *shared = Arc::new(own);
    }
    Arc::make_mut(shared)
}

impl<T: Clone, const N: usize> Chunks<T, N> {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Chunks { chunks: VecDeque::new(), first: 0, end: 0 }
    }

    /// Appends an element and returns its index.
    pub fn push(&mut self, element: T) -> u64 {
        let index = self.end;
        if (self.end - self.first).is_multiple_of(N as u64) {
            self.chunks.push_back(Arc::new(Vec::with_capacity(N)));
        }
        if let Some(last) = self.chunks.back_mut() {
            make_mut(last, N).push(element);
        }
        self.end += 1;
        index
    }

    /// The element at `index`, if it is still held.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<&T> {
        let offset = usize::try_from(index.checked_sub(self.first)?).ok()?;
        self.chunks.get(offset / N)?.get(offset % N)
    }

    /// The element at `index` for changing, if it is still held. Clones its chunk where a clone of the list shares it.
    pub fn get_mut(&mut self, index: u64) -> Option<&mut T> {
        let offset = usize::try_from(index.checked_sub(self.first)?).ok()?;
        make_mut(self.chunks.get_mut(offset / N)?, N).get_mut(offset % N)
    }

    /// The newest element.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.chunks.back()?.last()
    }

    /// The index of the oldest element held; where the next will go, when there is none.
    #[must_use]
    pub fn first_index(&self) -> u64 {
        self.first
    }

    /// The index that the next element will get.
    #[must_use]
    pub fn end_index(&self) -> u64 {
        self.end
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first == self.end
    }

    /// How many elements are held.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.end - self.first) as usize
    }

    /// How many chunks are held.
    #[must_use]
    pub fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// What this list holds that another of the same origin does not, in bytes: the chunks that they do not share, and where
    /// the rest is.
    #[must_use]
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        let number = |list: &Self| list.first / N as u64;
        let theirs = |index: usize| {
            let index = (number(self) + index as u64).checked_sub(number(other))?;
            other.chunks.get(usize::try_from(index).ok()?)
        };
        let own = self.chunks.iter().enumerate();
        let own = own.filter(|(index, mine)| theirs(*index).is_none_or(|theirs| !Arc::ptr_eq(mine, theirs)));
        let elements: usize = own.map(|(_, chunk)| chunk.capacity()).sum();
        (elements * size_of::<T>() + self.chunks.len() * size_of::<usize>()) as u64
    }

    /// The oldest chunk, if it is full.
    #[must_use]
    pub fn front_chunk(&self) -> Option<&[T]> {
        self.chunks.front().filter(|chunk| chunk.len() == N).map(|chunk| chunk.as_slice())
    }

    /// Drops the oldest chunk, if it is full.
    pub fn drop_front_chunk(&mut self) {
        if self.front_chunk().is_some() {
            self.chunks.pop_front();
            self.first += N as u64;
        }
    }

    /// The elements from the oldest on.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Shows each chunk to `wanted`; those for which it says yes go to `change` element by element.
    pub fn change_chunks(&mut self, wanted: impl Fn(&T) -> bool, mut change: impl FnMut(&mut T)) {
        for chunk in &mut self.chunks {
            if chunk.iter().any(&wanted) {
                make_mut(chunk, N).iter_mut().filter(|element| wanted(element)).for_each(&mut change);
            }
        }
    }

    /// The first index from `from` up to (not with) `to` whose element satisfies `reached`, where the elements that do
    /// not all come before those that do.
    #[must_use]
    pub fn partition_point(&self, from: u64, to: u64, reached: impl Fn(&T) -> bool) -> u64 {
        let (mut low, mut high) = (from.max(self.first), to.min(self.end));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).is_some_and(&reached) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

impl<T: Clone, const N: usize> Default for Chunks<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keep_their_index_while_the_front_is_dropped() {
        let mut list = Chunks::<u64, 4>::new();
        for i in 0..10 {
            assert_eq!(list.push(i * 10), i);
        }
        list.drop_front_chunk();
        assert_eq!((list.first_index(), list.end_index(), list.len()), (4, 10, 6));
        assert_eq!((list.get(3), list.get(4), list.get(9), list.get(10)), (None, Some(&40), Some(&90), None));
        list.drop_front_chunk();
        list.drop_front_chunk();
        assert_eq!(list.iter().copied().collect::<Vec<_>>(), [80, 90], "a chunk that is not full stays");
    }

    #[test]
    fn a_clone_does_not_see_later_changes() {
        let mut list = Chunks::<u64, 4>::new();
        (0..6).for_each(|i| {
            list.push(i);
        });
        let before = list.clone();
        list.push(6);
        *list.get_mut(1).unwrap() = 100;
        list.change_chunks(|&e| e == 5, |e| *e = 50);
        assert_eq!(before.iter().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(list.iter().copied().collect::<Vec<_>>(), [0, 100, 2, 3, 4, 50, 6]);
    }

    #[test]
    fn what_a_list_holds_beside_another_are_the_chunks_that_they_do_not_share() {
        let mut list = Chunks::<u64, 4>::new();
        (0..10).for_each(|i| {
            list.push(i);
        });
        let before = list.clone();
        let rest = |list: &Chunks<u64, 4>| (list.chunk_count() * size_of::<usize>()) as u64;
        assert_eq!(list.bytes_beside(&before), rest(&list));
        *list.get_mut(5).unwrap() = 50;
        assert_eq!(list.bytes_beside(&before), rest(&list) + 4 * 8, "a chunk in the middle");
        list.drop_front_chunk();
        assert_eq!(list.bytes_beside(&before), rest(&list) + 4 * 8, "chunks are found by what is in them");
        assert_eq!(before.bytes_beside(&list), rest(&before) + 2 * 4 * 8, "what was dropped, and what was changed");
    }

    #[test]
    fn finds_the_first_that_reaches() {
        let mut list = Chunks::<u64, 4>::new();
        for i in 0..20 {
            list.push(i / 2);
        }
        list.drop_front_chunk();
        assert_eq!(list.partition_point(0, 20, |&e| e >= 5), 10);
        assert_eq!(list.partition_point(0, 8, |&e| e >= 5), 8, "none in the range: its end");
        assert_eq!(list.partition_point(0, 20, |&e| e >= 1), 4, "nothing before what is held");
    }
}
