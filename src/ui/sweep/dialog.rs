//! The sheet, the button that opens it, and its address.

use web_sys::MouseEvent;
use yew::prelude::*;

use super::breaking::Breaking;
use super::many::Many;
use crate::t;
use crate::ui::lab::{Lab, use_kept};
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::tabs::{Tab, Tabs, panel_id, tab_id};
use crate::ui::share::{OpenScenario, hash, put_address, use_address};

const MARK: &str = "#sweep";
const MANY: &str = "many";
const BREAK: &str = "break";

/// Takes the sheet out of the address.
pub fn leave_address() {
    if hash() == MARK {
        put_address("");
    }
}

/// Opens the sheet where the address asks for it, from the beginning and whenever it changes.
#[hook]
pub fn use_sweep_address(open: &Callback<()>) {
    let open = open.clone();
    let look = move |()| {
        if hash() == MARK {
            open.emit(());
        }
    };
    use_address(true, Callback::from(look));
}

#[derive(Properties, PartialEq)]
pub struct SweepButtonProps {
    pub on_open: Callback<()>,
    #[prop_or_default]
    pub class: Classes,
}

/// The button.
#[component]
pub fn SweepButton(props: &SweepButtonProps) -> Html {
    let onclick = props.on_open.reform(|_: MouseEvent| ());
    html! { <button type="button" class={classes!("button", props.class.clone())} aria-haspopup="dialog" {onclick}>{ t!("sweep.button") }</button> }
}

#[derive(Properties, PartialEq)]
pub struct SweepDialogProps {
    pub lab: Lab,
    /// Opens a run.
    pub open: OpenScenario,
    pub on_close: Callback<()>,
}

/// The sheet.
#[component]
pub fn SweepDialog(props: &SweepDialogProps) -> Html {
    let SweepDialogProps { lab, open, on_close } = props;
    let tab = use_kept(lab, "sweep-tab", || MANY);
    use_effect_with((), |()| {
        // A scenario that is named there stays.
        if hash().is_empty() {
            put_address(MARK);
        }
        leave_address
    });
    let on_choose = {
        let tab = tab.setter();
        Callback::from(move |key| tab.set(key))
    };
    let prefix = lab.id("sweep");
    let tabs = vec![
        Tab { key: MANY, label: t!("sweep.tab-many").into() },
        Tab { key: BREAK, label: t!("sweep.tab-break").into() },
    ];
    html! {
        <Dialog title={t!("sweep.title")} id={lab.id("sweep-title")} on_close={on_close.clone()}>
            <div class="sweep-sheet stack">
                <Tabs label={t!("sweep.title")} prefix={prefix.clone()} {tabs} chosen={*tab} {on_choose} />
                <div role="tabpanel" id={panel_id(&prefix, *tab)} aria-labelledby={tab_id(&prefix, *tab)}>
                    if *tab == MANY {
                        <Many lab={lab.clone()} open={open.clone()} />
                    } else {
                        <Breaking lab={lab.clone()} open={open.clone()} />
                    }
                </div>
            </div>
        </Dialog>
    }
}
