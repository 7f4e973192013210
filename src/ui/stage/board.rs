//! The board: places cards and links, lets them be dragged and opens their menus.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use super::actions::{Doing, Subject, items, note, subtitle, title};
use super::card::{CardEvent, ClientCard, NodeCard, ProxyCard};
use super::discard::{Discard, Question};
use super::inspector::Inspector;
use super::link::LinkLine;
use super::picture;
use super::scene::{Scene, SceneLink};
use super::store::StoreCard;
use super::{Act, card_id, link_id};
use crate::engine::ids::{Addr, NodeId};
use crate::order::OrderedMap;
use crate::sim::command::Command;
use crate::sim::view::{ClusterView, Divergence};
use crate::t;
use crate::ui::faces::{client_face, link_faces, node_face, proxy_face, shape, stage_summary};
use crate::ui::lab::{Lab, use_kept, wall_ms};
use crate::ui::leases::{contested, store_face};
use crate::ui::parts::dom;
use crate::ui::parts::explain::Guide;
use crate::ui::parts::ink;
use crate::ui::parts::menu::Menu;
use crate::ui::parts::room::use_room;
use crate::ui::plan::{Density, Ends, Plan, Point, Rect, Size, plan};

/// A pointer that moves less than this clicks; more, and it drags.
const DRAG_FROM: f64 = 5.0;
/// Pixels for one press of an arrow key.
const KEY_STEP: f64 = 12.0;

#[derive(Properties, PartialEq)]
pub struct BoardProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    pub act: Act,
    /// Shows a server in the Status instrument, or for the store the whole cluster; nothing where there is none.
    pub on_status: Option<Callback<Addr>>,
    /// A name for the next server.
    pub free_name: String,
    /// Counts changes of the theme.
    pub theme: u32,
    pub heartbeats: bool,
    /// Counts the wishes that all cards go back to their places.
    pub tidy: u32,
    /// Counts the wishes for the stage as a file.
    pub saved: u32,
    /// Told whether any card was moved by hand.
    pub on_moved: Callback<bool>,
    /// How large it is drawn.
    pub scale: Scale,
}

/// A drag: whose, where the pointer and the card were, and whether it has begun.
struct Drag {
    who: Addr,
    pointer: (f64, f64),
    card: (f64, f64),
    begun: bool,
}

/// Where cards were put by hand: their top left corners.
type Moved = OrderedMap<Addr, (f64, f64)>;

#[component]
pub fn Board(props: &BoardProps) -> Html {
    let guide = use_context::<Guide>();
    let root = use_node_ref();
    let canvas = use_node_ref();
    let room = use_state_eq(Size::default);
    let open = use_state(|| None::<(Subject, Point)>);
    let inspected = use_state(|| None::<NodeId>);
    let asked = use_state(|| None::<(Question, Option<Rc<Divergence>>)>);
    let moved = use_kept(&props.lab, "moved", || Rc::new(Moved::new()));
    let drag = use_mut_ref(|| None::<Drag>);
    let scene = {
        let (prefix, root, canvas) = (props.lab.id("stage"), root.clone(), canvas.clone());
        use_memo((), move |()| Scene::new(prefix, root, canvas))
    };
    let prefix = AttrValue::from(props.lab.id("stage"));

    use_room(&root, &room);
    {
        let scene = scene.clone();
        use_effect_with(props.lab.clone(), move |lab| {
            lab.set_painter(Some(scene));
            let lab = lab.clone();
            move || lab.set_painter(None)
        });
    }
    {
        let (scene, lab) = (scene.clone(), props.lab.clone());
        let contested = contested(&props.view);
        use_effect_with((props.theme, props.heartbeats, contested), move |(_, heartbeats, contested)| {
            scene.repaint();
            scene.show_quiet(*heartbeats, *heartbeats || *contested);
            lab.request_frame();
        });
    }
    {
        let moved = moved.setter();
        use_effect_with(props.tidy, move |_| moved.set(Rc::default()));
    }
    {
        let (scene, lab, root) = (scene.clone(), props.lab.clone(), root.clone());
        use_effect_with(props.saved, move |saved| {
            if let Some(root) = root.cast::<Element>().filter(|_| *saved > 0) {
                picture::save(&root, &scene, &lab);
            }
        });
    }
    {
        let on_moved = props.on_moved.clone();
        use_effect_with(moved.is_empty(), move |none| on_moved.emit(!none));
    }

    let view = &props.view;
    let place = use_memo((shape(view), *room, (*moved).clone(), props.scale), |(shape, room, moved, wanted)| {
        let scale = fitting(shape, *room, *wanted);
        (arrange(shape, Size { w: room.w / scale, h: room.h / scale }, moved), scale)
    });
    let (place, scale) = (use_memo(place.clone(), |place| place.0.clone()), place.1);
    let faces = link_faces(view);
    let links: Vec<SceneLink> = faces
        .iter()
        .map(|face| {
            let link = view.links.iter().find(|l| l.ends == face.ends);
            SceneLink {
                ends: face.ends,
                latency_us: link.map_or(0, |l| l.latency_us),
                cut: (face.cut_there, face.cut_back),
            }
        })
        .collect();
    {
        let (scene, lab, dragging) = (scene.clone(), props.lab.clone(), drag.clone());
        use_effect_with((place.clone(), links, scale), move |(plan, links, scale)| {
            let at_once = dragging.borrow().is_some();
            scene.magnify(*scale);
            scene.arrange((**plan).clone(), links.clone(), at_once, wall_ms());
            lab.request_frame();
        });
    }

    super::tied::use_tied(&root, &prefix, &scene, &props.lab, place.clone());

    let on_card = use_card_handler(&scene, &drag, &moved, &open, (place.narrow, scale));
    let on_link = {
        let (scene, open) = (scene.clone(), open.setter());
        use_callback((), move |ends: Ends, ()| {
            if let Some(p) = scene.middle(ends) {
                open.set(Some((Subject::Link(ends), Point { x: p.x + 14.0, y: p.y + 10.0 })));
            }
        })
    };
    let on_close = {
        let (open, root, prefix) = (open.clone(), root.clone(), prefix.clone());
        Callback::from(move |()| {
            if let Some((subject, _)) = &*open {
                let id = match subject {
                    Subject::Link(ends) => link_id(&prefix, *ends),
                    Subject::Node(id) => card_id(&prefix, Addr::Node(*id)),
                    Subject::Client(id) => card_id(&prefix, Addr::Client(*id)),
                    Subject::Proxy => card_id(&prefix, Addr::Proxy),
                    Subject::Store => card_id(&prefix, Addr::Store),
                };
                let opener = root.cast::<Element>().and_then(|root| {
                    let it = format!("[id='{id}']");
                    root.query_selector(&format!("{it}[role=button], {it} [role=button]")).ok().flatten()
                });
                if let Some(opener) = opener {
                    dom::focus(&opener);
                }
            }
            open.set(None);
        })
    };
    let inspect = {
        let inspected = inspected.setter();
        Callback::from(move |id| inspected.set(Some(id)))
    };
    let uninspect = {
        let inspected = inspected.setter();
        Callback::from(move |()| inspected.set(None))
    };

    let ask = {
        let (asked, lab, act) = (asked.setter(), props.lab.clone(), props.act.clone());
        Callback::from(move |question: Question| {
            let divergence = lab.with(|simulation| match question {
                Question::Return(node) => simulation.diverged(node),
                Question::Promote(node) => simulation.would_lose(node),
            });
            match (question, &divergence) {
                (Question::Promote(node), None) => {
                    let name = lab.snapshot().view.nodes.iter().find(|n| n.id == node).map(|n| n.name.clone());
                    if let Some(node) = name {
                        act.emit(Command::Promote { node });
                    }
                }
                _ => asked.set(Some((question, divergence.map(Rc::new)))),
            }
        })
    };
    let unask = {
        let asked = asked.setter();
        Callback::from(move |()| asked.set(None))
    };
    let why = guide.map(|guide| guide.why).unwrap_or_default();
    let doing = Doing { act: &props.act, inspect: &inspect, status: props.on_status.as_ref(), ask: &ask, why: &why };

    let is_open = |subject: Subject| open.as_ref().is_some_and(|(s, _)| *s == subject);
    let density = place.density.unwrap_or(Density::Full);
    let card = |who: Addr, rect: Rect| -> Html {
        match who {
            Addr::Node(id) => view.nodes.iter().find(|n| n.id == id).map(|node| {
                html! {
                    <NodeCard key={who.to_string()} prefix={prefix.clone()} face={node_face(node, view)} rect={sized(rect)}
                        {density} open={is_open(Subject::Node(id))} on_event={on_card.clone()} />
                }
            }),
            Addr::Client(id) => view.clients.iter().find(|c| c.id == id).map(|client| {
                html! {
                    <ClientCard key={who.to_string()} prefix={prefix.clone()} face={client_face(client)} rect={sized(rect)}
                        open={is_open(Subject::Client(id))} on_event={on_card.clone()} />
                }
            }),
            Addr::Proxy => view.proxy.as_ref().map(|proxy| {
                html! {
                    <ProxyCard key={who.to_string()} prefix={prefix.clone()} face={proxy_face(proxy, view)}
                        rect={sized(rect)} open={is_open(Subject::Proxy)} on_event={on_card.clone()} />
                }
            }),
            Addr::Store => store_face(view).map(|face| {
                html! {
                    <StoreCard key="store" prefix={prefix.clone()} {face} rect={sized(rect)}
                        open={is_open(Subject::Store)} on_event={on_card.clone()} />
                }
            }),
            Addr::Agent(_) => None,
        }
        .unwrap_or_default()
    };
    // Cards come first, for the keyboard; the style sheet lays links and packets under them.
    let (w, h) = (format!("{:.0}", place.size.w * scale), format!("{:.0}", place.size.h * scale));
    let view_box = format!("0 0 {:.0} {:.0}", place.size.w, place.size.h);
    html! {
        <div ref={root.clone()} class={classes!("board", place.narrow.then_some("is-narrow"))}>
            <Sizer width={place.size.w * scale} height={place.size.h * scale} needed={place.needed} />
            <svg class="layer is-cards" width={w.clone()} height={h.clone()} viewBox={view_box.clone()} role="group" aria-label={stage_summary(view)}>
                { for place.cards.iter().map(|(who, rect)| card(*who, *rect)) }
            </svg>
            <svg class="layer is-links" width={w} height={h} viewBox={view_box} role="group" aria-label={t!("stage-parts.links")}>
                { for faces.iter().map(|face| html! {
                    <LinkLine key={link_id("", face.ends)} prefix={prefix.clone()} face={face.clone()}
                        open={is_open(Subject::Link(face.ends))} on_open={on_link.clone()} />
                }) }
            </svg>
            <canvas key={ink::key()} ref={canvas} class="layer is-packets" aria-hidden="true"></canvas>
            if let Some((subject, anchor)) = &*open {
                if let Some(title) = title(*subject, view) {
                    <Menu {title} subtitle={subtitle(*subject, view)} note={note(*subject, view)} anchor={Point { x: anchor.x * scale, y: anchor.y * scale }} {on_close}
                        items={items(*subject, view, &props.free_name, &doing)} />
                }
            }
            if let Some((question, divergence)) = &*asked {
                <Discard id={props.lab.id("discard")} question={*question} divergence={divergence.clone()}
                    view={view.clone()} act={props.act.clone()} on_close={unask} />
            }
            if let Some(id) = *inspected {
                if let Some(node) = view.nodes.iter().find(|n| n.id == id) {
                    <Inspector id={props.lab.id("inspector")} node={node.clone()} view={view.clone()} on_close={uninspect} />
                }
            }
        </div>
    }
}

/// Only a card's size is Yew's business; its place is the scene's.
fn sized(rect: Rect) -> Rect {
    Rect { x: 0.0, y: 0.0, ..rect }
}

/// How large a stage is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Scale {
    /// As planned; what does not fit scrolls.
    #[default]
    Planned,
    /// As large as fits, for presenters.
    Large,
    /// Smaller, where that makes it fit: a figure in a text has little room.
    Small,
}

/// How much a stage can be magnified, or made smaller, the largest first.
const LARGER: [f64; 7] = [2.0, 1.8, 1.6, 1.45, 1.3, 1.15, 1.0];
const SMALLER: [f64; 5] = [1.0, 0.92, 0.85, 0.78, 0.7];

/// The largest scale of those that are wanted at which all cards fit; magnified ones say all that they can.
fn fitting(shape: &crate::ui::plan::Shape, room: Size, wanted: Scale) -> f64 {
    let scales: &[f64] = match wanted {
        Scale::Planned => return 1.0,
        Scale::Large => &LARGER,
        Scale::Small => &SMALLER,
    };
    let fits = |scale: &&f64| {
        let inner = Size { w: room.w / **scale, h: room.h / **scale };
        let plan = plan(shape, inner);
        let full = plan.density.is_none_or(|density| density == Density::Full);
        (full || wanted == Scale::Small) && !plan.narrow && plan.size.w <= inner.w + 1.0 && plan.size.h <= inner.h + 1.0
    };
    // Where columns do not fit, rows may, and are easier to read.
    let rows = |scale: &&f64| {
        let inner = Size { w: room.w / **scale, h: room.h / **scale };
        let plan = plan(shape, inner);
        wanted == Scale::Small && plan.narrow && plan.needed <= inner.h + 1.0
    };
    scales.iter().find(fits).or_else(|| scales.iter().find(rows)).copied().unwrap_or(1.0)
}

/// A stage narrower than this shows no cards, in pixels.
const LEAST_WIDTH: f64 = 100.0;

/// The plan, with the cards that were moved by hand where they were put.
fn arrange(shape: &crate::ui::plan::Shape, room: Size, moved: &Moved) -> Plan {
    let mut plan = plan(shape, room);
    let size = plan.size;
    // While the page is laid out there may be next to none; no card could be drawn in it.
    if room.w < LEAST_WIDTH {
        plan.cards.clear();
    }
    for (who, rect) in &mut plan.cards {
        if let Some((x, y)) = moved.get(who) {
            rect.x = x.clamp(4.0, (size.w - rect.w - 4.0).max(4.0));
            rect.y = y.clamp(4.0, (size.h - rect.h - 4.0).max(4.0));
        }
    }
    plan
}

/// What pointers and keys do to cards.
#[hook]
fn use_card_handler(
    scene: &Rc<Scene>,
    drag: &Rc<RefCell<Option<Drag>>>,
    moved: &UseStateHandle<Rc<Moved>>,
    open: &UseStateHandle<Option<(Subject, Point)>>,
    shown: (bool, f64),
) -> Callback<(Addr, CardEvent)> {
    let (scene, drag, open) = (scene.clone(), drag.clone(), open.setter());
    use_callback((shown, moved.clone()), move |(who, event): (Addr, CardEvent), ((narrow, scale), moved)| {
        let Some(rect) = scene.card(who) else { return };
        let put = |x: f64, y: f64| {
            let mut all = (***moved).clone();
            all.insert(who, (x, y));
            moved.set(Rc::new(all));
        };
        let show = || {
            if let Some(subject) = Subject::of(who) {
                open.set(Some((subject, Point { x: rect.right() + 8.0, y: rect.y })));
            }
        };
        match event {
            CardEvent::Down(event) if event.button() == 0 => {
                *drag.borrow_mut() = Some(Drag { who, pointer: pointer(&event), card: (rect.x, rect.y), begun: false });
                // Not the event's current target: Yew listens at the root of the page.
                let card = dom::element_of(event.target()).and_then(|e| e.closest(".card").ok().flatten());
                if let Some(card) = card {
                    let _ = card.set_pointer_capture(event.pointer_id());
                }
            }
            CardEvent::Move(event) => {
                // A finger on a phone scrolls the page; it does not drag cards that fill the screen.
                if *narrow && event.pointer_type() == "touch" {
                    return;
                }
                if let Some(drag) = drag.borrow_mut().as_mut().filter(|d| d.who == who) {
                    let (x, y) = pointer(&event);
                    let (dx, dy) = (x - drag.pointer.0, y - drag.pointer.1);
                    drag.begun |= dx.hypot(dy) >= DRAG_FROM;
                    if drag.begun {
                        scene.drag(who, drag.card.0 + dx / scale, drag.card.1 + dy / scale);
                    }
                }
            }
            CardEvent::Up => match drag.borrow_mut().take() {
                Some(drag) if drag.who == who && drag.begun => put(rect.x, rect.y),
                Some(drag) if drag.who == who => show(),
                _ => {}
            },
            CardEvent::Cancel => *drag.borrow_mut() = None,
            CardEvent::Key(event) => {
                let step = if event.shift_key() { 4.0 * KEY_STEP } else { KEY_STEP };
                match event.key().as_str() {
                    "Enter" | " " => show(),
                    "ArrowLeft" => put(rect.x - step, rect.y),
                    "ArrowRight" => put(rect.x + step, rect.y),
                    "ArrowUp" => put(rect.x, rect.y - step),
                    "ArrowDown" => put(rect.x, rect.y + step),
                    _ => return,
                }
                event.prevent_default();
                event.stop_propagation();
            }
            CardEvent::Down(_) => {}
        }
    })
}

fn pointer(event: &PointerEvent) -> (f64, f64) {
    (f64::from(event.client_x()), f64::from(event.client_y()))
}

#[derive(Properties, PartialEq)]
struct SizerProps {
    width: f64,
    height: f64,
    needed: f64,
}

/// Gives the board the size that its plan needs; through the CSS object model, since a strict policy forbids `style`.
#[component]
fn Sizer(props: &SizerProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((props.width, props.height, props.needed), move |(w, h, needed)| {
            if let Some(element) = node.cast::<Element>() {
                // The page gives the stage this much before the instruments get more than their least.
                if let Ok(Some(page)) = element.closest(".rl") {
                    dom::set_property(&page, "--stage-needed", &format!("{needed:.0}px"));
                }
                dom::set_property(&element, "width", &format!("{w:.0}px"));
                dom::set_property(&element, "height", &format!("{h:.0}px"));
            }
        });
    }
    html! { <div ref={node} class="board-sizer" aria-hidden="true"></div> }
}
