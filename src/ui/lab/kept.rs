//! What is chosen in a component and outlives it: another tab, or another language, brings the component anew.

use yew::prelude::*;

use super::Lab;

/// As `use_state`, kept by the laboratory under a name of its own.
#[hook]
pub fn use_kept<T: Clone + PartialEq + 'static>(
    lab: &Lab,
    name: &'static str,
    first: impl FnOnce() -> T,
) -> UseStateHandle<T> {
    let state = use_state(|| lab.kept(name).unwrap_or_else(first));
    let lab = lab.clone();
    use_effect_with((*state).clone(), move |value| lab.keep(name, value.clone()));
    state
}
