//! The live region: tells those who do not see the stage what matters, at a rate that can be listened to.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::t;
use crate::ui::lab::{Lab, Snapshot};
use crate::ui::words::{Weight, clock, headline, names_in, sentence};

#[derive(Properties)]
pub struct AnnouncerProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
}

impl PartialEq for AnnouncerProps {
    /// There is news only when a server, a role or a command changed something, time starts or stops, or is another.
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab
            && self.snapshot.structure_revision == other.snapshot.structure_revision
            && self.snapshot.playing == other.snapshot.playing
            && self.snapshot.jumps == other.snapshot.jumps
    }
}

/// Between two announcements.
const EVERY_MS: u32 = 2_500;
/// Sentences in one announcement.
const MOST: usize = 3;

/// The live region.
#[component]
pub fn Announcer(props: &AnnouncerProps) -> Html {
    let said = use_state(String::new);
    let timer = use_mut_ref(|| None::<Timeout>);
    // The jumps in time that were told of.
    let jumps = use_mut_ref(|| 0_u64);
    {
        let (lab, said) = (props.lab.clone(), said.setter());
        let Snapshot { structure_revision, playing, jumps: jumped, .. } = *props.snapshot;
        use_effect_with((structure_revision, playing, jumped), move |_| {
            // However much happens, and however often somebody jumps, it is told when this one is due.
            if timer.borrow().is_some() {
                return;
            }
            let again = timer.clone();
            *timer.borrow_mut() = Some(Timeout::new(EVERY_MS, move || {
                *again.borrow_mut() = None;
                let jumped = lab.snapshot().jumps;
                let elsewhere = jumps.replace(jumped) != jumped;
                said.set(news(&lab, elsewhere));
            }));
        });
    }
    html! { <div class="unseen" role="status" aria-live="polite">{ (*said).clone() }</div> }
}

/// The newest sentences worth telling, and how things stand; after a jump, where in time.
fn news(lab: &Lab, elsewhere: bool) -> String {
    let snapshot = lab.snapshot();
    let names = names_in(&snapshot.view);
    let alerts = lab.with(|s| s.watch().take_alerts());
    let mut sentences: Vec<String> = alerts
        .iter()
        .filter_map(|entry| sentence(&entry.what, entry.flight, &names, snapshot.view.flavor))
        .filter(|s| s.weight != Weight::Normal)
        .map(|s| s.text)
        .collect();
    let from = sentences.len().saturating_sub(MOST);
    sentences.drain(..from);
    if elsewhere {
        sentences.push(t!("announcer.at", time = clock(snapshot.view.now)));
    }
    let now = headline(&snapshot.view);
    sentences.push(format!("{} {}", now.subject, now.rest));
    if !snapshot.playing {
        sentences.push(t!("announcer.stopped").to_owned());
    }
    sentences.join(". ")
}
