//! The answer to "why?": a sheet beside the run with a chain of causes, each of which leads to its instant.

use std::rc::Rc;

use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::*;

use crate::check::why::Question;
use crate::t;
use crate::ui::lab::{Answer, Lab, Reason};
use crate::ui::parts::dom;
use crate::ui::parts::explain::Guide;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::words::clock_parts;

/// An answer, how often one was asked for (asking again shows it again), and whether it is about the run that this one leads.
pub type Asked = Option<(Rc<Answer>, u32, bool)>;

/// The questions of a page: one answer is shown at a time.
pub struct Questions {
    pub asked: Asked,
    /// Asks about the run itself.
    pub ask: Callback<Question>,
    /// Shows what another run answered.
    pub show_second: Callback<Rc<Answer>>,
    pub close: Callback<()>,
}

/// What answers questions: the run as it is now is asked at once, since a click on a cause leads elsewhere.
#[hook]
pub fn use_why(lab: &Lab) -> Questions {
    let asked = use_state(|| (None::<(Rc<Answer>, bool)>, 0_u32));
    let show = {
        let asked = asked.clone();
        move |answer: Rc<Answer>, second: bool| asked.set((Some((answer, second)), asked.1 + 1))
    };
    let ask = {
        let (lab, show) = (lab.clone(), show.clone());
        Callback::from(move |question: Question| {
            lab.set_playing(false);
            show(Rc::new(lab.with(|s| s.why(question, &lab.opening().setup))), false);
        })
    };
    let show_second = Callback::from(move |answer| show(answer, true));
    let close = {
        let asked = asked.clone();
        Callback::from(move |()| asked.set((None, asked.1)))
    };
    let times = asked.1;
    let asked = asked.0.clone().map(|(answer, second)| (answer, times, second));
    Questions { asked, ask, show_second, close }
}

/// A button that asks.
#[derive(Properties, PartialEq)]
pub struct WhyProps {
    pub question: Question,
    /// What it is about, for those who do not see what it stands beside.
    pub about: AttrValue,
    /// Its words, where they are not "Why?".
    #[prop_or_default]
    pub words: Option<AttrValue>,
    #[prop_or(Some("0"))]
    pub tabindex: Option<&'static str>,
}

/// "Why?" beside something that wants an answer.
#[component]
pub fn Why(props: &WhyProps) -> Html {
    let Some(guide) = use_context::<Guide>() else { return Html::default() };
    let (question, why) = (props.question, guide.why);
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        why.emit(question);
    });
    // What is to be read on a button is part of its name: who speaks to the page says what they see (WCAG 2.2, 2.5.3).
    let (words, name) = match &props.words {
        Some(words) => (words.clone(), t!("why.ask-of", words = words, what = props.about)),
        None => (AttrValue::from(t!("why.ask")), t!("why.ask-what", what = props.about)),
    };
    html! {
        <button type="button" class="why-ask" aria-label={name} tabindex={props.tabindex} {onclick}>{ words }</button>
    }
}

#[derive(Properties, PartialEq)]
pub struct OfSecondProps {
    /// The run that another one leads.
    pub lab: Lab,
    /// The other one, which says what time it is.
    pub leader: Lab,
    /// Shows the answer.
    pub on_answer: Callback<Rc<Answer>>,
    pub children: Html,
}

/// Questions about a run that another one leads are asked of itself; its causes lead both to their instants.
#[component]
pub fn WhyOfSecond(props: &OfSecondProps) -> Html {
    let Some(guide) = use_context::<Guide>() else { return props.children.clone() };
    let (lab, leader, on_answer) = (props.lab.clone(), props.leader.clone(), props.on_answer.clone());
    let why = Callback::from(move |question: Question| {
        leader.set_playing(false);
        on_answer.emit(Rc::new(lab.with(|s| s.why(question, &lab.opening().setup))));
    });
    html! {
        <ContextProvider<Guide> context={Guide { why, ..guide }}>{ props.children.clone() }</ContextProvider<Guide>>
    }
}

#[derive(Properties, PartialEq)]
pub struct WhySheetProps {
    pub lab: Lab,
    /// Whether causes lead to their instants alone: their events are those of another run.
    #[prop_or_default]
    pub instants: bool,
    /// Which of two runs it is about.
    #[prop_or_default]
    pub of: Option<&'static str>,
    pub answer: Rc<Answer>,
    /// Counts the questions.
    pub times: u32,
    pub on_close: Callback<()>,
}

/// The chain.
#[component]
pub fn WhySheet(props: &WhySheetProps) -> Html {
    let root = use_node_ref();
    let chosen = use_state(|| None::<usize>);
    let before = use_mut_ref(|| None::<Element>);
    {
        let (root, chosen, before) = (root.clone(), chosen.setter(), before.clone());
        use_effect_with(props.times, move |_| {
            chosen.set(None);
            if let Some(root) = root.cast::<Element>() {
                if let Some(asker) = dom::active_element().filter(|asker| !root.contains(Some(asker))) {
                    *before.borrow_mut() = Some(asker);
                }
                dom::focus(&root);
            }
        });
    }
    {
        // Whoever asked gets the focus back; where the question is gone, the run has it.
        let main = props.lab.id("main");
        use_effect_with((), move |()| {
            move || {
                let before = before.take().filter(|before| before.is_connected());
                if let Some(before) = before.or_else(|| dom::by_id(&main)) {
                    dom::focus(&before);
                }
            }
        });
    }
    let close = props.on_close.reform(|_: MouseEvent| ());
    let onkeydown = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                event.stop_propagation();
                on_close.emit(());
            }
        })
    };
    let row = |(index, reason): (usize, &Reason)| {
        let text = html! { <span>{ reason.text.clone() }</span> };
        let Some(at) = reason.at else {
            return html! { <li key={index}><p class="why-link"><time>{ "·" }</time>{ text }</p></li> };
        };
        let (clock, fine) = clock_parts(at);
        let event = reason.event.filter(|_| !props.instants);
        let (lab, chosen_now) = (props.lab.clone(), chosen.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            chosen_now.set(Some(index));
            if !event.is_some_and(|event| lab.seek_event(event)) {
                lab.set_playing(false);
                lab.seek(at);
            }
        });
        let is_chosen = *chosen == Some(index);
        html! {
            <li key={index}>
                <button type="button" class="why-link" aria-current={is_chosen.then_some("true")} title={t!("why.go")} {onclick}>
                    <time>{ clock }<span class="clock-fine">{ fine }</span></time>{ text }
                </button>
            </li>
        }
    };
    let Answer { reasons, whole } = &*props.answer;
    let title = props.lab.id("why-title");
    html! {
        <section ref={root} class="why" role="dialog" aria-labelledby={title.clone()} tabindex="-1" {onkeydown}>
            <div class="why-head">
                <h2 id={title}>{ t!("why.title") }{ props.of.map(|of| format!(" · {of}")) }</h2>
                <button type="button" class="button is-icon" aria-label={t!("why.close")} onclick={close}>
                    <Icon picture={Picture::Cross} />
                </button>
            </div>
            if reasons.is_empty() {
                <p class="empty">{ t!("why.nothing") }</p>
            } else {
                <ol class="why-chain">{ for reasons.iter().enumerate().map(row) }</ol>
            }
            if !whole {
                <p class="hint">{ t!("why.incomplete") }</p>
            }
        </section>
    }
}
