//! Choosing what the other run has otherwise.

use web_sys::{MouseEvent, SubmitEvent};
use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::scenario::{Format, Override, Scenario};
use crate::sim::recording::Moment;
use crate::t;
use crate::ui::lab::{Lab, Opening};
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::dom;

/// Another run, and the key that makes it one.
#[derive(Clone, PartialEq)]
pub struct Chosen {
    /// `settings.synchronous_commit=off`.
    pub key: AttrValue,
    /// The run.
    pub lab: Lab,
}

/// Keys that people change first: what to call it, and the key as `run --set` takes it.
pub fn presets(flavor: Flavor) -> Vec<(&'static str, &'static str)> {
    match flavor {
        Flavor::Postgresql => vec![
            (t!("twin.preset.asynchronous"), "settings.synchronous_standby_names="),
            (t!("twin.preset.any-one"), "settings.synchronous_standby_names=ANY 1 (*)"),
            (t!("twin.preset.two"), "settings.synchronous_standby_names=2 (*)"),
            (t!("twin.preset.remote-apply"), "settings.synchronous_commit=remote_apply"),
            (t!("twin.preset.no-disk"), "settings.synchronous_commit=off"),
            (t!("twin.preset.causal"), "proxy.causal_reads=wait_for_lsn"),
            (t!("twin.preset.slow"), "network.latency=20ms"),
        ],
        Flavor::Mysql => vec![
            (t!("twin.preset.asynchronous"), "settings.rpl_semi_sync_source_enabled=OFF"),
            (t!("twin.preset.semi-two"), "settings.rpl_semi_sync_source_wait_for_replica_count=2"),
            (t!("twin.preset.after-commit"), "settings.rpl_semi_sync_source_wait_point=AFTER_COMMIT"),
            (t!("twin.preset.sync-binlog"), "settings.sync_binlog=100"),
            (t!("twin.preset.causal"), "proxy.causal_reads=wait_for_lsn"),
            (t!("twin.preset.slow"), "network.latency=20ms"),
        ],
    }
}

#[derive(Properties, PartialEq)]
pub struct CompareButtonProps {
    pub lab: Lab,
    pub flavor: Flavor,
    pub on_choose: Callback<Chosen>,
}

/// A button, and the sheet that it opens.
#[component]
pub fn CompareButton(props: &CompareButtonProps) -> Html {
    let open = use_state(|| false);
    let key = use_state(String::new);
    let refused = use_state(|| None::<String>);
    let show = {
        let open = open.setter();
        Callback::from(move |_: MouseEvent| open.set(true))
    };
    let close = {
        let open = open.setter();
        Callback::from(move |()| open.set(false))
    };
    let begin = {
        let (lab, on_choose, open, refused) =
            (props.lab.clone(), props.on_choose.clone(), open.setter(), refused.setter());
        move |key: &str| match twin(&lab, key) {
            Ok(chosen) => {
                open.set(false);
                refused.set(None);
                on_choose.emit(chosen);
            }
            Err(why) => refused.set(Some(why)),
        }
    };
    let submit = {
        let (begin, key) = (begin.clone(), key.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            begin(key.trim());
        })
    };
    let type_key = {
        let key = key.setter();
        Callback::from(move |event: InputEvent| key.set(dom::field_value(&event)))
    };
    let field = props.lab.id("compare-key");
    html! {
        <>
            <button type="button" class="button" aria-haspopup="dialog" onclick={show}>{ t!("twin.compare") }</button>
            if *open {
                <Dialog title={t!("twin.title")} id={props.lab.id("compare")} on_close={close}>
                    <div class="stack">
                        <p>{ t!("twin.explained") }</p>
                        <ul class="choices">
                            { for presets(props.flavor).into_iter().map(|(name, key)| {
                                let begin = begin.clone();
                                html! {
                                    <li key={key}>
                                        <button type="button" class="choice" onclick={Callback::from(move |_: MouseEvent| begin(key))}>
                                            <strong>{ name }</strong>
                                            <code>{ key }</code>
                                        </button>
                                    </li>
                                }
                            }) }
                        </ul>
                        <form class="stack is-tight" onsubmit={submit}>
                            <label class="caps" for={field.clone()}>{ t!("twin.any-key") }</label>
                            // Above the field: below it, it would be out of sight on a low screen.
                            if let Some(why) = &*refused {
                                <p class="outcome is-warning" role="alert">{ why.clone() }</p>
                            }
                            <div class="compare-key">
                                <input type="text" id={field} placeholder="node.db2.disk.fsync=10ms" value={(*key).clone()}
                                    oninput={type_key} autocomplete="off" spellcheck="false" />
                                <button type="submit" class="button is-primary">{ t!("twin.compare") }</button>
                            </div>
                        </form>
                    </div>
                </Dialog>
            }
        </>
    }
}

/// Sets the other run up, with what was done to this one at the same instants.
fn twin(lab: &Lab, key: &str) -> Result<Chosen, String> {
    let change = Override::parse(key)?;
    let opening = lab.opening();
    let (deeds, now) = lab.with(|simulation| (simulation.deeds().to_vec(), simulation.now()));
    let mut schedule = opening.schedule.clone();
    schedule.extend(deeds.into_iter().map(|deed| (deed.moment.at, deed.command)));
    schedule.arrange_by_key(|(at, _)| *at);
    let last = schedule.last().map_or(SimTime::ZERO, |(at, _)| *at);
    let scenario = Scenario {
        title: opening.title.clone(),
        description: String::new(),
        level: None,
        chapter: String::new(),
        setup: opening.setup.clone(),
        duration_us: last.0.max(LEAST_DURATION_US),
        schedule,
        expect: Vec::new(),
        assignment: None,
    };
    let text = scenario.to_toml();
    let changed =
        Scenario::parse_with(&text, Format::Toml, "the run", &[change]).map_err(|problems| problems.to_string())?;
    if changed.setup == opening.setup {
        return Err(t!("twin.same", key = key));
    }
    let other = Opening {
        title: format!("{} · {key}", opening.title),
        setup: changed.setup,
        schedule: changed.schedule,
        deeds: Vec::new(),
        moment: Moment::after(now),
        ..opening.clone()
    };
    let lab = Lab::open(lab.id("twin"), other)?;
    Ok(Chosen { key: key.to_owned().into(), lab })
}

/// A scenario has to last; the comparison goes on beyond it.
const LEAST_DURATION_US: u64 = 1_000_000;
