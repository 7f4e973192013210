//! The header: what this is, the theme, and help.

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::t;
use crate::ui::lab::{Lab, Opening, Tally};
use crate::ui::opening::Choice;
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::share::{OpenScenario, ShareDialog};
use crate::ui::theme::Theme;
use crate::ui::twin::{Chosen, CompareButton};
use crate::ui::words::count;

#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    pub lab: Lab,
    pub theme: Theme,
    pub on_theme: Callback<Theme>,
    pub help: bool,
    pub on_help: Callback<bool>,
    pub flavor: Flavor,
    pub tally: Tally,
    /// Another run is to be shown beside this one.
    pub on_compare: Callback<Chosen>,
    /// What can be run.
    pub choices: Rc<Vec<Choice>>,
    /// Which of them runs; none, when it came as a link or a file.
    pub chosen: Option<usize>,
    /// What the run began with.
    pub opening: Rc<Opening>,
    /// Opens a scenario from a file.
    pub open: OpenScenario,
    pub on_choose: Callback<usize>,
    /// Opens the glossary.
    pub on_glossary: Callback<AttrValue>,
}

/// The header.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let next = props.theme.next();
    let (picture, theme) = match props.theme {
        Theme::Auto => (Picture::Half, "Theme: as the system"),
        Theme::Light => (Picture::Sun, "Theme: light"),
        Theme::Dark => (Picture::Moon, "Theme: dark"),
    };
    let choose = props.on_theme.reform(move |_: MouseEvent| next);
    let help = props.on_help.reform(|_: MouseEvent| true);
    let close = props.on_help.reform(|()| false);
    let flavor = flavor_name(props.flavor);
    let choosing = use_state(|| false);
    let open = {
        let choosing = choosing.clone();
        Callback::from(move |_: MouseEvent| choosing.set(true))
    };
    let shut = {
        let choosing = choosing.clone();
        Callback::from(move |()| choosing.set(false))
    };
    let sharing = use_state(|| false);
    let share = {
        let sharing = sharing.clone();
        Callback::from(move |_: MouseEvent| sharing.set(true))
    };
    let shared = {
        let sharing = sharing.clone();
        Callback::from(move |()| sharing.set(false))
    };
    let title = &props.opening.title;
    html! {
        <header class="header">
            <h1>{ "Replication Lab" }</h1>
            <p class="subject">{ format!("{title} · {flavor}") }</p>
            { tally(props.tally) }
            <button type="button" class="button" aria-haspopup="dialog" onclick={open}>{ t!("header.scenarios") }</button>
            <CompareButton lab={props.lab.clone()} flavor={props.flavor} on_choose={props.on_compare.clone()} />
            <button type="button" class="button" aria-haspopup="dialog" onclick={share}>{ t!("header.share") }</button>
            <button type="button" class="button" aria-haspopup="dialog" onclick={help}>{ t!("header.help") }</button>
            <button type="button" class="button is-icon" aria-label={theme} title={theme} onclick={choose}>
                <Icon {picture} />
            </button>
            if *choosing {
                <Dialog title="Scenarios" id={props.lab.id("scenarios")} on_close={shut.clone()}>
                    { choices(props, &shut) }
                </Dialog>
            }
            if *sharing {
                <ShareDialog lab={props.lab.clone()} opening={props.opening.clone()} open={props.open.clone()}
                    on_close={shared} />
            }
            if props.help {
                <Dialog title="Help" id={props.lab.id("help")} on_close={close}>{ help_text(&props.on_glossary) }</Dialog>
            }
        </header>
    }
}

/// What became of the writes so far: the sum of it all.
fn tally(tally: Tally) -> Html {
    let part = |n: u64, words: &'static str, class: &'static str| {
        html! { if n > 0 { <span {class}>{ format!("{n} {words}") }</span> } }
    };
    html! {
        <p class="tally" aria-label="Writes so far">
            <span>{ format!("{} acknowledged", count(tally.acknowledged, "write")) }</span>
            { part(tally.failed, "failed", "") }
            { part(tally.indeterminate, "unknown", "is-warning") }
            // An errant transaction is not in the primary's log either, but the replica that executed it has it.
            { part(tally.lost.saturating_sub(tally.errant), "lost", "is-trouble") }
            { part(tally.errant, "errant", "is-trouble") }
        </p>
    }
}

fn flavor_name(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "PostgreSQL",
        Flavor::Mysql => "MySQL",
    }
}

/// What can be run, by flavor.
fn choices(props: &HeaderProps, shut: &Callback<()>) -> Html {
    html! {
        <div class="choice-groups">
            { for [Flavor::Postgresql, Flavor::Mysql].map(|flavor| html! {
                <section class="stack is-tight" aria-label={flavor_name(flavor)}>
                    <h3 class="caps">{ flavor_name(flavor) }</h3>
                    { choices_of(flavor, props, shut) }
                </section>
            }) }
        </div>
    }
}

fn choices_of(flavor: Flavor, props: &HeaderProps, shut: &Callback<()>) -> Html {
    html! {
        <ul class="choices">
            { for props.choices.iter().enumerate().filter(|(_, choice)| choice.flavor() == flavor).map(|(i, choice)| {
                let (on_choose, shut) = (props.on_choose.clone(), shut.clone());
                let onclick = Callback::from(move |_: MouseEvent| {
                    shut.emit(());
                    on_choose.emit(i);
                });
                html! {
                    <li key={i}>
                        <button type="button" class="choice" aria-current={(Some(i) == props.chosen).to_string()} {onclick}>
                            <strong>{ &choice.title }</strong>
                            <span>{ &choice.description }</span>
                        </button>
                    </li>
                }
            }) }
        </ul>
    }
}

const KEYS: [(&str, &str); 12] = [
    ("Space", "let time pass, or stop it"),
    (", and .", "one event back, and on"),
    ("[ and ]", "back and on to what is chosen beside play: a commit, a fault, a finding …"),
    ("g", "to the end of what is recorded"),
    ("< and >", "slower and faster"),
    ("Tab", "to the cards and links of the stage"),
    ("Enter", "opens the menu of a card or a link"),
    ("Arrows", "move a card; choose in a menu or among tabs; move the line above the instruments"),
    ("Arrows, + and −", "in the Sequence: move and zoom; Home and End go to the run's ends, f follows the present"),
    ("Ctrl+Enter", "runs the SQL"),
    ("Up, Down", "in the SQL field: earlier and later statements"),
    ("?", "this help"),
];

fn help_text(on_glossary: &Callback<AttrValue>) -> Html {
    let glossary = on_glossary.reform(|_: MouseEvent| AttrValue::default());
    html! {
        <>
            <p>{ "Every server here is a real database that keeps a real log. Write something and watch its record travel; break something and see what is lost. Nothing is drawn that the engine did not do." }</p>
            <p><button type="button" class="button" aria-haspopup="dialog" onclick={glossary}>{ t!("glossary.open") }</button></p>
            <h3 class="caps">{ "Keys" }</h3>
            <dl class="keys">
                { for KEYS.map(|(key, does)| html! { <><dt><kbd>{ key }</kbd></dt><dd>{ does }</dd></> }) }
            </dl>
            <h3 class="caps">{ "Time" }</h3>
            <p>{ "All of the run is recorded, as far back as it goes: what was done, and up to 160 checkpoints (64 MB of databases at the most). In a long run they lie further apart, and going back takes a little longer; nothing is lost. Charts and lists keep the newest of what they show." }</p>
            <h3 class="caps">{ "A card's strip" }</h3>
            <dl class="keys">
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-applied" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ "applied: readers see it" }</dd>
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-flushed" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ "on disk, not applied or not acknowledged yet" }</dd>
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-volatile" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ "in memory: a crash of the machine loses it" }</dd>
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-missing" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ "the primary has it, this server does not" }</dd>
            </dl>
        </>
    }
}
