//! `#scenario=NAME` in the page's address opens a scenario of the library.

use yew::platform::spawn_local;
use yew::prelude::*;

use super::{OpenNamed, shelf};
use crate::scenario::library::is_name;
use crate::t;
use crate::ui::share;

const MARK: &str = "#scenario=";

/// How it went with the scenario that the address asks for.
#[derive(Clone, PartialEq)]
pub struct Missed {
    /// Why it did not open, if it did not.
    pub why: Option<AttrValue>,
    /// Tries once more.
    pub on_retry: Callback<()>,
    /// Takes the message and the name away.
    pub on_close: Callback<()>,
}

/// What stands behind the mark in the address.
fn asked_for() -> Option<String> {
    share::hash().strip_prefix(MARK).map(str::to_owned)
}

/// Takes a scenario out of the address, unless it is this one.
pub fn leave_address(shown: Option<&str>) {
    if asked_for().is_some_and(|name| Some(name.as_str()) != shown) {
        share::put_address("");
    }
}

async fn visit(name: String, open: OpenNamed) -> Result<(), String> {
    // It is a stranger's text, and not repeated.
    if !is_name(&name) {
        return Err(t!("library.no-name").to_owned());
    }
    let library = shelf::index().await?;
    let listed = library.find(&name).ok_or_else(|| t!("library.unknown", name = name))?;
    let scenario = shelf::scenario(listed).await?;
    // Somebody may have gone elsewhere meanwhile.
    if asked_for().as_deref() == Some(name.as_str()) { open.emit((scenario, name)) } else { Ok(()) }
}

/// Opens the scenarios that the address asks for, from the beginning and whenever it changes.
#[hook]
pub fn use_scenario_address(open: &OpenNamed) -> Missed {
    let why = use_state(|| None::<AttrValue>);
    let on_retry = {
        let (why, open) = (why.setter(), open.clone());
        use_callback((), move |(), ()| {
            let Some(name) = asked_for() else { return };
            let (why, open) = (why.clone(), open.clone());
            spawn_local(async move { why.set(visit(name, open).await.err().map(AttrValue::from)) });
        })
    };
    share::use_address(true, on_retry.clone());
    let on_close = {
        let why = why.setter();
        use_callback((), move |(), ()| {
            why.set(None);
            leave_address(None);
        })
    };
    Missed { why: (*why).clone(), on_retry, on_close }
}
