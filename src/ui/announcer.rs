//! The live region: tells those who do not see the stage what matters, at a rate that can be listened to.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::ui::lab::{Lab, Snapshot};
use crate::ui::words::{Weight, headline, names_in, sentence};

#[derive(Properties)]
pub struct AnnouncerProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
}

impl PartialEq for AnnouncerProps {
    /// There is news only when a server, a role or a command changed something, or time starts or stops.
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab
            && self.snapshot.structure_revision == other.snapshot.structure_revision
            && self.snapshot.playing == other.snapshot.playing
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
    {
        let (lab, said) = (props.lab.clone(), said.setter());
        use_effect_with((props.snapshot.structure_revision, props.snapshot.playing), move |_| {
            if timer.borrow().is_some() {
                return;
            }
            let again = timer.clone();
            *timer.borrow_mut() = Some(Timeout::new(EVERY_MS, move || {
                *again.borrow_mut() = None;
                said.set(news(&lab));
            }));
        });
    }
    html! { <div class="unseen" role="status" aria-live="polite">{ (*said).clone() }</div> }
}

/// The newest sentences worth telling, and how things stand.
fn news(lab: &Lab) -> String {
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
    let now = headline(&snapshot.view);
    sentences.push(format!("{} {}", now.subject, now.rest));
    if !snapshot.playing {
        sentences.push("Time stands still".to_owned());
    }
    sentences.join(". ")
}
