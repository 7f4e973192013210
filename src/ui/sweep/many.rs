//! A sweep: what is asked for, how far it is, and what it amounts to so far.

use std::rc::Rc;

use web_sys::{MouseEvent, SubmitEvent};
use yew::prelude::*;

use super::course::{Course, MOST_RUNS, Plan, State};
use super::form::{deeds_field, faults_field, number, refusal, use_work};
use super::histogram::Histogram;
use super::paired::paired;
use super::results::{Figure, facts, percentiles, profile_name, time};
use super::runs::{Wanted, runs};
use super::subject::{Subject, changed};
use crate::report::sweep::{Bar, Outcome, Paired, Sweep};
use crate::scenario::Profile;
use crate::t;
use crate::ui::lab::{Lab, use_kept};
use crate::ui::parts::dom;
use crate::ui::share::{OpenScenario, file_name};
use crate::ui::text::titled;
use crate::ui::twin::presets;
use crate::ui::words::decimals;

#[derive(Properties, PartialEq)]
pub struct ManyProps {
    pub lab: Lab,
    pub open: OpenScenario,
}

/// The greatest seed, as the command line has it.
const LAST_SEED: u64 = 1 << 53;

/// Hears of the sweep under way, or ends it.
fn watch(listener: Option<Callback<()>>) {
    let Some(course) = Course::latest() else { return };
    let ends = listener.is_none();
    course.listen(listener);
    if ends {
        course.stop();
    }
}

/// The view.
#[component]
pub fn Many(props: &ManyProps) -> Html {
    let ManyProps { lab, open } = props;
    let subject = use_memo((), |()| Subject::of(lab));
    let count = use_kept(lab, "sweep-count", || "500".to_owned());
    let first = use_kept(lab, "sweep-first", || "1".to_owned());
    let faults = use_kept(lab, "sweep-faults", || Some(Profile::Crash));
    let key = use_kept(lab, "sweep-key", String::new);
    let with_deeds = use_kept(lab, "sweep-deeds", || false);
    let refused = use_state(|| None::<String>);
    let wanted = use_state(|| Wanted { by: Figure::Lost, bar: None, which: 0 });
    let tell = use_work(watch);
    let course = Course::latest();
    let going = course.as_ref().is_some_and(|course| course.state() == State::Going);
    let submit = {
        let (subject, tell, refused, wanted) = (subject.clone(), tell, refused.setter(), wanted.setter());
        let (count, first, faults, key, with_deeds) =
            (count.clone(), first.clone(), faults.clone(), key.clone(), *with_deeds);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if going {
                return;
            }
            let read = |text: &str, most: u64| text.trim().parse().ok().filter(|n: &u64| (1..=most).contains(n));
            let plan = || -> Result<Plan, String> {
                let count = read(&count, MOST_RUNS).ok_or_else(|| t!("sweep.bad-count", most = MOST_RUNS))?;
                let first = read(&first, LAST_SEED - MOST_RUNS).ok_or_else(|| t!("sweep.bad-seed").to_owned())?;
                let faults = (*faults).unwrap_or(Profile::None);
                let mut scenarios = vec![subject.scenario(with_deeds)?];
                let key = key.trim().to_owned();
                if !key.is_empty() {
                    scenarios.push(changed(&scenarios[0], &key)?);
                }
                Ok(Plan { scenarios, key, faults, first, count })
            };
            match plan() {
                Ok(plan) => {
                    refused.set(None);
                    wanted.set(Wanted { by: Figure::Lost, bar: None, which: 0 });
                    Course::begin(plan, tell.clone());
                }
                Err(why) => refused.set(Some(why)),
            }
        })
    };
    let type_key = {
        let key = key.setter();
        Callback::from(move |event: InputEvent| key.set(dom::field_value(&event)))
    };
    let on_open = {
        let (course, open, refused) = (course.clone(), open.clone(), refused.setter());
        Callback::from(move |(which, seed): (usize, u64)| {
            let Some(course) = &course else { return };
            let opened = course.told(which, seed).and_then(|scenario| {
                super::dialog::leave_address();
                open.emit(scenario)
            });
            refused.set(opened.err());
        })
    };
    let on_want = {
        let wanted = wanted.setter();
        Callback::from(move |next| wanted.set(next))
    };
    let presets_id = lab.id("sweep-presets");
    let flavor = lab.snapshot().view.flavor;
    html! {
        <div class="sweep stack">
            <form class="sweep-form" onsubmit={submit}>
                { number(t!("sweep.count"), &count, MOST_RUNS) }
                { number(t!("sweep.first"), &first, LAST_SEED - MOST_RUNS) }
                { faults_field(&faults, false) }
                <label class="field is-key"><span>{ t!("sweep.against") }</span>
                    <input type="text" list={presets_id.clone()} placeholder={t!("sweep.against-nothing")} value={(*key).clone()} oninput={type_key}
                        autocomplete="off" spellcheck="false" />
                    <datalist id={presets_id}>
                        { for presets(flavor).into_iter().map(|(name, key)| html! { <option value={key} label={name} /> }) }
                    </datalist>
                    <span class="hint">{ t!("sweep.about-against") }</span>
                </label>
                { deeds_field(&subject, &with_deeds) }
                <div class="sweep-go">
                    <button type="submit" class="button is-primary" aria-disabled={going.then_some("true")}>{ t!("sweep.go") }</button>
                    <span class="hint">{ t!("sweep.each-run", lasts = time(subject.duration_us() as f64 / 1_000.0)) }</span>
                </div>
            </form>
            { refusal(&refused) }
            if let Some(course) = &course {
                { progress(course) }
                if course.done() > 0 { { amounts(course, *wanted, &on_want, &on_open) } }
            }
        </div>
    }
}

/// How far it is.
fn progress(course: &Rc<Course>) -> Html {
    let state = course.state();
    let (done, all, (rate, size)) = (course.done(), course.plan.count, course.speed());
    let stop = {
        let course = course.clone();
        Callback::from(move |_: MouseEvent| course.stop())
    };
    let go_on = {
        let course = course.clone();
        Callback::from(move |_: MouseEvent| course.go())
    };
    let words = match &state {
        State::Going => t!("sweep.going", n = done, all = all, rate = decimals(rate, 1), workers = size),
        State::Done => t!("sweep.done", n = done, rate = decimals(rate, 1), workers = size),
        State::Stopped => t!("sweep.stopped", n = done, all = all),
        State::Failed(why) => t!("sweep.failed-run", why = why, n = done, all = all),
    };
    html! {
        <div class="sweep-progress">
            <progress max={all.to_string()} value={done.to_string()} aria-label={t!("sweep.progress")} />
            // Figures that change all the time are not read out; how it ends is.
            <p aria-live={if state == State::Going { "off" } else { "polite" }}>{ words }</p>
            if state == State::Going {
                <button type="button" class="button" onclick={stop}>{ t!("sweep.cancel") }</button>
            } else if state != State::Done {
                <button type="button" class="button" onclick={go_on}>{ t!("sweep.go-on") }</button>
            }
        </div>
    }
}

/// What it amounts to so far.
fn amounts(course: &Rc<Course>, wanted: Wanted, on_want: &Callback<Wanted>, on_open: &Callback<(usize, u64)>) -> Html {
    let sweeps: Vec<Sweep> = (0..course.plan.scenarios.len()).filter_map(|which| course.amounts_to(which)).collect();
    let Some(first) = sweeps.first() else { return Html::default() };
    let bars = |figure: Figure| -> Vec<Vec<Bar>> {
        let figures = |which: usize| -> Vec<f64> {
            course
                .with_outcomes(which, |outcomes: &[Outcome]| outcomes.iter().filter_map(|one| figure.of(one)).collect())
        };
        let each: Vec<Vec<f64>> = (0..sweeps.len()).map(figures).collect();
        // Both configurations in the same bars.
        let all = each.concat();
        let frame = if figure.counts() {
            Bar::of_counts(&all.iter().map(|count| *count as u64).collect::<Vec<_>>())
        } else {
            Bar::of_durations(&all)
        };
        each.iter().map(|figures| Bar::again(&frame, figures, figure.counts())).collect()
    };
    let histogram = |figure: Figure| {
        let bars = bars(figure);
        let on_choose = {
            let (on_want, bars) = (on_want.clone(), bars.clone());
            Callback::from(move |index: Option<usize>| {
                let bar = index.and_then(|index| bars.first()?.get(index).copied());
                on_want.emit(Wanted { by: figure, bar, which: wanted.which });
            })
        };
        // Bars come and go while runs come: the chosen one is where its limits are.
        let chosen = wanted
            .bar
            .filter(|_| wanted.by == figure)
            .and_then(|chosen| bars.first()?.iter().position(|bar| (bar.from, bar.to) == (chosen.from, chosen.to)));
        html! { <Histogram key={figure.name()} {figure} {bars} {chosen} {on_choose} /> }
    };
    let save = {
        let course = course.clone();
        Callback::from(move |_: MouseEvent| {
            let rows: String = (0..course.plan.scenarios.len()).map(|which| course.rows(which)).collect();
            let name = format!("{}-sweep.ndjson", file_name(&course.plan.scenarios[0].title));
            dom::download(&name, "application/x-ndjson", &rows);
        })
    };
    let names = course.is_paired().then_some(["A", "B"]);
    html! {
        <>
            <p class="sweep-what">
                { t!("sweep.what", title = titled(&first.scenario), faults = profile_name(course.plan.faults), first = first.first_seed, last = first.last_seed) }
                if course.is_paired() { { " " }{ t!("sweep.b-with") }{ " " }<code>{ course.plan.key.clone() }</code>{ "." } }
            </p>
            <div class="sweep-both">
                { for sweeps.iter().enumerate().map(|(which, sweep)| {
                    facts(sweep, names.map(|names| names[which.min(1)]), &on_open.reform(move |seed| (which, seed)))
                }) }
            </div>
            if course.is_paired() {
                { course.with_outcomes(0, |a| course.with_outcomes(1, |b| paired(&Paired::of(a, b)))) }
            }
            { percentiles(course, &sweeps) }
            <section class="stack is-tight">
                <h3 class="caps">{ t!("sweep.distributions") }</h3>
                if course.is_paired() { <p class="sweep-legend"><span class="is-first">{ "A" }</span>{ t!("twin.as-it-is") }<span class="is-second">{ "B" }</span><code>{ course.plan.key.clone() }</code></p> }
                <div class="sweep-histograms">{ for Figure::ALL.map(histogram) }</div>
                <p class="hint">{ t!("sweep.about-bars") }</p>
            </section>
            { runs(course, wanted, on_want, on_open) }
            <p><button type="button" class="button" onclick={save}>{ t!("sweep.save") }</button></p>
        </>
    }
}
