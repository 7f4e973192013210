//! The other run's stage.

use yew::prelude::*;

use crate::engine::ids::Addr;
use crate::sim::command::Command;
use crate::ui::lab::{Lab, use_snapshot};
use crate::ui::stage::Stage;

#[derive(Properties, PartialEq)]
pub struct SecondStageProps {
    pub lab: Lab,
    /// What is done here is done to both.
    pub act: Callback<Command>,
    pub on_status: Callback<Addr>,
    pub theme: u32,
}

/// A stage that follows its own laboratory.
#[component]
pub fn SecondStage(props: &SecondStageProps) -> Html {
    let snapshot = use_snapshot(&props.lab);
    html! {
        <Stage lab={props.lab.clone()} {snapshot} act={props.act.clone()} on_status={props.on_status.clone()} theme={props.theme} />
    }
}
