//! The page: header, stage, transport, panel, instruments; the keys that work everywhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use crate::engine::ids::Addr;
use crate::scenario::Scenario;
use crate::sim::command::Command;
use crate::sim::setup::FailoverSetup;
use crate::t;
use crate::ui::announcer::Announcer;
use crate::ui::glossary::{Glossary, use_glossary};
use crate::ui::header::Header;
use crate::ui::instruments::Instruments;
use crate::ui::lab::{Lab, Landmark, Opening, use_snapshot};
use crate::ui::language::{self, Spoken, use_language};
use crate::ui::lessons::{self, Begin, LessonPanel, Session, Start};
use crate::ui::library::{self, Missed, OpenNamed, use_scenario_address};
use crate::ui::opening::{self, Choice};
use crate::ui::panel::Panel;
use crate::ui::parts::dom;
use crate::ui::parts::explain::Guide;
use crate::ui::parts::separator::Separator;
use crate::ui::presenter::{self, Band, Presenting, use_presenter};
use crate::ui::share::{self, Arrived, DropZone, First, OpenScenario, Visiting};
use crate::ui::stage::{Scale, Stage};
use crate::ui::theme::use_theme;
use crate::ui::ties::{Ties, use_ties};
use crate::ui::transport::{self, Jump, Transport};
use crate::ui::twin::{Chosen, SecondStage, TwinBar};
use crate::ui::why::{WhyOfSecond, WhySheet, use_why};

/// Draws the page, once its language is there.
pub fn start(root: Element) {
    language::begin(|problem| {
        yew::Renderer::<App>::with_root_and_props(root, AppProps { problem: problem.map(AttrValue::from) }).render();
    });
}

/// What the page begins with.
#[derive(Properties, Clone, PartialEq)]
pub struct AppProps {
    /// Why it does not speak the language that was asked for.
    problem: Option<AttrValue>,
}

/// What runs on the page.
#[derive(Clone, PartialEq)]
struct Running {
    lab: Result<Lab, String>,
    opening: Rc<Opening>,
    /// Its name, if it is one of the page's own or of the library.
    chosen: Option<AttrValue>,
    begun: Begun,
    /// Counts the laboratories: each begins afresh, even if the same is chosen again.
    number: u32,
}

impl Running {
    fn begin(opening: Opening, chosen: Option<AttrValue>, begun: Begun, number: u32) -> Running {
        let lab = Lab::open(format!("rl{number}"), opening.clone());
        Running { lab, opening: Rc::new(opening), chosen, begun, number }
    }

    /// The first of the choices.
    fn first(choices: &[Choice]) -> Running {
        let opening = choices.first().map_or_else(opening::bare, |choice| choice.opening.clone());
        Running::begin(opening, choices.first().map(|choice| choice.name.into()), Begun::Page, 0)
    }

    fn arrived(Arrived { lab, opening }: Arrived, number: u32) -> Running {
        Running { lab: Ok(lab), opening, chosen: None, begun: Begun::Link, number }
    }
}

/// The whole page: one laboratory after the other.
#[component]
pub fn App(props: &AppProps) -> Html {
    let choices = use_memo((), |()| opening::choices());
    let numbers = use_memo((), |()| Cell::new(0_u32));
    let first = use_memo((), |()| Rc::new(RefCell::new(share::begin_with_address(0))));
    let running = use_state(|| {
        if !matches!(*first.borrow(), First::Arrived(_)) {
            return Running::first(&choices);
        }
        match first.replace(First::None) {
            First::Arrived(arrived) => Running::arrived(arrived, 0),
            _ => Running::first(&choices),
        }
    });
    let begin = {
        let (running, numbers) = (running.setter(), numbers.clone());
        use_callback((), move |(opening, chosen, begun): (Opening, Option<AttrValue>, Begun), ()| {
            numbers.set(numbers.get() + 1);
            let next = Running::begin(opening, chosen.clone(), begun, numbers.get());
            // What cannot be run leaves everything as it is.
            if let (Err(why), Begun::Choice | Begun::Address | Begun::File | Begun::Lesson) = (&next.lab, begun) {
                return Err(why.clone());
            }
            running.set(next);
            share::forget();
            library::leave_address(chosen.as_deref());
            Ok(())
        })
    };
    let on_choose = {
        let (choices, begin) = (choices.clone(), begin.clone());
        use_callback((), move |index: usize, ()| {
            if let Some(choice) = choices.get(index) {
                let _ = begin.emit((choice.opening.clone(), Some(choice.name.into()), Begun::Choice));
            }
        })
    };
    let on_restart = {
        let (running, begin) = (running.clone(), begin.clone());
        Callback::from(move |rules| {
            let deeds = running.lab.as_ref().map(|lab| lab.with(|s| s.deeds().to_vec())).unwrap_or_default();
            let opening = opening::with_failover(&opening::with_changes(&running.opening, &deeds), rules);
            let _ = begin.emit((opening, running.chosen.clone(), Begun::Restart));
        })
    };
    let lesson = use_lesson(&begin, &numbers);
    let named = |begun| {
        let begin = begin.clone();
        move |(scenario, name): (Scenario, String), (): &()| {
            begin.emit((opening::of_scenario(scenario), Some(name.into()), begun))
        }
    };
    let open_named = use_callback((), named(Begun::Choice));
    let visit_named = use_callback((), named(Begun::Address));
    let missed = use_scenario_address(&visit_named);
    let open =
        use_callback((), move |scenario: Scenario, ()| begin.emit((opening::of_scenario(scenario), None, Begun::File)));
    let arrived = {
        let (running, numbers) = (running.setter(), numbers.clone());
        Callback::from(move |arrived| running.set(Running::arrived(arrived, numbers.get())))
    };
    let (visiting, on_visit_end) = share::use_visits((*first).clone(), numbers, arrived);
    let Running { lab, opening, chosen, begun, number } = (*running).clone();
    match lab {
        Ok(lab) => html! {
            <Laboratory key={number} {lab} {opening} {choices} {chosen} {on_choose} {on_restart} {begun} {open} {open_named} {visiting}
                {on_visit_end} {lesson} {missed} problem={props.problem.clone()} />
        },
        Err(why) => html! {
            <main class="rl is-broken">
                <h1>{ "Replication Lab" }</h1>
                <p role="alert">{ t!("page.broken", why = why) }</p>
            </main>
        },
    }
}

/// What a laboratory began with.
#[derive(Clone, Copy, PartialEq)]
enum Begun {
    /// The page.
    Page,
    /// A choice in the list.
    Choice,
    /// A scenario that the address names.
    Address,
    /// Other rules for the same choice.
    Restart,
    /// A file.
    File,
    /// A link, which opens at its instant and stays there.
    Link,
    /// A lesson, which says itself when time passes.
    Lesson,
}

/// The lesson under way, and what can be done about lessons.
#[derive(Clone, PartialEq)]
struct Learning {
    session: Option<Rc<Session>>,
    /// Why the last one could not be opened.
    failed: Option<AttrValue>,
    on_start: Callback<Start>,
    on_begin: Callback<Begin>,
    on_close: Callback<()>,
}

/// Opens lessons: those that are chosen, and those that the address asks for.
#[hook]
fn use_lesson(begin: &BeginRun, numbers: &Rc<Cell<u32>>) -> Learning {
    let session = use_state(|| None::<Rc<Session>>);
    let failed = use_state(|| None::<AttrValue>);
    let on_begin = {
        let (session, failed, begin, numbers) = (session.setter(), failed.setter(), begin.clone(), numbers.clone());
        use_callback((), move |(begun, opening): Begin, ()| match begin.emit((opening, None, Begun::Lesson)) {
            Ok(()) => {
                begun.runs_in(format!("rl{}-", numbers.get()));
                session.set(Some(begun));
                failed.set(None);
            }
            Err(why) => failed.set(Some(why.into())),
        })
    };
    let on_start = {
        let (on_begin, failed) = (on_begin.clone(), failed.setter());
        use_callback((), move |start: Start, ()| {
            let (on_begin, failed) = (on_begin.clone(), failed.clone());
            yew::platform::spawn_local(async move {
                match start.load().await {
                    Ok(loaded) => on_begin.emit(loaded),
                    Err(why) => failed.set(Some(why.into())),
                }
            });
        })
    };
    {
        let on_start = on_start.clone();
        use_effect_with((), move |()| {
            let look = move || {
                if let Some(start) = lessons::asked_for() {
                    on_start.emit(start);
                }
            };
            look();
            let listener = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(look);
            let window = web_sys::window();
            if let Some(window) = &window {
                let _ = window.add_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref());
            }
            move || {
                if let Some(window) = window {
                    let _ = window.remove_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref());
                }
            }
        });
    }
    let on_close = {
        let (session, failed) = (session.setter(), failed.setter());
        use_callback((), move |(), ()| {
            session.set(None);
            failed.set(None);
            lessons::leave_address();
        })
    };
    Learning { session: (*session).clone(), failed: (*failed).clone(), on_start, on_begin, on_close }
}

/// Begins another run.
type BeginRun = Callback<(Opening, Option<AttrValue>, Begun), Result<(), String>>;

#[derive(Properties, PartialEq)]
struct LaboratoryProps {
    lab: Lab,
    opening: Rc<Opening>,
    choices: Rc<Vec<Choice>>,
    chosen: Option<AttrValue>,
    on_choose: Callback<usize>,
    on_restart: Callback<FailoverSetup>,
    begun: Begun,
    open: OpenScenario,
    open_named: OpenNamed,
    /// How it goes with the scenario of the address.
    missed: Missed,
    /// How it goes with a link that is to take this one's place.
    visiting: Visiting,
    on_visit_end: Callback<()>,
    /// What went wrong before the page was drawn.
    problem: Option<AttrValue>,
    lesson: Learning,
}

/// The instruments' least, usual and greatest heights in pixels.
const INSTRUMENT_HEIGHT: (f64, f64, f64) = (120.0, 252.0, 620.0);

#[component]
fn Laboratory(props: &LaboratoryProps) -> Html {
    let lab = &props.lab;
    let snapshot = use_snapshot(lab);
    let root = use_node_ref();
    let theme = use_theme();
    let themed = use_mut_ref(|| ((theme.shown, false), 0_u32));
    let instrument_height = use_state(|| INSTRUMENT_HEIGHT.1);
    let notice = use_state(|| props.problem.as_ref().map(AttrValue::to_string));
    let help = use_state(|| false);

    // Time passes from the start; who asked for less motion starts it by hand, and so does who opened a link.
    let waits = matches!(props.begun, Begun::Link | Begun::Lesson);
    use_effect_with(lab.clone(), move |lab| {
        lab.set_playing(!waits && !dom::reduced_motion());
        let lab = lab.clone();
        move || lab.close()
    });
    {
        // Whoever chose it was in a list that is gone: the focus goes to what opened the list.
        let root = root.clone();
        use_effect_with(props.begun, move |begun| {
            let button = root.cast::<Element>().filter(|_| matches!(begun, Begun::Choice | Begun::File));
            if let Some(button) = button.and_then(|root| dom::all(&root, ".header .button").into_iter().next()) {
                dom::focus(&button);
            }
        });
    }
    let act = {
        let (lab, notice) = (lab.clone(), notice.setter());
        use_callback((), move |command: Command, ()| notice.set(lab.act(command).err()))
    };
    let (presenting, present) = use_presenter();
    // What the steps beside play lead to.
    let landmark = use_state(|| Landmark::Event);
    let on_landmark = {
        let landmark = landmark.setter();
        Callback::from(move |chosen| landmark.set(chosen))
    };
    let on_jump = {
        let (lab, notice) = (lab.clone(), notice.setter());
        Callback::from(move |(landmark, direction)| notice.set(transport::jump(&lab, landmark, direction)))
    };
    let onkeydown = {
        let lab = lab.clone();
        let keys = Keys {
            help: help.setter(),
            landmark: *landmark,
            on_jump: on_jump.clone(),
            presenting,
            present: present.clone(),
        };
        Callback::from(move |event: KeyboardEvent| global_key(&event, &lab, &keys))
    };
    use_page_keys(&root, &onkeydown);
    let on_problem = {
        let notice = notice.setter();
        Callback::from(move |why| notice.set(Some(why)))
    };
    let Spoken { language, on_choose: on_language } = use_language(&on_problem);
    let spoken = use_mut_ref(|| language);
    {
        let root = root.clone();
        use_effect_with((*instrument_height, language), move |(height, language)| {
            let Some(root) = root.cast::<Element>() else { return };
            dom::set_property(&root, "--instrument-height", &format!("{height:.0}px"));
            // The button that was pressed is gone: the focus goes to the one in its place.
            if spoken.replace(*language) != *language
                && let Some(button) = dom::all(&root, ".is-language").into_iter().next()
            {
                dom::focus(&button);
            }
        });
    }
    let dismiss = {
        let notice = notice.setter();
        Callback::from(move |_: MouseEvent| notice.set(None))
    };
    let resize = {
        let height = instrument_height.setter();
        Callback::from(move |value| height.set(value))
    };
    let show_help = {
        let help = help.setter();
        Callback::from(move |shown| help.set(shown))
    };
    let theme_count = {
        let mut seen = themed.borrow_mut();
        // Presenters have colours of their own.
        if seen.0 != (theme.shown, presenting.on) {
            *seen = ((theme.shown, presenting.on), seen.1 + 1);
        }
        seen.1
    };
    // Whose status was asked for on the stage, and how often: asking again shows it again.
    let asked = use_state(|| None::<(Addr, u32)>);
    let on_status = {
        let asked = asked.clone();
        Callback::from(move |who| asked.set(Some((who, asked.map_or(0, |(_, times)| times + 1)))))
    };
    // The event of the trace that somebody wants to see: the run goes to its instant, and the list of events shows it.
    let shown = use_state(|| None::<(u64, u32)>);
    let on_event = {
        let (lab, shown) = (lab.clone(), shown.clone());
        Callback::from(move |event| {
            lab.seek_event(event);
            shown.set(Some((event, shown.map_or(0, |(_, times)| times) + 1)));
        })
    };
    let (term, on_term, on_term_end) = use_glossary();
    let why = use_why(lab);
    let guide = Guide { flavor: snapshot.view.flavor, glossary: on_term.clone(), why: why.ask.clone() };
    let on_present = {
        let (present, help) = (present.clone(), help.setter());
        Callback::from(move |()| {
            help.set(false);
            present.emit(Presenting { on: true, blank: false, ..presenting });
        })
    };
    let ties = use_ties(lab, &snapshot);
    let instruments = lab.id("instruments");
    // Another run beside this one, and whether the instruments show that one.
    let twin = use_state(|| None::<Chosen>);
    let second = use_state(|| false);
    let on_compare = {
        let (lab, twin, height) = (lab.clone(), twin.setter(), instrument_height.setter());
        Callback::from(move |chosen: Chosen| {
            // Two narrow stages need all the height there is.
            height.set(INSTRUMENT_HEIGHT.0);
            lab.set_twin(Some(chosen.lab.clone()));
            twin.set(Some(chosen));
        })
    };
    // Two stages need the room of the panel, unless somebody wants it.
    let with_panel = use_state(|| false);
    let on_panel = {
        let with_panel = with_panel.setter();
        Callback::from(move |is| with_panel.set(is))
    };
    let on_second = {
        let second = second.setter();
        Callback::from(move |is| second.set(is))
    };
    let on_end = {
        let (lab, twin, second, height) = (lab.clone(), twin.setter(), second.setter(), instrument_height.setter());
        let no_answer = why.close.clone();
        Callback::from(move |()| {
            height.set(INSTRUMENT_HEIGHT.1);
            lab.set_twin(None);
            second.set(false);
            twin.set(None);
            no_answer.emit(());
        })
    };
    html! {
        // Another language brings everything anew; what is chosen is kept by the laboratory.
        <ContextProvider<Guide> key={language.code()} context={guide}>
        <ContextProvider<Ties> context={ties.clone()}>
        <div ref={root} class={classes!("rl", presenting_classes(presenting))} data-theme={theme.choice.attribute()} lang={language.code()}>
            <a class="skip" href={format!("#{}", lab.id("main"))}>{ t!("page.skip") }</a>
            <Header lab={lab.clone()} theme={theme.choice} on_theme={theme.on_choose.clone()} {language} {on_language} help={*help} on_help={show_help}
                flavor={snapshot.view.flavor} tally={snapshot.tally} {on_compare} choices={props.choices.clone()} chosen={props.chosen.clone()}
                on_choose={props.on_choose.clone()} opening={props.opening.clone()} open={props.open.clone()} open_named={props.open_named.clone()} on_glossary={on_term} on_present={on_present}
                on_lesson={props.lesson.on_start.clone()} />
            <main class={classes!("page", props.lesson.session.is_some().then_some("has-lesson"), (twin.is_some() && !*with_panel).then_some("is-comparing"))} id={lab.id("main")} tabindex="-1">
                <div class="left">
                    if let Some(chosen) = &*twin {
                        <div class="stages">
                            <TwinBar lab={lab.clone()} snapshot={snapshot.clone()} twin={chosen.clone()} second={*second} {on_second}
                                panel={*with_panel} {on_panel} {on_end} />
                            <Stage lab={lab.clone()} snapshot={snapshot.clone()} act={act.clone()} on_status={on_status.clone()}
                                theme={theme_count} scale={if presenting.on { Scale::Large } else { Scale::Planned }} />
                            <WhyOfSecond lab={chosen.lab.clone()} leader={lab.clone()} on_answer={why.show_second.clone()}>
                                <SecondStage lab={chosen.lab.clone()} act={act.clone()} {on_status} theme={theme_count} />
                            </WhyOfSecond>
                        </div>
                    } else {
                        <Stage lab={lab.clone()} snapshot={snapshot.clone()} act={act.clone()} {on_status}
                            theme={theme_count} scale={if presenting.on { Scale::Large } else { Scale::Planned }} />
                    }
                    <Transport lab={lab.clone()} snapshot={snapshot.clone()} landmark={*landmark} {on_landmark} {on_jump}
                        on_event={on_event.clone()} />
                    <Separator label={t!("page.height")} controls={instruments} value={*instrument_height}
                        min={INSTRUMENT_HEIGHT.0} max={INSTRUMENT_HEIGHT.2} on_change={resize} />
                    if let Some(chosen) = (*twin).as_ref().filter(|_| *second) {
                        <WhyOfSecond key="second" lab={chosen.lab.clone()} leader={lab.clone()} on_answer={why.show_second.clone()}>
                            <SecondInstruments lab={chosen.lab.clone()} asked={*asked} shown={*shown} {on_event} theme={theme_count} />
                        </WhyOfSecond>
                    } else {
                        <Instruments key="first" lab={lab.clone()} snapshot={snapshot.clone()} asked={*asked} shown={*shown} {on_event}
                            ties={ties.clone()} theme={theme_count} wanted={presenting.instrument.filter(|_| presenting.on)} />
                    }
                </div>
                if let Some(session) = &props.lesson.session {
                    <LessonPanel lab={lab.clone()} session={session.clone()} on_begin={props.lesson.on_begin.clone()}
                        on_close={props.lesson.on_close.clone()} />
                }
                <Panel lab={lab.clone()} snapshot={snapshot.clone()} {act} on_restart={props.on_restart.clone()}
                    restarted={props.begun == Begun::Restart} name={props.chosen.clone()}
                    introduced={matches!(props.begun, Begun::Choice | Begun::Address | Begun::File)} />
            </main>
            if let Some(text) = &*notice {
                <div class="notice" role="alert">
                    <span>{ text.clone() }</span>
                    <button type="button" class="button" onclick={dismiss}>{ t!("page.close") }</button>
                </div>
            }
            if let Some(why) = &props.lesson.failed {
                <div class="notice" role="alert">
                    <span>{ t!("lessons.failed", why = why) }</span>
                    <button type="button" class="button" onclick={props.lesson.on_close.reform(|_: MouseEvent| ())}>{ t!("page.close") }</button>
                </div>
            }
            if let Some(why) = &props.missed.why {
                <div class="notice is-visit" role="alert">
                    <span>{ t!("library.not-opened", why = why) }</span>
                    <button type="button" class="button" onclick={props.missed.on_retry.reform(|_: MouseEvent| ())}>{ t!("library.retry") }</button>
                    <button type="button" class="button" onclick={props.missed.on_close.reform(|_: MouseEvent| ())}>{ t!("page.close") }</button>
                </div>
            }
            { visit_notice(&props.visiting, &props.on_visit_end) }
            <DropZone open={props.open.clone()} on_problem={on_problem} />
            if presenting.on {
                <Band lab={lab.clone()} snapshot={snapshot.clone()} landmark={*landmark} {presenting} change={present.clone()} />
            }
            if let Some((answer, times, second)) = why.asked {
                <WhySheet lab={lab.clone()} {answer} {times} instants={second} on_close={why.close}
                    of={twin.is_some().then_some(if second { "B" } else { "A" })} />
            }
            if let Some(term) = term {
                <Glossary id={lab.id("glossary")} {term} flavor={snapshot.view.flavor} on_close={on_term_end} />
            }
            <Announcer lab={lab.clone()} {snapshot} />
        </div>
        </ContextProvider<Ties>>
        </ContextProvider<Guide>>
    }
}

#[derive(Properties, PartialEq)]
struct SecondInstrumentsProps {
    lab: Lab,
    asked: Option<(Addr, u32)>,
    shown: Option<(u64, u32)>,
    on_event: Callback<u64>,
    theme: u32,
}

/// The instruments of a run that another one leads. Which write is followed here is this run's own affair.
#[component]
fn SecondInstruments(props: &SecondInstrumentsProps) -> Html {
    let snapshot = use_snapshot(&props.lab);
    let ties = use_ties(&props.lab, &snapshot);
    html! {
        <ContextProvider<Ties> context={ties.clone()}>
            <Instruments lab={props.lab.clone()} {snapshot} asked={props.asked} shown={props.shown}
                on_event={props.on_event.clone()} {ties} theme={props.theme} />
        </ContextProvider<Ties>>
    }
}

/// How it goes with a link.
fn visit_notice(visiting: &Visiting, on_end: &Callback<()>) -> Html {
    let end = on_end.reform(|_: MouseEvent| ());
    match visiting {
        Visiting::Idle => Html::default(),
        Visiting::Going(percent) => html! {
            <div class="notice is-visit" role="status">
                <span>{ t!("page.visit") }</span>
                <progress max="100" value={percent.to_string()} aria-label={t!("page.shared-run")} />
                <button type="button" class="button" onclick={end}>{ t!("page.cancel") }</button>
            </div>
        },
        Visiting::Failed(why) => html! {
            <div class="notice is-visit" role="alert">
                <span>{ t!("page.link-failed", why = sentence(why)) }</span>
                <button type="button" class="button" onclick={end}>{ t!("page.close") }</button>
            </div>
        },
    }
}

/// A message as a sentence of its own.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(char::to_uppercase);
    format!("{}{}.", first.map(String::from_iter).unwrap_or_default(), chars.as_str().trim_end_matches('.'))
}

/// Listens on the document: the keys of the transport work wherever the focus is, if nothing else wants them.
#[hook]
fn use_page_keys(root: &NodeRef, onkeydown: &Callback<KeyboardEvent>) {
    let latest = use_mut_ref(|| onkeydown.clone());
    latest.borrow_mut().clone_from(onkeydown);
    use_effect_with(root.clone(), move |_| {
        let document = web_sys::window().and_then(|w| w.document());
        let listener = wasm_bindgen::closure::Closure::<dyn FnMut(KeyboardEvent)>::new(move |event| {
            let callback = Rc::clone(&latest).borrow().clone();
            callback.emit(event);
        });
        if let Some(document) = &document {
            let _ = document.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
        }
        move || {
            if let Some(document) = document {
                let _ = document.remove_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
            }
        }
    });
}

/// What the mode of presenters makes of the page.
fn presenting_classes(presenting: Presenting) -> Classes {
    let Presenting { on, instrument, .. } = presenting;
    classes!(on.then_some("is-presenting"), (on && instrument.is_none()).then_some("is-stage-only"))
}

/// What the keys of the page act on.
struct Keys {
    help: UseStateSetter<bool>,
    landmark: Landmark,
    on_jump: Callback<(Landmark, Jump)>,
    presenting: Presenting,
    present: Callback<Presenting>,
}

fn global_key(event: &KeyboardEvent, lab: &Lab, keys: &Keys) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() || wants_keys(event) {
        return;
    }
    let snapshot = lab.snapshot();
    let step = |jump| keys.on_jump.emit((keys.landmark, jump));
    if presenter::key(event, keys.presenting, &keys.present, &step) {
        event.prevent_default();
        return;
    }
    match event.key().as_str() {
        " " => lab.set_playing(!snapshot.playing),
        "." => keys.on_jump.emit((Landmark::Event, Jump::On)),
        "," => keys.on_jump.emit((Landmark::Event, Jump::Back)),
        "]" => keys.on_jump.emit((keys.landmark, Jump::On)),
        "[" => keys.on_jump.emit((keys.landmark, Jump::Back)),
        "g" => lab.seek(snapshot.end),
        "<" => lab.set_pace(snapshot.pace.slower()),
        ">" => lab.set_pace(snapshot.pace.faster()),
        "?" => keys.help.set(true),
        _ => return,
    }
    event.prevent_default();
}

/// Whether the focus is on something that has its own use for keys.
pub(super) fn wants_keys(event: &KeyboardEvent) -> bool {
    let Some(element) = event.composed_path().get(0).dyn_into::<Element>().ok() else { return false };
    let fields = "input, textarea, select, dialog, dialog *, [role=menu] *";
    // Space presses what can be pressed, and scrolls what can be scrolled.
    let pressed = "button, a, summary, [role=button], [role=tab], .table-scroll, .lag-chart, .event-list, .step-list, .status-text";
    element.matches(fields).unwrap_or(false) || (event.key() == " " && element.matches(pressed).unwrap_or(false))
}

/// Covers the page with a word and a way out, after a panic: whatever the module does from then on is not to be trusted.
pub fn show_crash() {
    let Some(document) = web_sys::window().and_then(|w| w.document()) else { return };
    if document.query_selector(".crash").is_ok_and(|found| found.is_some()) {
        return;
    }
    let (Ok(cover), Ok(words), Ok(link), Some(body)) =
        (document.create_element("div"), document.create_element("p"), document.create_element("a"), document.body())
    else {
        return;
    };
    let _ = cover.set_attribute("class", "crash");
    let _ = cover.set_attribute("role", "alert");
    words.set_text_content(Some(t!("page.crash")));
    let _ = link.set_attribute("href", "");
    link.set_text_content(Some(t!("page.start-again")));
    let _ = cover.append_with_node_2(&words, &link);
    let _ = body.append_child(&cover);
}
