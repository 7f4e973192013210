//! One laboratory on the page: header, stage, transport, panel, instruments.

use std::rc::Rc;

use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use crate::engine::ids::Addr;
use crate::sim::command::Command;
use crate::sim::setup::FailoverSetup;
use crate::t;
use crate::ui::announcer::Announcer;
use crate::ui::glossary::{Glossary, use_glossary};
use crate::ui::header::Header;
use crate::ui::instruments::Instruments;
use crate::ui::keys::{Keys, global_key, use_page_keys};
use crate::ui::lab::{Lab, Landmark, Opening, use_snapshot};
use crate::ui::language::{Spoken, use_language};
use crate::ui::lessons::{Learning, LessonPanel};
use crate::ui::library::{Missed, OpenNamed};
use crate::ui::opening::Choice;
use crate::ui::panel::Panel;
use crate::ui::parts::dom;
use crate::ui::parts::explain::Guide;
use crate::ui::parts::separator::Separator;
use crate::ui::presenter::{Band, Presenting, use_presenter};
use crate::ui::running::Begun;
use crate::ui::share::{DropZone, OpenScenario, Visiting};
use crate::ui::stage::{Scale, Stage};
use crate::ui::theme::use_theme;
use crate::ui::ties::{Ties, use_ties};
use crate::ui::transport::{self, Transport};
use crate::ui::twin::{Chosen, SecondStage, TwinBar};
use crate::ui::why::{WhyOfSecond, WhySheet, use_why};

#[derive(Properties, PartialEq)]
pub(super) struct LaboratoryProps {
    pub lab: Lab,
    pub opening: Rc<Opening>,
    pub choices: Rc<Vec<Choice>>,
    pub chosen: Option<AttrValue>,
    pub on_choose: Callback<usize>,
    pub on_restart: Callback<FailoverSetup>,
    pub begun: Begun,
    pub open: OpenScenario,
    pub open_named: OpenNamed,
    /// How it goes with the scenario of the address.
    pub missed: Missed,
    /// How it goes with a link that is to take this one's place.
    pub visiting: Visiting,
    pub on_visit_end: Callback<()>,
    /// What went wrong before the page was drawn.
    pub problem: Option<AttrValue>,
    pub lesson: Learning,
}

/// The instruments' least, usual and greatest heights in pixels.
const INSTRUMENT_HEIGHT: (f64, f64, f64) = (120.0, 252.0, 620.0);

#[component]
pub(super) fn Laboratory(props: &LaboratoryProps) -> Html {
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

/// What the mode of presenters makes of the page.
fn presenting_classes(presenting: Presenting) -> Classes {
    let Presenting { on, instrument, .. } = presenting;
    classes!(on.then_some("is-presenting"), (on && instrument.is_none()).then_some("is-stage-only"))
}
