//! What the forms of a sweep and of a search have in common, and how they hear of what is under way.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::results::{profile_about, profile_name};
use super::subject::Subject;
use crate::scenario::Profile;
use crate::t;
use crate::ui::parts::dom;

/// Draws a view anew whenever its work tells of itself. `watch` gives the work a listener; with none it ends: what nobody
/// watches does not go on, since workers would take the laboratory's time.
#[hook]
pub fn use_work(watch: fn(Option<Callback<()>>)) -> Callback<()> {
    let update = use_force_update();
    let tell = Callback::from(move |()| update.force_update());
    {
        let tell = tell.clone();
        use_effect_with((), move |()| {
            watch(Some(tell));
            move || watch(None)
        });
    }
    tell
}

/// Why it could not begin.
pub fn refusal(refused: &Option<String>) -> Html {
    html! { if let Some(why) = refused { <p class="outcome is-warning" role="alert">{ why.clone() }</p> } }
}

/// A field for a number.
pub fn number(label: &'static str, value: &UseStateHandle<String>, most: u64) -> Html {
    let set = value.setter();
    let oninput = Callback::from(move |event: InputEvent| set.set(dom::field_value(&event)));
    html! {
        <label class="field"><span>{ label }</span>
            <input type="number" min="1" max={most.to_string()} step="1" required=true value={(**value).clone()} {oninput} />
        </label>
    }
}

/// A field for a profile of faults, with or without all of them in turn.
pub fn faults_field(value: &UseStateHandle<Option<Profile>>, each: bool) -> Html {
    let set = value.setter();
    let onchange = Callback::from(move |event: Event| set.set(Profile::named(&dom::field_value(&event))));
    let about = value.map_or(t!("sweep.about.each"), profile_about);
    html! {
        <label class="field is-faults"><span>{ t!("sweep.faults") }</span>
            <select {onchange}>
                if each { <option value="" selected={value.is_none()}>{ t!("sweep.each") }</option> }
                { for Profile::ALL.map(|one| html! {
                    <option value={one.name()} selected={**value == Some(one)}>{ profile_name(one) }</option>
                }) }
            </select>
            <span class="hint">{ about }</span>
        </label>
    }
}

/// Whether what was done by hand is in every run, where anything was.
pub fn deeds_field(subject: &Subject, value: &UseStateHandle<bool>) -> Html {
    if subject.deeds() == 0 {
        return Html::default();
    }
    let set = value.setter();
    let onchange = Callback::from(move |event: Event| {
        if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
            set.set(field.checked());
        }
    });
    html! {
        <label class="sweep-check">
            <input type="checkbox" checked={**value} {onchange} />
            { t!("sweep.with-deeds", n = subject.deeds()) }
        </label>
    }
}
