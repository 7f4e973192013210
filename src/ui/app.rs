//! The page: one laboratory after the other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use crate::scenario::Scenario;
use crate::t;
use crate::ui::lab::Opening;
use crate::ui::laboratory::Laboratory;
use crate::ui::language;
use crate::ui::lessons::use_lesson;
use crate::ui::library::{self, use_scenario_address};
use crate::ui::opening;
use crate::ui::running::{Begun, Running};
use crate::ui::share::{self, First};

/// Draws the page, once its language is there.
pub fn start(root: Element) {
    language::begin(|problem| {
        yew::Renderer::<App>::with_root_and_props(root, AppProps { problem: problem.map(AttrValue::from) }).render();
    });
}

/// What the page begins with.
#[derive(Properties, Clone, PartialEq)]
pub struct AppProps {
    /// Why it does not speak the language that was asked for.
    problem: Option<AttrValue>,
}

/// The whole page: one laboratory after the other.
#[component]
pub fn App(props: &AppProps) -> Html {
    let choices = use_memo((), |()| opening::choices());
    let numbers = use_memo((), |()| Cell::new(0_u32));
    let first = use_memo((), |()| Rc::new(RefCell::new(share::begin_with_address(0))));
    let running = use_state(|| {
        if !matches!(*first.borrow(), First::Arrived(_)) {
            return Running::first(&choices);
        }
        match first.replace(First::None) {
            First::Arrived(arrived) => Running::arrived(arrived, 0),
            _ => Running::first(&choices),
        }
    });
    let begin = {
        let (running, numbers) = (running.setter(), numbers.clone());
        use_callback((), move |(opening, chosen, begun): (Opening, Option<AttrValue>, Begun), ()| {
            numbers.set(numbers.get() + 1);
            let next = Running::begin(opening, chosen.clone(), begun, numbers.get());
            // What cannot be run leaves everything as it is.
            if let (Err(why), Begun::Choice | Begun::Address | Begun::File | Begun::Lesson) = (&next.lab, begun) {
                return Err(why.clone());
            }
            running.set(next);
            share::forget();
            library::leave_address(chosen.as_deref());
            Ok(())
        })
    };
    let on_choose = {
        let (choices, begin) = (choices.clone(), begin.clone());
        use_callback((), move |index: usize, ()| {
            if let Some(choice) = choices.get(index) {
                let _ = begin.emit((choice.opening.clone(), Some(choice.name.into()), Begun::Choice));
            }
        })
    };
    let on_restart = {
        let (running, begin) = (running.clone(), begin.clone());
        Callback::from(move |rules| {
            let deeds = running.lab.as_ref().map(|lab| lab.with(|s| s.deeds().to_vec())).unwrap_or_default();
            let opening = opening::with_failover(&opening::with_changes(&running.opening, &deeds), rules);
            let _ = begin.emit((opening, running.chosen.clone(), Begun::Restart));
        })
    };
    let lesson = use_lesson(&begin, &numbers);
    let named = |begun| {
        let begin = begin.clone();
        move |(scenario, name): (Scenario, String), (): &()| {
            begin.emit((opening::of_scenario(scenario), Some(name.into()), begun))
        }
    };
    let open_named = use_callback((), named(Begun::Choice));
    let visit_named = use_callback((), named(Begun::Address));
    let missed = use_scenario_address(&visit_named);
    let open =
        use_callback((), move |scenario: Scenario, ()| begin.emit((opening::of_scenario(scenario), None, Begun::File)));
    let arrived = {
        let (running, numbers) = (running.setter(), numbers.clone());
        Callback::from(move |arrived| running.set(Running::arrived(arrived, numbers.get())))
    };
    let (visiting, on_visit_end) = share::use_visits((*first).clone(), numbers, arrived);
    let Running { lab, opening, chosen, begun, number } = (*running).clone();
    match lab {
        Ok(lab) => html! {
            <Laboratory key={number} {lab} {opening} {choices} {chosen} {on_choose} {on_restart} {begun} {open} {open_named} {visiting}
                {on_visit_end} {lesson} {missed} problem={props.problem.clone()} />
        },
        Err(why) => html! {
            <main class="rl is-broken">
                <h1>{ "Replication Lab" }</h1>
                <p role="alert">{ t!("page.broken", why = why) }</p>
            </main>
        },
    }
}
