//! The header: what this is, the theme, and help.

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::t;
use crate::ui::author::AuthorDialog;
use crate::ui::lab::{Lab, Opening, Tally};
use crate::ui::lessons::{LessonsDialog, Start};
use crate::ui::library::{LibraryDialog, OpenNamed};
use crate::ui::opening::Choice;
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::share::{OpenScenario, ShareDialog};
use crate::ui::sweep::{SweepButton, SweepDialog, use_sweep_address};
use crate::ui::text::{Language, titled};
use crate::ui::theme::Theme;
use crate::ui::twin::{Chosen, CompareButton};

#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    pub lab: Lab,
    pub theme: Theme,
    pub on_theme: Callback<Theme>,
    pub language: Language,
    pub on_language: Callback<Language>,
    pub help: bool,
    pub on_help: Callback<bool>,
    pub flavor: Flavor,
    pub tally: Tally,
    /// Another run is to be shown beside this one.
    pub on_compare: Callback<Chosen>,
    /// The page's own laboratories.
    pub choices: Rc<Vec<Choice>>,
    /// The name of what runs; none, when it came as a link or a file.
    pub chosen: Option<AttrValue>,
    /// What the run began with.
    pub opening: Rc<Opening>,
    /// Opens a scenario from a file.
    pub open: OpenScenario,
    pub on_choose: Callback<usize>,
    /// Opens a scenario of the library.
    pub open_named: OpenNamed,
    /// Opens the glossary.
    pub on_glossary: Callback<AttrValue>,
    /// Begins to present.
    pub on_present: Callback<()>,
    /// Begins a lesson.
    pub on_lesson: Callback<Start>,
}

/// The header.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let next = props.theme.next();
    let (picture, theme) = match props.theme {
        Theme::Auto => (Picture::Half, t!("theme.auto")),
        Theme::Light => (Picture::Sun, t!("theme.light")),
        Theme::Dark => (Picture::Moon, t!("theme.dark")),
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
    let authoring = use_state(|| false);
    let author = {
        let authoring = authoring.clone();
        Callback::from(move |_: MouseEvent| authoring.set(true))
    };
    let authored = {
        let authoring = authoring.clone();
        Callback::from(move |()| authoring.set(false))
    };
    let author_instead = {
        let (choosing, authoring) = (choosing.clone(), authoring.clone());
        Callback::from(move |_: MouseEvent| {
            choosing.set(false);
            authoring.set(true);
        })
    };
    let sweeping = use_state(|| false);
    let sweep = {
        let sweeping = sweeping.setter();
        Callback::from(move |()| sweeping.set(true))
    };
    let swept = {
        let sweeping = sweeping.setter();
        Callback::from(move |()| sweeping.set(false))
    };
    let sweep_instead = {
        let (choosing, sweep) = (choosing.setter(), sweep.clone());
        Callback::from(move |()| {
            choosing.set(false);
            sweep.emit(());
        })
    };
    use_sweep_address(&sweep);
    let title = titled(&props.opening.title);
    let learning = use_state(|| false);
    let learn = {
        let learning = learning.clone();
        Callback::from(move |_: MouseEvent| learning.set(true))
    };
    let learned = {
        let learning = learning.clone();
        Callback::from(move |()| learning.set(false))
    };
    let learn_instead = {
        let (choosing, learning) = (choosing.clone(), learning.clone());
        Callback::from(move |_: MouseEvent| {
            choosing.set(false);
            learning.set(true);
        })
    };
    html! {
        <header class="header">
            <h1>{ "Replication Lab" }</h1>
            <p class="subject">{ format!("{title} · {flavor}") }</p>
            { tally(props.tally) }
            <button type="button" class="button" aria-haspopup="dialog" onclick={open}>{ t!("header.scenarios") }</button>
            <button type="button" class="button is-wide-only" aria-haspopup="dialog" onclick={author.clone()}>{ t!("author.button") }</button>
            <button type="button" class="button is-wide-only" aria-haspopup="dialog" onclick={learn}>{ t!("lessons.title") }</button>
            <CompareButton lab={props.lab.clone()} flavor={props.flavor} on_choose={props.on_compare.clone()} />
            <SweepButton class="is-wide-only" on_open={sweep} />
            <button type="button" class="button" aria-haspopup="dialog" onclick={share}>{ t!("header.share") }</button>
            <button type="button" class="button" aria-haspopup="dialog" onclick={help}>{ t!("header.help") }</button>
            <button type="button" class="button is-icon" aria-label={theme} title={theme} onclick={choose}>
                <Icon {picture} />
            </button>
            { languages(props) }
            if *choosing {
                <LibraryDialog lab={props.lab.clone()} own={props.choices.clone()} chosen={props.chosen.clone()}
                    on_own={props.on_choose.clone()} open={props.open_named.clone()} on_close={shut}>
                    <button type="button" class="button" aria-haspopup="dialog" onclick={learn_instead}>{ t!("lessons.title") }</button>
                    <button type="button" class="button" aria-haspopup="dialog" onclick={author_instead}>{ t!("author.instead") }</button>
                    <SweepButton on_open={sweep_instead} />
                </LibraryDialog>
            }
            if *learning {
                <LessonsDialog lab={props.lab.clone()} on_start={props.on_lesson.clone()} on_close={learned} />
            }
            if *authoring {
                <AuthorDialog lab={props.lab.clone()} opening={props.opening.clone()} open={props.open.clone()}
                    on_close={authored} />
            }
            if *sweeping {
                <SweepDialog lab={props.lab.clone()} open={props.open.clone()} on_close={swept} />
            }
            if *sharing {
                <ShareDialog lab={props.lab.clone()} opening={props.opening.clone()} open={props.open.clone()}
                    on_close={shared} />
            }
            if props.help {
                <Dialog title={t!("header.help")} id={props.lab.id("help")} on_close={close}>{ help_text(&props.on_glossary, &props.on_present) }</Dialog>
            }
        </header>
    }
}

/// The other languages, each by its own name.
fn languages(props: &HeaderProps) -> Html {
    Language::ALL
        .into_iter()
        .filter(|language| *language != props.language)
        .map(|language| {
            let onclick = props.on_language.reform(move |_: MouseEvent| language);
            let (code, name) = (language.code(), language.name());
            html! {
                <button key={code} type="button" class="button is-language" lang={code} title={name} aria-label={format!("{}, {name}", code.to_uppercase())} {onclick}>
                    { code.to_uppercase() }
                </button>
            }
        })
        .collect()
}

/// What became of the writes so far: the sum of it all.
fn tally(tally: Tally) -> Html {
    let part = |n: u64, words: &'static str, class: &'static str| {
        html! { if n > 0 { <span {class}>{ format!("{n} {words}") }</span> } }
    };
    html! {
        <p class="tally" aria-label={t!("tally.label")}>
            <span>{ t!("tally.acknowledged", n = tally.acknowledged) }</span>
            { part(tally.failed, t!("tally.failed"), "") }
            { part(tally.indeterminate, t!("tally.unknown"), "is-warning") }
            // An errant transaction is not in the primary's log either, but the replica that executed it has it.
            { part(tally.lost.saturating_sub(tally.errant), t!("tally.lost"), "is-trouble") }
            { part(tally.errant, t!("tally.errant"), "is-trouble") }
        </p>
    }
}

fn flavor_name(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "PostgreSQL",
        Flavor::Mysql => "MySQL",
    }
}

/// The keys, and what they do.
fn keys() -> [(&'static str, &'static str); 12] {
    [
        (t!("keys.space"), t!("keys.space-does")),
        (t!("keys.step"), t!("keys.step-does")),
        (t!("keys.landmark"), t!("keys.landmark-does")),
        (t!("keys.end"), t!("keys.end-does")),
        (t!("keys.speed"), t!("keys.speed-does")),
        (t!("keys.tab"), t!("keys.tab-does")),
        (t!("keys.enter"), t!("keys.enter-does")),
        (t!("keys.arrows"), t!("keys.arrows-does")),
        (t!("keys.sequence"), t!("keys.sequence-does")),
        (t!("keys.run"), t!("keys.run-does")),
        (t!("keys.recall"), t!("keys.recall-does")),
        (t!("keys.help"), t!("keys.help-does")),
    ]
}

fn help_text(on_glossary: &Callback<AttrValue>, on_present: &Callback<()>) -> Html {
    let present = on_present.reform(|_: MouseEvent| ());
    let glossary = on_glossary.reform(|_: MouseEvent| AttrValue::default());
    html! {
        <>
            <p>{ t!("help.what") }</p>
            <p><button type="button" class="button" aria-haspopup="dialog" onclick={glossary}>{ t!("glossary.open") }</button>{ " " }<button type="button" class="button" onclick={present}>{ t!("presenter.open") }</button></p>
            <h3 class="caps">{ t!("help.keys") }</h3>
            <dl class="keys">
                { for keys().map(|(key, does)| html! { <><dt><kbd>{ key }</kbd></dt><dd>{ does }</dd></> }) }
            </dl>
            <h3 class="caps">{ t!("presenter.title") }</h3>
            <p>{ t!("presenter.about") }</p>
            <dl class="keys">
                { for [
                    ("p", t!("presenter.key-p")),
                    ("n, Page Down", t!("presenter.key-on")),
                    ("N, Page Up", t!("presenter.key-back")),
                    ("1 … 8, 0", t!("presenter.key-digits")),
                    ("c", t!("presenter.key-captions")),
                    ("b", t!("presenter.key-blank")),
                    ("f", t!("presenter.key-full")),
                    ("Esc", t!("presenter.key-leave")),
                ].map(|(key, does)| html! { <><dt><kbd>{ key }</kbd></dt><dd>{ does }</dd></> }) }
            </dl>
            <h3 class="caps">{ t!("help.time-head") }</h3>
            <p>{ t!("help.time") }</p>
            <h3 class="caps">{ t!("help.strip") }</h3>
            <dl class="keys">
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-applied" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ t!("help.applied") }</dd>
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-flushed" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ t!("help.flushed") }</dd>
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-volatile" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ t!("help.volatile") }</dd>
                <dt><svg class="legend-cell" viewBox="0 0 16 18" aria-hidden="true"><rect class="cell is-missing" x="2" y="2" width="12" height="14" rx="2.5" /></svg></dt>
                <dd>{ t!("help.missing") }</dd>
            </dl>
        </>
    }
}
