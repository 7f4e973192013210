//! Where the page's memory comes from: places of few sizes, each of which is used again for its own size only.
//!
//! A WebAssembly module's memory never shrinks, and a recording drops checkpoints all the time whose hundreds of parts lie
//! among those of others. What a general allocator makes of such holes is too small for what comes next, so that `dlmalloc`
//! (the standard library's) takes ever more. Sizes are powers of two: what a place wastes is less than what would lie idle,
//! were there more of them, when what is held changes with a run's age. BENCHMARKS.md has the figures.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

/// What is larger, in bytes, is left to the standard library's allocator.
const LARGEST: usize = 64 << 10;
/// The greatest alignment, in bytes, of a place.
const ALIGN: usize = 16;
/// Small places are made so many bytes at once.
const RUN: usize = 16 << 10;
/// From [`ALIGN`] to [`LARGEST`].
const CLASSES: usize = 13;

/// Free places by size, each with the address of the next in its first bytes.
struct Pools(UnsafeCell<[*mut u8; CLASSES]>);

/// The number of a size, and the size of a place for it.
fn class_of(size: usize) -> (usize, usize) {
    let size = size.max(ALIGN).next_power_of_two();
    ((size / ALIGN).ilog2() as usize, size)
}

fn is_pooled(layout: Layout) -> bool {
    layout.size() <= LARGEST && layout.align() <= ALIGN
}

impl Pools {
    const fn new() -> Self {
        Pools(UnsafeCell::new([null_mut(); CLASSES]))
    }

    /// Makes places of a class. False when there is no memory.
    ///
    /// # Safety
    /// Nobody else may use the list meanwhile.
    unsafe fn make(&self, class: usize, size: usize) -> bool {
        let count = (RUN / size).max(1);
        let Ok(layout) = Layout::from_size_align(size * count, ALIGN) else { return false };
        // SAFETY: the layout is not empty.
        let run = unsafe { System.alloc(layout) };
        if run.is_null() {
            return false;
        }
        for index in (0..count).rev() {
            // SAFETY: the place lies in the run, is at least as large as an address, and aligned for it.
            unsafe { self.give(class, run.add(index * size)) };
        }
        true
    }

    /// Puts a place at the head of its list.
    ///
    /// # Safety
    /// The place must be one of the class that nobody uses.
    unsafe fn give(&self, class: usize, place: *mut u8) {
        // SAFETY: there is one thread, and no reference to the lists outlives a statement.
        unsafe {
            let head = &mut (*self.0.get())[class];
            *place.cast::<*mut u8>() = *head;
            *head = place;
        }
    }
}

// SAFETY: places of a class are at least as large and as aligned as what asks for them; each is in its list or in use, never
// both; sizes and alignments say alone whose a place is.
unsafe impl GlobalAlloc for Pools {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_pooled(layout) {
            // SAFETY: as promised by the caller.
            return unsafe { System.alloc(layout) };
        }
        let (class, size) = class_of(layout.size());
        // SAFETY: there is one thread; whatever is in a list is a place that nobody uses.
        unsafe {
            if (*self.0.get())[class].is_null() && !self.make(class, size) {
                return null_mut();
            }
            let head = &mut (*self.0.get())[class];
            let place = *head;
            *head = *place.cast::<*mut u8>();
            place
        }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller, the place came from `alloc` with this layout.
        unsafe {
            if is_pooled(layout) { self.give(class_of(layout.size()).0, place) } else { System.dealloc(place, layout) }
        }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size makes a layout, and that the place came from here.
        unsafe {
            let wanted = Layout::from_size_align_unchecked(size, layout.align());
            match (is_pooled(layout), is_pooled(wanted)) {
                (false, false) => System.realloc(place, layout, size),
                (true, true) if class_of(layout.size()) == class_of(size) => place,
                _ => {
                    let new = self.alloc(wanted);
                    if !new.is_null() {
                        new.copy_from_nonoverlapping(place, layout.size().min(size));
                        self.dealloc(place, layout);
                    }
                    new
                }
            }
        }
    }
}

// SAFETY: this module has no threads.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl Sync for Pools {}

#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
#[global_allocator]
static POOLS: Pools = Pools::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_each_other() {
        let mut last = 0;
        for size in 1..=LARGEST {
            let (class, place) = class_of(size);
            assert!(class == last || class == last + 1, "{size}");
            assert!(place >= size && (place == ALIGN || place < 2 * size), "{size}: {place}");
            assert_eq!(place % ALIGN, 0, "{size}");
            last = class;
        }
        assert_eq!(last + 1, CLASSES);
    }

    #[test]
    fn what_is_in_use_is_nobody_elses() {
        use rand_pcg::Pcg32;
        use replication_lab_core::engine::chance::below;
        let (pools, mut random) = (Pools::new(), Pcg32::new(1, 1));
        let mut used: Vec<(*mut u8, Layout, u8)> = Vec::new();
        for round in 0..20_000_u32 {
            let mark = round as u8;
            let size = 1 + below(if round % 50 == 0 { 200_000 } else { 3_000 }, &mut random) as usize;
            let align = 1 << below(7, &mut random);
            // SAFETY: each place is used with the layout that it was asked for, and given back once.
            unsafe {
                match below(5, &mut random) {
                    0 | 1 => {
                        let layout = Layout::from_size_align(size, align).unwrap();
                        let place = pools.alloc(layout);
                        assert_eq!(place as usize % align, 0);
                        place.write_bytes(mark, size);
                        used.push((place, layout, mark));
                    }
                    2 if !used.is_empty() => {
                        let index = below(used.len() as u64, &mut random) as usize;
                        let (place, layout, mark) = used.swap_remove(index);
                        let new = pools.realloc(place, layout, size);
                        let kept = std::slice::from_raw_parts(new, size.min(layout.size()));
                        assert!(kept.iter().all(|byte| *byte == mark), "round {round}");
                        new.write_bytes(mark, size);
                        used.push((new, Layout::from_size_align(size, layout.align()).unwrap(), mark));
                    }
                    _ if !used.is_empty() => {
                        let index = below(used.len() as u64, &mut random) as usize;
                        let (place, layout, mark) = used.swap_remove(index);
                        let kept = std::slice::from_raw_parts(place, layout.size());
                        assert!(kept.iter().all(|byte| *byte == mark), "round {round}");
                        pools.dealloc(place, layout);
                    }
                    _ => {}
                }
            }
        }
        assert!(used.len() > 10);
    }
}
