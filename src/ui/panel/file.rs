//! Settings as files: what the servers' configuration files would say, and a fragment of one pasted in.

use std::rc::Rc;
use std::sync::Arc;

use web_sys::{Element, MouseEvent};
use yew::prelude::*;

use crate::engine::settings::conf::{self, File, Remark};
use crate::order::Arrange;
use crate::report::status::file_name;
use crate::sim::command::Command;
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;

#[derive(Properties, PartialEq)]
pub struct ConfFileProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
}

/// The longest fragment that is read.
const LONGEST: &str = "100000";

/// What came of a fragment.
#[derive(Clone, Default, PartialEq)]
struct Outcome {
    applied: Vec<String>,
    others: Vec<Remark>,
    problems: Vec<Remark>,
}

/// The files, folded up until they are wanted.
#[component]
pub fn ConfFile(props: &ConfFileProps) -> Html {
    let shown = use_state(|| false);
    let fragment = use_state(String::new);
    let server = use_state(|| None::<Arc<str>>);
    let outcome = use_state(|| None::<Outcome>);
    let copied = use_state(|| None::<&'static str>);
    let text_ref = use_node_ref();
    let outcome_ref = use_node_ref();
    {
        // What came of it is below the fold of most windows.
        let outcome_ref = outcome_ref.clone();
        use_effect_with((*outcome).clone(), move |outcome| {
            if let Some(element) = outcome_ref.cast::<Element>().filter(|_| outcome.is_some()) {
                element.scroll_into_view_with_bool(false);
            }
        });
    }
    let name = file_name(props.view.flavor);

    let ontoggle = {
        let shown = shown.setter();
        Callback::from(move |event: Event| {
            shown.set(dom::element_of(event.target()).is_some_and(|details| details.has_attribute("open")));
        })
    };
    let apply = {
        let (lab, flavor, fragment) = (props.lab.clone(), props.view.flavor, fragment.clone());
        let (server, outcome) = (server.clone(), outcome.setter());
        Callback::from(move |_: MouseEvent| outcome.set(Some(apply(&lab, conf::read(&fragment, flavor), &server))))
    };
    let typed = |setter: UseStateSetter<String>| move |text: String| setter.set(text);
    let oninput = {
        let set = typed(fragment.setter());
        Callback::from(move |event: InputEvent| set(dom::field_value(&event)))
    };
    let onchange = {
        let set = typed(fragment.setter());
        Callback::from(move |event: Event| set(dom::field_value(&event)))
    };
    let choose = {
        let server = server.setter();
        Callback::from(move |event: Event| {
            server.set(Some(dom::field_value(&event).into()).filter(|name: &Arc<str>| !name.is_empty()))
        })
    };
    let copy = {
        let (text_ref, copied) = (text_ref.clone(), copied.setter());
        Callback::from(move |_: MouseEvent| {
            let Some(element) = text_ref.cast::<Element>() else { return };
            copied.set(Some(if dom::copy_text(&element) { t!("file.copied") } else { t!("file.selected") }));
        })
    };
    let field = props.lab.id("fragment");
    html! {
        <details class="conf-file" {ontoggle}>
            <summary>{ t!("file.as-file") }</summary>
            if *shown {
                <div class="stack is-tight">
                    <pre ref={text_ref} class="conf-text" tabindex="0" role="region" aria-label={name}>
                        { props.lab.with(|s| s.configuration()) }
                    </pre>
                    <div class="run">
                        <button type="button" class="button" onclick={copy}>{ t!("file.copy") }</button>
                        <span role="status">{ copied.unwrap_or_default() }</span>
                    </div>
                    <label class="caps" for={field.clone()}>{ t!("file.paste", file = name) }</label>
                    <textarea id={field} class="sql" rows="4" maxlength={LONGEST} spellcheck="false" autocapitalize="off"
                        autocomplete="off" value={(*fragment).clone()} {oninput} {onchange} />
                    <div class="run">
                        <label class="run-as">
                            <span>{ t!("file.on") }</span>
                            <select aria-label={t!("file.which")} onchange={choose}>
                                <option value="" selected={server.is_none()}>{ t!("file.every") }</option>
                                { for props.view.nodes.iter().map(|node| html! {
                                    <option key={node.id.0} value={node.name.to_string()}
                                        selected={server.as_ref() == Some(&node.name)}>{ node.name.to_string() }</option>
                                }) }
                            </select>
                        </label>
                        <button type="button" class="button is-primary" disabled={fragment.trim().is_empty()} onclick={apply}>
                            { t!("file.apply") }
                        </button>
                    </div>
                    <div ref={outcome_ref} role="status" class="conf-outcome">{ outcome.as_ref().map(said) }</div>
                </div>
            }
        </details>
    }
}

/// Gives the servers what a file says, each setting by a command of its own.
fn apply(lab: &Lab, file: File, server: &Option<Arc<str>>) -> Outcome {
    let mut outcome = Outcome { applied: Vec::new(), others: file.others, problems: file.problems };
    for entry in file.entries {
        let settings = vec![(entry.name.into(), entry.value.as_str().into())];
        match lab.act(Command::Set { settings, on: server.clone() }) {
            Ok(()) => outcome.applied.push(entry.name.to_owned()),
            Err(text) => outcome.problems.push(Remark { line: entry.line, text }),
        }
    }
    outcome.others.arrange_by_key(|remark| remark.line);
    outcome.problems.arrange_by_key(|remark| remark.line);
    outcome
}

fn said(outcome: &Outcome) -> Html {
    let remarks = |remarks: &[Remark], class: &'static str| {
        html! {
            if !remarks.is_empty() {
                <ul {class}>
                    { for remarks.iter().map(|remark| html! { <li>{ t!("file.line", line = remark.line, text = remark.text) }</li> }) }
                </ul>
            }
        }
    };
    html! {
        <>
            <p>{ t!("file.applied", n = outcome.applied.len()) }</p>
            { remarks(&outcome.problems, "remarks is-error") }
            { remarks(&outcome.others, "remarks") }
        </>
    }
}
