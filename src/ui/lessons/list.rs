//! The lessons that there are, and how far one came.

use web_sys::MouseEvent;
use yew::platform::spawn_local;
use yew::prelude::*;

use super::kept::Kept;
use super::start::{FOLDER, Start, read};
use crate::scenario::lesson::Lesson;
use crate::t;
use crate::ui::lab::Lab;
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::fetch;

#[derive(Properties, PartialEq)]
pub struct LessonsDialogProps {
    pub lab: Lab,
    pub on_start: Callback<Start>,
    pub on_close: Callback<()>,
}

/// A lesson in the list.
type Listed = (String, Result<Lesson, String>);

/// The sheet behind the button in the header.
#[component]
pub fn LessonsDialog(props: &LessonsDialogProps) -> Html {
    let on_start = {
        let (on_close, on_start) = (props.on_close.clone(), props.on_start.clone());
        Callback::from(move |start| {
            on_close.emit(());
            on_start.emit(start);
        })
    };
    html! {
        <Dialog title={t!("lessons.title")} id={props.lab.id("lessons")} on_close={props.on_close.clone()}>
            <List {on_start} />
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    on_start: Callback<Start>,
}

#[component]
fn List(props: &ListProps) -> Html {
    let listed = use_state(|| None::<Vec<Listed>>);
    let update = use_force_update();
    {
        let listed = listed.setter();
        use_effect_with((), move |()| {
            spawn_local(async move {
                let index = fetch::text(&format!("{FOLDER}index.txt")).await.unwrap_or_default();
                let mut lessons = Vec::new();
                for name in names(&index) {
                    let lesson = read(&name).await.map(|(lesson, _)| lesson);
                    lessons.push((name, lesson));
                }
                listed.set(Some(lessons));
            });
        });
    }
    let Some(listed) = &*listed else { return html! { <p role="status">{ t!("lessons.loading") }</p> } };
    let clear = {
        let (update, names) = (update.clone(), listed.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        Callback::from(move |_: MouseEvent| {
            names.iter().for_each(|name| Kept::forget(name));
            update.force_update();
        })
    };
    let any = listed.iter().any(|(name, _)| Kept::of(name).is_some());
    html! {
        <div class="stack">
            <p>{ t!("lessons.about") }</p>
            if listed.is_empty() { <p role="alert">{ t!("lessons.none") }</p> }
            <ul class="lesson-list">{ for listed.iter().map(|(name, lesson)| row(name, lesson, &props.on_start)) }</ul>
            if any {
                <p class="lesson-clear">
                    <span>{ t!("lessons.kept") }</span>
                    <button type="button" class="button" onclick={clear}>{ t!("lessons.clear") }</button>
                </p>
            }
        </div>
    }
}

/// The names in an index: one a line.
fn names(index: &str) -> Vec<String> {
    let is_name = |line: &&str| !line.is_empty() && !line.starts_with(['#', '<']);
    index.lines().map(str::trim).filter(is_name).map(str::to_owned).collect()
}

fn row(name: &str, lesson: &Result<Lesson, String>, on_start: &Callback<Start>) -> Html {
    let lesson = match lesson {
        Ok(lesson) => lesson,
        Err(why) => {
            return html! { <li key={name.to_owned()}><strong>{ name.to_owned() }</strong><pre>{ why.clone() }</pre></li> };
        }
    };
    let start = |afresh: bool| {
        let start = Start { name: name.to_owned(), afresh, step: None };
        on_start.reform(move |_: MouseEvent| start.clone())
    };
    let kept = Kept::of(name);
    let under_way = kept.as_ref().filter(|kept| !kept.done && kept.step > 0);
    let (state, begin) = match (&kept, under_way) {
        (_, Some(kept)) => (t!("lessons.progress", step = kept.step + 1, of = lesson.steps.len()), t!("lessons.go-on")),
        (Some(kept), _) if kept.done => (t!("lessons.done").to_owned(), t!("lessons.begin")),
        _ => (String::new(), t!("lessons.begin")),
    };
    html! {
        <li key={name.to_owned()} class="lesson-row">
            <h3>{ lesson.title.clone() }</h3>
            <p>{ lesson.summary.clone() }</p>
            <p class="lesson-facts">
                <span>{ t!("lessons.takes", minutes = lesson.minutes, steps = lesson.steps.len()) }</span>
                if !state.is_empty() { <strong>{ state }</strong> }
            </p>
            <p class="lesson-row-buttons">
                <button type="button" class="button is-primary" aria-label={format!("{begin}: {}", lesson.title)} onclick={start(false)}>{ begin }</button>
                if under_way.is_some() {
                    <button type="button" class="button" aria-label={format!("{}: {}", t!("lessons.afresh"), lesson.title)} onclick={start(true)}>{ t!("lessons.afresh") }</button>
                }
            </p>
        </li>
    }
}
