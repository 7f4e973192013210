//! Sequence: who said what to whom and when, as lines between lanes; time runs to the right.

mod canvas;
mod film;
mod hands;
mod sheet;
mod tip;
mod toolbar;
mod twin;

use std::rc::Rc;

use web_sys::{KeyboardEvent, PointerEvent};
use yew::prelude::*;

use crate::engine::ids::Addr;
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::exchange::{KindSet, Line, Window};
use crate::ui::lab::{Lab, Snapshot, use_kept};
use crate::ui::parts::dom;
use crate::ui::parts::ink;
use crate::ui::parts::room::use_room;
use crate::ui::plan::{Point, Size};
use crate::ui::ties::{Tie, Ties};
use hands::{Gesture, Hands};
use sheet::{Diagram, InView, Wanted};
use tip::Tip;
use toolbar::{Deed, Toolbar};
use twin::Twin;

#[derive(Properties, PartialEq)]
pub struct SequenceProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    pub ties: Ties,
    /// Counts changes of the theme.
    pub theme: u32,
}

/// As much time as passes here in so many seconds is in view at first.
const USUAL_SECONDS: f64 = 5.0;

/// A message that is pointed at, where on the canvas, and whether it stays so.
#[derive(Clone, PartialEq)]
struct Pointed {
    line: Line,
    at: Point,
    pinned: bool,
}

/// The diagram, its filters, and its messages in words.
#[component]
pub fn Sequence(props: &SequenceProps) -> Html {
    let SequenceProps { lab, snapshot, ties, .. } = props;
    let (plot, canvas) = (use_node_ref(), use_node_ref());
    let room = use_state_eq(Size::default);
    use_room(&plot, &room);
    let kinds = use_kept(&props.lab, "sequence-kinds", KindSet::default);
    let hidden = use_kept(&props.lab, "sequence-hidden", || Rc::new(Vec::<Addr>::new()));
    let listed = use_kept(&props.lab, "sequence-listed", || None::<bool>);
    let pointed = use_state(|| None::<Pointed>);
    let in_view = use_state(|| None::<InView>);
    let hands = use_mut_ref(Hands::default);
    let wanted = Wanted {
        view: snapshot.view.clone(),
        kinds: *kinds,
        hidden: (*hidden).clone(),
        followed: ties.followed.clone(),
        pointed: pointed.as_ref().map(|pointed| pointed.line.id),
        theme: props.theme,
        usual_us: snapshot.pace.us_per_second() as f64 * USUAL_SECONDS,
    };
    let diagram = {
        let (canvas, wanted, in_view) = (canvas.clone(), wanted.clone(), in_view.setter());
        use_memo((), move |()| Diagram::new(canvas, wanted, Callback::from(move |seen| in_view.set(Some(seen)))))
    };
    {
        let diagram = diagram.clone();
        use_effect_with(lab.clone(), move |lab| {
            lab.set_sheet(Some(diagram));
            let lab = lab.clone();
            move || lab.set_sheet(None)
        });
    }
    {
        let (diagram, lab) = (diagram.clone(), lab.clone());
        use_effect_with((wanted, *room), move |(wanted, room)| {
            diagram.want(wanted.clone());
            diagram.resize(room.w, room.h);
            lab.request_frame();
        });
    }
    use_shown_exchange(&diagram, lab, ties);
    hands::use_wheel(&plot, &diagram, lab);

    let point = {
        let (pointed, on) = (pointed.clone(), ties.on.clone());
        move |now: Option<Pointed>| {
            on.emit(Tie::Point(now.as_ref().map(|one| (one.line.from.machine(), one.line.to.machine()))));
            if *pointed != now {
                pointed.set(now);
            }
        }
    };
    let gesture = {
        let (diagram, lab, pointed, point) = (diagram.clone(), lab.clone(), pointed.clone(), point.clone());
        move |gesture: Gesture| match gesture {
            Gesture::Over(p) if !pointed.as_ref().is_some_and(|one| one.pinned) => {
                point(diagram.at(p, lab.now_us()).map(|line| Pointed { line, at: p, pinned: false }));
            }
            Gesture::Over(_) => {}
            Gesture::Away => point(None),
            Gesture::Press(p, touch) => {
                let found = diagram.at(p, lab.now_us());
                if let Some(line) = found.as_ref().filter(|_| !touch) {
                    lab.seek_event(line.number);
                }
                point(found.map(|line| Pointed { line, at: p, pinned: true }));
            }
        }
    };
    let onpointerdown = {
        let hands = hands.clone();
        Callback::from(move |event: PointerEvent| hands::down(&event, &hands))
    };
    let onpointermove = {
        let (hands, diagram, lab, gesture) = (hands.clone(), diagram.clone(), lab.clone(), gesture.clone());
        Callback::from(move |event: PointerEvent| {
            hands::moved(&event, &hands, &diagram, &lab).into_iter().for_each(&gesture);
        })
    };
    let onpointerup = {
        let hands = hands.clone();
        Callback::from(move |event: PointerEvent| hands::up(&event, &hands).into_iter().for_each(&gesture))
    };
    let onpointercancel = {
        let hands = hands.clone();
        Callback::from(move |event: PointerEvent| hands::cancel(&event, &hands))
    };
    let onpointerleave = {
        let (pointed, point) = (pointed.clone(), point.clone());
        Callback::from(move |_: PointerEvent| {
            if !pointed.as_ref().is_some_and(|one| one.pinned) {
                point(None);
            }
        })
    };
    let unpoint = {
        let point = point.clone();
        Callback::from(move |()| point(None))
    };
    let onkeydown = {
        let (diagram, lab, unpoint) = (diagram.clone(), lab.clone(), unpoint.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                unpoint.emit(());
            } else if hands::key(&event, &diagram, &lab) {
                event.prevent_default();
                event.stop_propagation();
            }
        })
    };
    let show_list = listed.unwrap_or(ties.followed.is_some());
    let on_deed = deeds(&diagram, lab, &kinds, &hidden, &listed, show_list, &snapshot.view);
    let words = words(*in_view, &snapshot.view);
    html! {
        <div class="sequence">
            <Toolbar flavor={snapshot.view.flavor} kinds={*kinds} lanes={diagram.all_lanes()} hidden={(*hidden).clone()}
                leases={snapshot.view.manager.is_some()} follows={in_view.is_none_or(|seen| seen.follows)} listed={show_list} {on_deed} />
            <div class={classes!("sequence-parts", show_list.then_some("has-list"))}>
                <div class="sequence-place">
                    <div ref={plot} class="sequence-plot" tabindex="0" role="group" aria-label={words}
                        aria-describedby={lab.id("sequence-keys")}
                        {onkeydown} {onpointerdown} {onpointermove} {onpointerup} {onpointercancel} {onpointerleave}>
                        <canvas key={ink::key()} ref={canvas} aria-hidden="true"></canvas>
                    </div>
                    <p class="unseen" id={lab.id("sequence-keys")}>
                        { t!("sequence-view.keys") }
                    </p>
                    if let Some(note) = in_view.and_then(note) {
                        <p class="sequence-note" title={t!("sequence-view.dense")}>{ note }</p>
                    }
                    if let Some(pointed) = &*pointed {
                        <Tip lab={lab.clone()} view={snapshot.view.clone()} diagram={Kept(diagram.clone())} ties={ties.clone()}
                            line={pointed.line.clone()} at={pointed.at} pinned={pointed.pinned} on_close={unpoint} />
                    }
                </div>
                if show_list {
                    <Twin lab={lab.clone()} view={snapshot.view.clone()} diagram={Kept(diagram.clone())} ties={ties.clone()}
                        playing={snapshot.playing} seen={*in_view} revision={snapshot.event_revision} kinds={*kinds} />
                }
            </div>
        </div>
    }
}

/// A diagram that is handed on; it is the same for as long as the instrument is there.
#[derive(Clone)]
struct Kept(Rc<Diagram>);

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Whoever begins to follow a write sees all of it.
#[hook]
fn use_shown_exchange(diagram: &Rc<Diagram>, lab: &Lab, ties: &Ties) {
    let (diagram, lab) = (diagram.clone(), lab.clone());
    let followed = ties.followed.clone();
    use_effect_with(ties.followed.as_ref().map(|followed| followed.times), move |_| {
        let exchange = followed.as_ref().map(|followed| &followed.exchange);
        if let Some((from, to)) = exchange.and_then(|exchange| exchange.span()) {
            // While it goes on, the present is where it happens.
            let over = exchange.is_some_and(|exchange| exchange.settled());
            if over || !lab.snapshot().playing {
                diagram.look(lab.snapshot().end, |_| Window::showing(from, to));
                lab.request_frame();
            }
        }
    });
}

/// What the toolbar does.
fn deeds(
    diagram: &Rc<Diagram>,
    lab: &Lab,
    kinds: &UseStateHandle<KindSet>,
    hidden: &UseStateHandle<Rc<Vec<Addr>>>,
    listed: &UseStateHandle<Option<bool>>,
    show_list: bool,
    view: &Rc<ClusterView>,
) -> Callback<Deed> {
    let (diagram, lab, view) = (diagram.clone(), lab.clone(), view.clone());
    let (kinds, hidden, listed) = (kinds.clone(), hidden.clone(), listed.clone());
    Callback::from(move |deed: Deed| {
        let end = lab.snapshot().end;
        match deed {
            Deed::Kind(one) => kinds.set(kinds.toggled(one)),
            Deed::Lane(who) => {
                let mut all = (**hidden).clone();
                match all.iter().position(|one| *one == who) {
                    Some(place) => drop(all.remove(place)),
                    None => all.push(who),
                }
                hidden.set(Rc::new(all));
            }
            Deed::In => diagram.zoom(end, 1.0 / hands::KEY_ZOOM, None),
            Deed::Out => diagram.zoom(end, hands::KEY_ZOOM, None),
            Deed::Present => diagram.follow_present(lab.now_us()),
            Deed::List => listed.set(Some(!show_list)),
            Deed::File => {
                let title = t!("sequence-view.title");
                let names: Vec<String> = view.nodes.iter().map(|node| node.name.to_string()).collect();
                let about = t!("exchange.file-about", names = crate::ui::words::list(&names));
                if let Some(file) = diagram.file(lab.now_us(), title, &about) {
                    dom::download("sequence.svg", "image/svg+xml", &file);
                }
            }
        }
        lab.request_frame();
    })
}

/// The diagram in a sentence, for those who do not see it.
fn words(seen: Option<InView>, view: &ClusterView) -> String {
    let lanes = view.clients.len() + view.nodes.len() + usize::from(view.proxy.is_some());
    match seen {
        None => t!("sequence-view.title").to_owned(),
        Some(seen) => {
            let clock = crate::ui::words::clock;
            let (from, to) = (clock(seen.window.0), clock(seen.window.1));
            t!("sequence-view.label", n = seen.messages, lanes = lanes, from = from, to = to)
        }
    }
}

/// Says where one line stands for several messages.
fn note(seen: InView) -> Option<String> {
    (seen.drawn < seen.messages).then(|| t!("sequence-view.lines", lines = seen.drawn, messages = seen.messages))
}
