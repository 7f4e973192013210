//! The panel that leads through a lesson.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, MouseEvent};
use yew::platform::spawn_local;
use yew::prelude::*;

use super::prediction::{Prediction, revealed};
use super::session::{Footing, Session};
use super::{Begin, spot, words};
use crate::scenario::lesson::{Part, Place, Step};
use crate::t;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::parts::prose::{line, prose};

/// Between two looks at what was done, in milliseconds.
const LOOK_EVERY_MS: u32 = 150;
/// At most so many parts of the page are pointed at at once.
const RINGS: usize = 3;

#[derive(Properties, PartialEq)]
pub struct LessonPanelProps {
    pub lab: Lab,
    pub session: Rc<Session>,
    /// Begins a run of the lesson's.
    pub on_begin: Callback<Begin>,
    pub on_close: Callback<()>,
}

/// What is pointed at, from the last `show` among the parts that are shown.
fn pointed(step: &Step, shown: usize) -> Vec<Place> {
    let parts = step.parts.iter().take(shown.saturating_add(1)).rev();
    let places =
        parts.filter_map(|part| if let Part::Show(places) = part { Some(places.clone()) } else { None }).next();
    places.unwrap_or_default()
}

#[component]
pub fn LessonPanel(props: &LessonPanelProps) -> Html {
    let LessonPanelProps { lab, session, .. } = props;
    let update = use_force_update();
    let collapsed = use_state(|| false);
    let helped = use_state(|| None::<(usize, usize)>);
    // An earlier step that is read again.
    let review = use_state(|| session.reread());
    let rings = use_node_ref();
    let heading = use_node_ref();
    let body = use_node_ref();
    use_ticks(props, &rings, *review, &update);
    use_deeds(session);
    {
        let (session, update) = (session.clone(), update.clone());
        use_effect_with((), move |()| {
            spawn_local(async move {
                if session.speak().await {
                    update.force_update();
                }
            });
        });
    }
    let place = (*review).unwrap_or(session.step());
    let whole = review.is_some();
    {
        // Whoever went on reads the new step first.
        let heading = heading.clone();
        let first = use_mut_ref(|| true);
        use_effect_with((place, session.is_done()), move |_| {
            if !first.replace(false)
                && let Some(heading) = heading.cast::<Element>()
            {
                dom::focus(&heading);
            }
        });
    }
    {
        let (session, lab) = (session.clone(), lab.clone());
        use_effect_with(place, move |place| {
            if session.footing(&lab) != Footing::OtherRun {
                session.put_address(*place);
            }
        });
    }
    let step = session.step_at(place);
    let shown = if whole { step.as_ref().map_or(0, |step| step.parts.len()) } else { session.part() };
    use_reading(&body, place, shown, step.as_ref());
    let Some(step) = step else { return Html::default() };
    let ready = shown >= step.parts.len();
    let lesson = session.lesson();
    let count = lesson.steps.len();
    let footing = session.footing(lab);
    let close = props.on_close.reform(|_: MouseEvent| ());
    let toggle = {
        let collapsed = collapsed.clone();
        Callback::from(move |_: MouseEvent| collapsed.set(!*collapsed))
    };
    let again = {
        let (session, lab, update, review) = (session.clone(), lab.clone(), update.clone(), review.setter());
        Callback::from(move |_: MouseEvent| {
            review.set(None);
            session.again(&lab);
            update.force_update();
        })
    };
    let next = {
        let (session, lab, update, review) = (session.clone(), lab.clone(), update.clone(), review.clone());
        Callback::from(move |_: MouseEvent| match *review {
            Some(place) => review.set(Some(place + 1).filter(|next| *next < session.step())),
            None => {
                session.next(&lab);
                update.force_update();
            }
        })
    };
    let back = {
        let review = review.setter();
        let place = place.checked_sub(1);
        Callback::from(move |_: MouseEvent| review.set(place))
    };
    let run = {
        let (session, on_begin) = (session.clone(), props.on_begin.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(opening) = session.run_of_step() {
                on_begin.emit((session.clone(), opening));
            }
        })
    };
    let done = session.is_done() && !whole;
    let progress = t!("lessons.progress", step = place + 1, of = count);
    let collapse = if *collapsed { t!("lessons.expand") } else { t!("lessons.collapse") };
    let trouble = match footing {
        Footing::Firm => None,
        Footing::OtherRun => Some((t!("lessons.other-run"), t!("lessons.to-run"), run)),
        Footing::Before => Some((t!("lessons.before"), t!("lessons.to-step"), again.clone())),
        Footing::OtherWay => Some((t!("lessons.other-way"), t!("lessons.to-step"), again.clone())),
    };
    let view = View { props, step: &step, place, shown, helped: &helped, update: &update };
    html! {
        <>
            <aside class={classes!("lesson", collapsed.then_some("is-collapsed"))} aria-label={t!("lessons.of", title = session.lesson().title)}>
                <header class="lesson-head">
                    <p class="lesson-title">{ session.lesson().title.clone() }</p>
                    <p class="lesson-count">{ progress.clone() }</p>
                    <button type="button" class="button is-icon" aria-expanded={(!*collapsed).to_string()} aria-label={collapse} title={collapse} onclick={toggle}>
                        <Icon picture={if *collapsed { Picture::Plus } else { Picture::Minus }} />
                    </button>
                    <button type="button" class="button is-icon" aria-label={t!("lessons.close")} title={t!("lessons.close")} onclick={close.clone()}>
                        <Icon picture={Picture::Cross} />
                    </button>
                    <progress class="lesson-progress" max={count.to_string()} value={(place + usize::from(ready)).to_string()} aria-label={progress} />
                </header>
                <div ref={body} class="lesson-body" tabindex="0" role="group" aria-label={t!("lessons.step")} hidden={*collapsed}>
                    if session.is_ahead() && !whole { <p class="lesson-note">{ t!("lessons.ahead") }</p> }
                    if session.is_foreign() { <p class="lesson-note">{ t!("lessons.foreign") }</p> }
                    <h2 ref={heading} tabindex="-1">{ if done { t!("lessons.end").to_owned() } else { step.title.clone() } }</h2>
                    if done {
                        { ending(session) }
                    } else {
                        { for step.parts.iter().enumerate().take(shown + 1)
                            .filter(|(_, part)| !matches!(part, Part::Stage(_) | Part::Show(_)))
                            .map(|(i, part)| html! { <div key={i} data-part={i.to_string()}>{ view.part(i, part) }</div> }) }
                    }
                    if let Some((why, way, go)) = trouble.filter(|_| !done && !whole) {
                        <div class="lesson-trouble" role="alert">
                            <p>{ why }</p>
                            <button type="button" class="button" onclick={go}>{ way }</button>
                        </div>
                    }
                </div>
                <footer class="lesson-foot" hidden={*collapsed}>
                    <button type="button" class="button" disabled={place == 0} onclick={back}>{ t!("lessons.back") }</button>
                    if let Some(next) = lesson.next.as_ref().filter(|_| done) {
                        <a class="button is-primary" href={format!("#lesson={next}")}>{ t!("lessons.next-lesson") }</a>
                    } else if done {
                        <button type="button" class="button is-primary" onclick={close}>{ t!("lessons.leave") }</button>
                    } else {
                        if !whole {
                            <button type="button" class="button is-quiet" onclick={again}>{ t!("lessons.again") }</button>
                        }
                        <button type="button" class="button is-primary lesson-next" disabled={!ready || (!whole && footing != Footing::Firm)} onclick={next}>
                            { if place + 1 == count { t!("lessons.finish") } else { t!("lessons.next") } }
                        </button>
                    }
                </footer>
                <div class="unseen" role="status" aria-live="polite">{ said(done, ready && !whole, &step.title) }</div>
            </aside>
            <div ref={rings} class="lesson-rings" aria-hidden="true">
                { for (0..RINGS).map(|_| html! { <div class="lesson-ring" hidden=true></div> }) }
            </div>
        </>
    }
}

/// What is told to those who do not see the panel.
fn said(done: bool, ready: bool, title: &str) -> String {
    match (done, ready) {
        (true, _) => t!("lessons.end").to_owned(),
        (false, true) => t!("lessons.step-done", title = title),
        (false, false) => String::new(),
    }
}

/// The lesson is over: what was predicted, and how often that was so.
fn ending(session: &Session) -> Html {
    let lesson = session.lesson();
    let asks = lesson.steps.iter().enumerate().flat_map(|(step, s)| {
        s.parts.iter().enumerate().filter(|(_, part)| matches!(part, Part::Ask(_))).map(move |(part, _)| (step, part))
    });
    let (mut right, mut all) = (0, 0);
    for (step, part) in asks {
        all += 1;
        right += usize::from(
            session.given(step, part).is_some_and(|g| g.measured.as_ref().is_some_and(|(_, right)| *right)),
        );
    }
    html! {
        <>
            { prose(&session.lesson().summary) }
            <p>{ t!("lessons.score", right = right, all = all) }</p>
            <p>{ t!("lessons.yours") }</p>
        </>
    }
}

/// What is shown of a step.
struct View<'a> {
    props: &'a LessonPanelProps,
    step: &'a Step,
    place: usize,
    shown: usize,
    helped: &'a UseStateHandle<Option<(usize, usize)>>,
    update: &'a UseForceUpdateHandle,
}

impl View<'_> {
    fn part(&self, index: usize, part: &Part) -> Html {
        let session = &self.props.session;
        let active = index == self.shown;
        match part {
            Part::Text(text) => prose(text),
            Part::Stage(_) | Part::Show(_) => Html::default(),
            Part::Ask(ask) => {
                let given = session.given(self.place, index).map(|given| given.clone());
                let on_lock = {
                    let (session, update) = (session.clone(), self.update.clone());
                    Callback::from(move |said| {
                        session.lock(index, said);
                        update.force_update();
                    })
                };
                let id = self.props.lab.id(&format!("ask-{}-{index}", self.place));
                html! { <Prediction key={format!("{}-{index}", self.place)} {id} ask={ask.clone()} {given} {on_lock} /> }
            }
            Part::Reveal => {
                let before = self.step.parts.iter().enumerate().take(index).rev();
                let ask =
                    before.filter_map(|(i, part)| if let Part::Ask(ask) = part { Some((i, ask)) } else { None }).next();
                match ask.and_then(|(i, ask)| Some((ask, session.given(self.place, i)?))) {
                    Some((ask, given)) => revealed(ask, &given),
                    None => Html::default(),
                }
            }
            Part::Wait(wait) => {
                let wanted =
                    wait.wanted.iter().map(|(w, said)| if said.is_empty() { words::of(w) } else { said.clone() });
                self.gate(index, active, t!("lessons.waits"), wanted.collect(), &wait.help)
            }
            Part::Check(condition) => {
                let wanted = condition
                    .that
                    .iter()
                    .map(|(that, said)| if said.is_empty() { format!("`{}`", that.text()) } else { said.clone() });
                self.gate(index, active, t!("lessons.checks"), wanted.collect(), &condition.help)
            }
        }
    }

    /// What a step waits for, with what is there already.
    fn gate(&self, index: usize, active: bool, title: &'static str, wanted: Vec<String>, help: &str) -> Html {
        let met = if active { self.props.session.met() } else { Vec::new() };
        let help_shown = **self.helped == Some((self.place, index));
        let show = {
            let (helped, lab) = (self.helped.setter(), self.props.lab.clone());
            let (key, places) = ((self.place, index), pointed(self.step, self.shown));
            Callback::from(move |_: MouseEvent| {
                helped.set((!help_shown).then_some(key));
                spot::scroll_to(&lab, &places);
            })
        };
        html! {
            <div class={classes!("lesson-gate", (!active).then_some("is-met"))}>
                if active { <p class="caps">{ title }</p> }
                <ul>
                    { for wanted.iter().enumerate().map(|(i, words)| {
                        let (is_met, actual) = met.get(i).cloned().unwrap_or((!active, String::new()));
                        html! {
                            <li class={is_met.then_some("is-met")}>
                                <span class="lesson-mark" aria-hidden="true">{ if is_met { "✓" } else { "○" } }</span>
                                <span>
                                    { line(words) }
                                    if is_met { <span class="unseen">{ t!("lessons.met") }</span> }
                                    if !is_met && !actual.is_empty() {
                                        <span class="lesson-actual">{ t!("lessons.actual", value = actual) }</span>
                                    }
                                </span>
                            </li>
                        }
                    }) }
                </ul>
                if active && !help.is_empty() {
                    <button type="button" class="chip" aria-expanded={help_shown.to_string()} onclick={show}>{ t!("lessons.show-me") }</button>
                    if help_shown { <p class="lesson-help">{ line(help) }</p> }
                }
            </div>
        }
    }
}

/// Looks at what was done, again and again, and lays the rings.
#[hook]
fn use_ticks(props: &LessonPanelProps, rings: &NodeRef, review: Option<usize>, update: &UseForceUpdateHandle) {
    let latest = use_mut_ref(|| None::<Footing>);
    let (lab, session, on_begin) = (props.lab.clone(), props.session.clone(), props.on_begin.clone());
    let (rings, update) = (rings.clone(), update.clone());
    use_effect_with((props.lab.clone(), props.session.clone(), review), move |_| {
        let look = move || {
            let (changed, opening) = session.tick(&lab);
            let footing = session.footing(&lab);
            let moved = latest.replace(Some(footing)) != Some(footing);
            if let Some(opening) = opening {
                on_begin.emit((session.clone(), opening));
            } else if changed || moved {
                update.force_update();
            }
            let places = match (review, session.step_at(session.step())) {
                (None, Some(step)) if !session.is_done() && footing == Footing::Firm => pointed(&step, session.part()),
                _ => Vec::new(),
            };
            if let Some(rings) = rings.cast::<Element>() {
                spot::lay(&rings, &lab, &places);
            }
        };
        // Before anything can be done on the page: what is done counts from here.
        look();
        let interval = Interval::new(LOOK_EVERY_MS, look);
        move || drop(interval)
    });
}

/// What is read of a part above one that came into view, in pixels.
const ABOVE: f64 = 44.0;

/// Brings what a gate has let through into view, and a new step's beginning; the focus does not get lost with a form.
#[hook]
fn use_reading(body: &NodeRef, place: usize, shown: usize, step: Option<&Step>) {
    let before = use_mut_ref(|| (usize::MAX, 0));
    // A step's first parts come right after it: they are read from its heading on.
    let waited = step.and_then(|step| step.parts.get(before.borrow().1));
    let waited = waited.is_some_and(|part| matches!(part, Part::Ask(_) | Part::Wait(_) | Part::Check(_)));
    let body = body.clone();
    use_effect_with((place, shown), move |(place, shown)| {
        let (last_place, last_shown) = before.replace((*place, *shown));
        let Some(body) = body.cast::<Element>() else { return };
        if last_place != *place {
            return body.set_scroll_top(0);
        }
        let part = |i: usize| dom::all(&body, &format!("[data-part='{i}']")).into_iter().next();
        if let Some(first) = (last_shown + 1..=*shown).find_map(part).filter(|_| waited) {
            let way = first.get_bounding_client_rect().top() - body.get_bounding_client_rect().top() - ABOVE;
            body.set_scroll_top(body.scroll_top() + way as i32);
        }
        let focused = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
        if focused.is_none_or(|focused| focused.tag_name() == "BODY") {
            dom::focus(&body);
        }
    });
}

/// Takes note of clicks on findings, and of tabs that are open only until the next click or key.
#[hook]
fn use_deeds(session: &Rc<Session>) {
    use_effect_with(session.clone(), |session| {
        let session = session.clone();
        let document = web_sys::window().and_then(|w| w.document());
        let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            session.note_tabs();
            let target = dom::element_of(event.target()).filter(|_| event.type_() == "click");
            if target.is_some_and(|t| t.closest(".finding").is_ok_and(|found| found.is_some())) {
                session.finding_clicked();
            }
        });
        // On the way down: a click may take what was clicked away.
        let kinds = ["click", "keydown"];
        for kind in kinds {
            let listener = listener.as_ref().unchecked_ref();
            let _ = document.as_ref().map(|d| d.add_event_listener_with_callback_and_bool(kind, listener, true));
        }
        move || {
            for kind in kinds {
                let listener = listener.as_ref().unchecked_ref();
                let _ = document.as_ref().map(|d| d.remove_event_listener_with_callback_and_bool(kind, listener, true));
            }
        }
    });
}
