//! A laboratory's time: how fast it passes, where it goes at once, and another run that keeps the same instant.

use super::core::ENGINE_BUDGET_MS;
use super::{Lab, Landmark, Simulation};
use crate::engine::time::SimTime;
use crate::sim::recording::BranchId;
use crate::ui::pace::Pace;

/// A twin that is further behind than this looks for a checkpoint, in microseconds.
const LONG_WAY_US: u64 = 2_000_000;

impl Lab {
    /// The run that is kept at the same instant, if one is.
    #[must_use]
    pub fn twin(&self) -> Option<Lab> {
        self.0.twin.borrow().clone()
    }

    /// Keeps another run at the same instant from now on, and does to it what is done to this one; or lets it go.
    pub fn set_twin(&self, twin: Option<Lab>) {
        if let Some(twin) = &twin {
            twin.0.core.borrow_mut().led = true;
        }
        if let Some(former) = self.0.twin.replace(twin) {
            former.close();
        }
        self.0.frames.request();
    }

    /// Goes where another laboratory is, as far as a frame's time allows; whether it got there.
    pub(super) fn catch_up(&self, now_us: f64, playing: bool, pace: Pace) -> bool {
        let (there, jumped) = {
            let mut core = self.0.core.borrow_mut();
            (core.playing, core.pace) = (playing, pace);
            let (at, here) = (SimTime(now_us as u64), core.simulation.now());
            let jumped = at < here || (at.since(here) > LONG_WAY_US && at <= core.simulation.end());
            if jumped {
                core.jump(|simulation| {
                    simulation.seek(at);
                    true
                });
            }
            let there = core.simulation.advance(at, ENGINE_BUDGET_MS);
            core.now_us = if there { now_us } else { core.simulation.now().0 as f64 };
            (there, jumped)
        };
        if jumped {
            self.publish();
        }
        self.0.frames.request();
        there
    }

    /// Lets time pass, or stops it.
    pub fn set_playing(&self, playing: bool) {
        {
            let mut core = self.0.core.borrow_mut();
            core.playing = playing;
            core.last_wall_ms = None;
            core.strained = false;
        }
        self.publish();
        self.0.frames.request();
    }

    /// Changes how fast time passes.
    pub fn set_pace(&self, pace: Pace) {
        self.0.core.borrow_mut().pace = pace;
        self.publish();
        self.0.frames.request();
    }

    /// Stops time and goes to the next of these. False, and nothing has changed, when none comes for a long time.
    pub fn next(&self, landmark: Landmark) -> bool {
        self.jump(|simulation| simulation.next(landmark))
    }

    /// Stops time and goes back to the last of these. False, and at the beginning, when there was none.
    pub fn previous(&self, landmark: Landmark) -> bool {
        self.jump(|simulation| simulation.previous(landmark))
    }

    /// Goes to an instant with the next frame: a hand on the time line asks more often than frames are drawn.
    pub fn seek(&self, at: SimTime) {
        self.0.core.borrow_mut().wanted = Some(at);
        self.0.frames.request();
    }

    /// Stops time and goes to an instant at once.
    pub fn seek_now(&self, at: SimTime) {
        self.jump(|simulation| {
            simulation.seek(at);
            true
        });
    }

    /// Stops time and goes to where an event of the trace has just happened. False when that is not recorded.
    pub fn seek_event(&self, number: u64) -> bool {
        self.jump(|simulation| simulation.seek_event(number))
    }

    /// Stops time and goes to the end of another branch.
    pub fn switch(&self, branch: BranchId) {
        self.jump(|simulation| {
            simulation.switch(branch);
            true
        });
    }

    /// Gives a branch another name.
    pub fn rename(&self, branch: BranchId, name: String) {
        self.0.core.borrow_mut().simulation.rename(branch, name);
    }

    fn jump(&self, go: impl FnOnce(&mut Simulation) -> bool) -> bool {
        let found = {
            let mut core = self.0.core.borrow_mut();
            core.playing = false;
            core.jump(go)
        };
        self.publish();
        self.0.frames.request();
        found
    }
}
