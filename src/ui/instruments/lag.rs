//! How far replicas are behind, how long commits take, and how many there are: charts over the cluster's time.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use super::lag_chart::{LagChart, Swatch};
use super::throughput::Throughput;
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::chart::{Series, csv};
use crate::ui::lab::{Lab, Mark, use_kept};
use crate::ui::measures::{self, Entry, Measure, Part, Row};
use crate::ui::parts::{dom, picture};
use crate::ui::words::{clock, list, names_in, sentence};

#[derive(Properties, PartialEq)]
pub struct LagProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event that says something.
    pub revision: u64,
    /// Counts the jumps in time.
    pub jumps: u64,
    /// Whether time passes.
    pub playing: bool,
}

/// A chart moves on at least so often while time passes.
const BEAT_MS: u32 = 250;
/// How much of the run is in view.
const WINDOWS: [(&str, Option<u64>); 3] = [("10", Some(10_000_000)), ("60", Some(60_000_000)), ("all", None)];

fn window_words(key: &str) -> &'static str {
    match key {
        "10" => t!("lag.seconds"),
        "60" => t!("lag.minute"),
        _ => t!("lag.all"),
    }
}

/// What is shown in the instrument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Chart(Measure),
    Servers,
}

/// Charts with their legend, and a table of the servers' throughput.
#[component]
pub fn Lag(props: &LagProps) -> Html {
    let shown = use_kept(&props.lab, "lag-shown", || Shown::Chart(Measure::Age));
    let window = use_kept(&props.lab, "lag-window", || 1_usize);
    // Writing and flushing are as good as one where nothing is slow.
    let hidden = use_kept(&props.lab, "lag-hidden", || vec![Part::Station(0)]);
    let cursor = use_state(|| None::<SimTime>);
    let pinned = use_state(|| false);
    let explained = use_state(|| false);
    let drawing = use_node_ref();
    let beat = use_state(|| 0_u32);
    {
        let beat = beat.clone();
        use_effect_with((props.playing, *beat), move |(playing, now)| {
            let next = now.wrapping_add(1);
            let timer = playing.then(|| Timeout::new(BEAT_MS, move || beat.set(next)));
            move || drop(timer)
        });
    }
    let choice = |what: Shown, label: &'static str| {
        let chosen = shown.clone();
        html! {
            <button key={label} type="button" class="chip" aria-pressed={(*shown == what).to_string()}
                onclick={Callback::from(move |_: MouseEvent| chosen.set(what))}>{ label }</button>
        }
    };
    let choices = html! {
        <div class="filters is-inline" role="group" aria-label={t!("lag.which")}>
            { for Measure::ALL.map(|measure| choice(Shown::Chart(measure), measure.label())) }
            { choice(Shown::Servers, t!("lag.servers")) }
        </div>
    };
    let Shown::Chart(measure) = *shown else {
        return html! {
            <div class="lag">
                <div class="lag-bar">{ choices }</div>
                <Throughput lab={props.lab.clone()} view={props.view.clone()} revision={props.revision} />
            </div>
        };
    };
    // A cluster at rest has no news, and yet time passes.
    let now = props.lab.now();
    let window_us = WINDOWS.get(*window).and_then(|(.., us)| *us);
    let servers: Vec<(NodeId, String)> = props.view.nodes.iter().map(|n| (n.id, n.name.to_string())).collect();
    let (legend, series, instants, marks) = props.lab.with(|simulation| {
        let marks = simulation.marks();
        let rows: Vec<&Row> = simulation.watch().measures().rows(window_us, now);
        let legend = measures::legend(measure, &rows, &servers, props.view.flavor);
        let series = measures::lines(measure, &rows, &legend, &hidden);
        let instants: Vec<SimTime> = rows.iter().map(|row| row.at).collect();
        (legend, series, instants, marks)
    });
    let from = window_us.map_or(SimTime::ZERO, |us| SimTime(now.0.saturating_sub(us)));
    let time = (from, SimTime(now.0.max(from.0 + 1)));
    let in_view = |mark: &Mark| mark.at >= time.0 && mark.at <= time.1;
    let marks: Rc<Vec<Mark>> = Rc::new(marks.into_iter().filter(in_view).collect());
    let at = cursor.filter(|at| *at >= time.0 && *at <= time.1);
    let choose_window = {
        let window = window.clone();
        Callback::from(move |event: Event| {
            let value = dom::field_value(&event);
            window.set(WINDOWS.iter().position(|(key, ..)| *key == value).unwrap_or_default());
        })
    };
    let on_cursor = {
        let (cursor, pinned) = (cursor.clone(), pinned.clone());
        Callback::from(move |at: Option<SimTime>| {
            if !*pinned {
                cursor.set(at);
            }
        })
    };
    let on_pin = {
        let (cursor, pinned) = (cursor.clone(), pinned.clone());
        Callback::from(move |at: SimTime| {
            cursor.set(Some(at));
            pinned.set(!*pinned);
        })
    };
    let go = {
        let lab = props.lab.clone();
        move |at: SimTime| {
            lab.set_playing(false);
            lab.seek(at);
        }
    };
    let onkeydown = {
        let (cursor, pinned, go, instants) = (cursor.clone(), pinned.clone(), go.clone(), instants.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let newest = instants.len().saturating_sub(1);
            let current = at.map_or(newest, |at| instants.partition_point(|one| *one < at).min(newest));
            let next = match event.key().as_str() {
                "ArrowLeft" if at.is_some() => Some(current.saturating_sub(1)),
                "ArrowLeft" | "End" => Some(newest),
                "ArrowRight" => Some((current + 1).min(newest)),
                "PageUp" => Some(current.saturating_sub(10)),
                "PageDown" => Some((current + 10).min(newest)),
                "Home" => Some(instants.partition_point(|one| *one < time.0).min(newest)),
                "Enter" => {
                    at.into_iter().for_each(&go);
                    None
                }
                "Escape" => {
                    pinned.set(false);
                    cursor.set(None);
                    None
                }
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            if let Some(at) = next.and_then(|next| instants.get(next)) {
                pinned.set(true);
                cursor.set(Some(*at));
            }
        })
    };
    let explain = {
        let explained = explained.clone();
        Callback::from(move |_: MouseEvent| explained.set(!*explained))
    };
    let file = format!("{}-{}", measure.label().to_lowercase().replace(' ', "-"), now.0 / 1_000);
    let save = |kind: &'static str, title: &'static str| {
        let (drawing, file, lines, unit) = (drawing.clone(), file.clone(), series.clone(), measure.unit());
        let onclick = Callback::from(move |_: MouseEvent| {
            let svg = drawing.cast::<Element>();
            match (kind, svg) {
                ("SVG", Some(svg)) => picture::download_svg(&file, &svg),
                ("PNG", Some(svg)) => picture::download_png(&file, &svg),
                _ => dom::download(&format!("{file}.csv"), "text/csv", &csv(&lines, unit)),
            }
        });
        html! { <button type="button" class="chip" {title} {onclick}>{ kind }</button> }
    };
    html! {
        <div class="lag">
            <div class="lag-bar">
                { choices }
                <select aria-label={t!("lag.window")} onchange={choose_window}>
                    { for WINDOWS.iter().enumerate().map(|(index, (key, _))| html! {
                        <option value={*key} selected={index == *window}>{ window_words(key) }</option>
                    }) }
                </select>
                <span class="filters is-inline" role="group" aria-label={t!("lag.save")}>
                    { save("SVG", t!("lag.save-svg")) }
                    { save("PNG", t!("lag.save-png")) }
                    { save("CSV", t!("lag.save-csv")) }
                </span>
            </div>
            <div class="lag-legend" role="group" aria-label={t!("lag.legend")}>
                { for legend.iter().map(|entry| legend_key(entry, &hidden)) }
                <button type="button" class="lag-note" aria-expanded={explained.to_string()} title={measure.explanation()}
                    onclick={explain}>{ t!("lag.measured") }</button>
            </div>
            if *explained {
                <p class="lag-explanation">{ measure.explanation() }</p>
            }
            <LagChart {drawing} id={props.lab.id("lag-chart")} unit={measure.unit()} label={measure.label()} {time}
                series={Rc::new(series.clone())} marks={marks.clone()} mark_words={mark_words(&marks, props)}
                cursor={at} explanation={measure.explanation()} {on_cursor} {on_pin} {onkeydown} />
            { readout(measure, at.unwrap_or(now), at.is_some(), &series, &legend, &marks, props, go) }
        </div>
    }
}

/// A switch of the legend with the line's looks.
fn legend_key(entry: &Entry, hidden: &UseStateHandle<Vec<Part>>) -> Html {
    let (part, on) = (entry.part, !hidden.contains(&entry.part));
    let toggle = {
        let hidden = hidden.clone();
        Callback::from(move |_: MouseEvent| {
            let mut next: Vec<Part> = hidden.iter().copied().filter(|one| *one != part).collect();
            if on {
                next.push(part);
            }
            hidden.set(next);
        })
    };
    html! {
        <button key={entry.name.clone()} type="button" class="chip legend-key" aria-pressed={on.to_string()} onclick={toggle}>
            <Swatch look={entry.look} dash={entry.dash} /><span>{ entry.name.clone() }</span>
        </button>
    }
}

fn mark_words(marks: &[Mark], props: &LagProps) -> Rc<Vec<String>> {
    let names = names_in(&props.view);
    let words = |mark: &Mark| {
        let said = sentence(&mark.what, None, &names, props.view.flavor).map(|said| said.text).unwrap_or_default();
        format!("{} {said}", clock(mark.at))
    };
    Rc::new(marks.iter().map(words).collect())
}

/// The values at an instant, in words; those that could not be measured say so.
#[allow(clippy::too_many_arguments, reason = "the parts of one line")]
fn readout(
    measure: Measure,
    at: SimTime,
    chosen: bool,
    series: &[Series],
    legend: &[Entry],
    marks: &[Mark],
    props: &LagProps,
    go: impl Fn(SimTime) + 'static,
) -> Html {
    let value = |one: &Series| match one.near(at) {
        Some((low, high)) if high - low > high / 50.0 => {
            t!("lag-words.range", low = measure.unit().say(low), high = measure.unit().say(high))
        }
        Some((_, high)) => measure.unit().say(high),
        None => "–".to_owned(),
    };
    // By server where there are servers, so that its name stands there once.
    let servers = legend.iter().filter(|entry| matches!(entry.part, Part::Server(_)));
    let mut said: Vec<String> = servers
        .filter_map(|server| {
            let prefix = format!("{} ", server.name);
            let own = series.iter().filter_map(|one| Some((one.name.strip_prefix(&prefix)?, one)));
            let parts: Vec<String> = own.map(|(station, one)| format!("{station} {}", value(one))).collect();
            (!parts.is_empty()).then(|| format!("{prefix}{}", parts.join(", ")))
        })
        .collect();
    if said.is_empty() {
        said = series.iter().map(|one| format!("{} {}", one.name, value(one))).collect();
    }
    let near = marks.iter().min_by_key(|mark| mark.at.0.abs_diff(at.0)).filter(|_| chosen);
    let near = near.filter(|mark| mark.at.0.abs_diff(at.0) < 250_000);
    let names = names_in(&props.view);
    let near = near.and_then(|mark| sentence(&mark.what, None, &names, props.view.flavor));
    let onclick = Callback::from(move |_: MouseEvent| go(at));
    let words = if said.is_empty() { t!("lag.nothing").to_owned() } else { said.join(" · ") };
    html! {
        <p class="lag-readout" role={chosen.then_some("status")}>
            <span class="lag-at">{ if chosen { clock(at) } else { t!("lag.now").to_owned() } }</span>
            <span>{ words.clone() }</span>
            if let Some(said) = near {
                // Behind other words it is another element: one that moves counts as a shift of the page's layout.
                <strong key={words}>{ said.text }</strong>
            }
            if chosen {
                <button type="button" class="chip" {onclick}>{ t!("lag.go") }</button>
            }
        </p>
    }
}

/// A chart in one sentence, for those who do not see it.
pub fn summary(label: &str, series: &[Series], unit: crate::ui::chart::Unit) -> String {
    let highest = |one: &Series| {
        let values = one.points.iter().filter_map(|point| point.value).map(|(_, high)| high);
        values.fold(None, |most: Option<f64>, value| Some(most.map_or(value, |most| most.max(value))))
    };
    let parts: Vec<String> = series
        .iter()
        .map(|one| match highest(one) {
            Some(most) => t!("lag-words.at-most", name = one.name, most = unit.say(most)),
            None => t!("lag-words.unmeasured", name = one.name),
        })
        .collect();
    match parts.is_empty() {
        true => t!("lag-words.no-line", label = label),
        false => format!("{label}: {}", list(&parts)),
    }
}
