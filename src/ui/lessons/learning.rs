//! The lesson under way on the page.

use std::cell::Cell;
use std::rc::Rc;

use yew::prelude::*;

use super::Begin;
use super::session::Session;
use super::start::{Start, asked_for, leave_address};
use crate::ui::running::{BeginRun, Begun};
use crate::ui::share::use_address;

/// The lesson under way, and what can be done about lessons.
#[derive(Clone, PartialEq)]
pub struct Learning {
    pub session: Option<Rc<Session>>,
    /// Why the last one could not be opened.
    pub failed: Option<AttrValue>,
    pub on_start: Callback<Start>,
    pub on_begin: Callback<Begin>,
    pub on_close: Callback<()>,
}

/// Opens lessons: those that are chosen, and those that the address asks for.
#[hook]
pub(in crate::ui) fn use_lesson(begin: &BeginRun, numbers: &Rc<Cell<u32>>) -> Learning {
    let session = use_state(|| None::<Rc<Session>>);
    let failed = use_state(|| None::<AttrValue>);
    let on_begin = {
        let (session, failed, begin, numbers) = (session.setter(), failed.setter(), begin.clone(), numbers.clone());
        use_callback((), move |(begun, opening): Begin, ()| match begin.emit((opening, None, Begun::Lesson)) {
            Ok(()) => {
                begun.runs_in(format!("rl{}-", numbers.get()));
                session.set(Some(begun));
                failed.set(None);
            }
            Err(why) => failed.set(Some(why.into())),
        })
    };
    let on_start = {
        let (on_begin, failed) = (on_begin.clone(), failed.setter());
        use_callback((), move |start: Start, ()| {
            let (on_begin, failed) = (on_begin.clone(), failed.clone());
            yew::platform::spawn_local(async move {
                match start.load().await {
                    Ok(loaded) => on_begin.emit(loaded),
                    Err(why) => failed.set(Some(why.into())),
                }
            });
        })
    };
    let look = {
        let on_start = on_start.clone();
        Callback::from(move |()| {
            if let Some(start) = asked_for() {
                on_start.emit(start);
            }
        })
    };
    use_address(true, look);
    let on_close = {
        let (session, failed) = (session.setter(), failed.setter());
        use_callback((), move |(), ()| {
            session.set(None);
            failed.set(None);
            leave_address();
        })
    };
    Learning { session: (*session).clone(), failed: (*failed).clone(), on_start, on_begin, on_close }
}
