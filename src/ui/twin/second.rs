//! The other run's stage.

use yew::prelude::*;

use crate::engine::ids::Addr;
use crate::sim::command::Command;
use crate::ui::lab::{Lab, use_snapshot};
use crate::ui::stage::Stage;
use crate::ui::ties::Ties;

#[derive(Properties, PartialEq)]
pub struct SecondStageProps {
    pub lab: Lab,
    /// What is done here is done to both.
    pub act: Callback<Command>,
    pub on_status: Callback<Addr>,
    pub theme: u32,
}

/// A stage that follows its own laboratory. What is followed in the first run is not marked here: the same transaction
/// has other messages.
#[component]
pub fn SecondStage(props: &SecondStageProps) -> Html {
    let snapshot = use_snapshot(&props.lab);
    html! {
        <ContextProvider<Ties> context={Ties::none()}>
            <Stage lab={props.lab.clone()} {snapshot} act={props.act.clone()} on_status={props.on_status.clone()} theme={props.theme} />
        </ContextProvider<Ties>>
    }
}
