//! The drawing of a chart.

use std::rc::Rc;

use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::lag::summary;
use crate::engine::time::SimTime;
use crate::t;
use crate::ui::chart::{Area, Plot, Series, Unit, at_most, instants, round_up};
use crate::ui::lab::Mark;
use crate::ui::parts::room::use_room;
use crate::ui::plan::Size;
use crate::ui::words::Weight;

#[derive(Properties, PartialEq)]
pub struct LagChartProps {
    pub drawing: NodeRef,
    pub id: String,
    pub unit: Unit,
    pub label: &'static str,
    pub explanation: &'static str,
    pub time: (SimTime, SimTime),
    pub series: Rc<Vec<Series>>,
    pub marks: Rc<Vec<Mark>>,
    pub mark_words: Rc<Vec<String>>,
    pub cursor: Option<SimTime>,
    pub on_cursor: Callback<Option<SimTime>>,
    pub on_pin: Callback<SimTime>,
    pub onkeydown: Callback<KeyboardEvent>,
}

/// What axes and their words take, in pixels: left, right, above, below.
const AROUND: (f64, f64, f64, f64) = (64.0, 14.0, 12.0, 22.0);
/// Between two marks of a line, in pixels.
const MARKS_APART: f64 = 110.0;
/// How many looks there are; further lines take them again, with the same words beside them.
const LOOKS: usize = 6;
/// The size of a chart that has not been measured.
const USUAL: Size = Size { w: 640.0, h: 180.0 };

/// Lines, axes, marks, and where the reader is.
#[component]
pub fn LagChart(props: &LagChartProps) -> Html {
    let frame = use_node_ref();
    let room = use_state_eq(Size::default);
    use_room(&frame, &room);
    // Before it was measured, and while it is hidden, it has none.
    let Size { w: width, h: height } = if room.w > 0.0 && room.h > 0.0 { *room } else { USUAL };
    let (left, right, top, bottom) = AROUND;
    let area = Area { left, top, width: (width - left - right).max(40.0), height: (height - top - bottom).max(30.0) };
    let in_view = |at: SimTime| at >= props.time.0 && at <= props.time.1;
    let values = props.series.iter().flat_map(|one| &one.points).filter(|point| in_view(point.at));
    let most = values.filter_map(|point| point.value).map(|(_, high)| high).fold(0.0, f64::max);
    let ticks = at_most(most, (area.height / 34.0) as usize, props.unit);
    let plot = Plot { area, time: props.time, max: round_up(&ticks) };
    let below = area.top + area.height;
    let at = {
        let drawing = props.drawing.clone();
        move |event: &PointerEvent| {
            let rect = drawing.cast::<Element>()?.get_bounding_client_rect();
            Some(plot.at(f64::from(event.client_x()) - rect.left()))
        }
    };
    let onpointermove = {
        let (on_cursor, at) = (props.on_cursor.clone(), at.clone());
        Callback::from(move |event: PointerEvent| on_cursor.emit(at(&event)))
    };
    let onpointerleave = {
        let on_cursor = props.on_cursor.clone();
        Callback::from(move |_: PointerEvent| on_cursor.emit(None))
    };
    let onpointerdown = {
        let on_pin = props.on_pin.clone();
        Callback::from(move |event: PointerEvent| at(&event).into_iter().for_each(|at| on_pin.emit(at)))
    };
    let clip = format!("{}-area", props.id);
    let cut = format!("url(#{clip})");
    let lines = props.series.iter().map(|one| {
        let look = one.look % LOOKS;
        let marks = if one.dash == 0 || props.series.len() <= 3 { plot.marks(one, MARKS_APART) } else { Vec::new() };
        html! {
            <g key={one.name.clone()} class={format!("series look-{look}")}>
                <path class="series-band" d={plot.band(one)} />
                <path class={format!("series-line dash-{}", one.dash % 3)} d={plot.line(one)} />
                { for marks.into_iter().map(|(x, y)| html! {
                    <path class="series-mark" d={shape(look)} transform={format!("translate({x:.1} {y:.1})")} />
                }) }
            </g>
        }
    });
    let marks = props.marks.iter().zip(props.mark_words.iter()).map(|(mark, words)| {
        let x = plot.x(mark.at);
        let trouble = mark.weight == Weight::Trouble;
        let cap = if trouble { format!("M{:.1} 1h8l-4 8z", x - 4.0) } else { format!("M{x:.1} 1l4 4l-4 4l-4 -4z") };
        html! {
            <g class={if trouble { "chart-mark is-trouble" } else { "chart-mark" }}>
                <title>{ words.clone() }</title>
                <path class="chart-mark-cap" d={cap} />
                <path class="chart-mark-line" d={format!("M{x:.1} {:.1}V{below:.1}", 9.0)} />
            </g>
        }
    });
    let count = (area.width / 90.0) as usize;
    html! {
        <div ref={frame} class="lag-frame">
            <svg ref={props.drawing.clone()} class="lag-chart" width={width.to_string()} height={height.to_string()} tabindex="0"
                role="img" aria-roledescription={t!("lag.chart")} aria-label={summary(props.label, &props.series, props.unit)}
                aria-description={t!("lag.keys")}
                {onpointermove} {onpointerleave} {onpointerdown} onkeydown={props.onkeydown.clone()}>
                <title>{ props.explanation }</title>
                <defs><clipPath id={clip}>
                    <rect x={area.left.to_string()} y={(area.top - 4.0).to_string()} width={area.width.max(0.0).to_string()}
                        height={(area.height + 8.0).to_string()} />
                </clipPath></defs>
                { for ticks.iter().map(|tick| {
                    let y = plot.y(*tick);
                    html! {
                        <g class="chart-tick">
                            <path d={format!("M{:.1} {y:.1}h{:.1}", area.left, area.width)} />
                            <text class="is-value" x={(area.left - 8.0).to_string()} y={format!("{:.1}", y + 4.0)}>{ props.unit.round(*tick) }</text>
                        </g>
                    }
                }) }
                { for instants(props.time.0.0, props.time.1.0, count).into_iter().map(|(at, word)| {
                    let x = plot.x(SimTime(at));
                    // The last one keeps away from the edge.
                    let middle = x.min(width - 4.0 - word.chars().count() as f64 * 3.6);
                    html! {
                        <g class="chart-tick">
                            <path d={format!("M{x:.1} {below:.1}v4")} />
                            <text class="is-instant" x={format!("{middle:.1}")} y={format!("{:.1}", below + 17.0)}>{ word }</text>
                        </g>
                    }
                }) }
                <g clip-path={cut}>{ for lines }</g>
                { for marks }
                if let Some(at) = props.cursor {
                    <path class="chart-cursor" d={format!("M{:.1} {:.1}V{below:.1}", plot.x(at), area.top)} />
                    { for props.series.iter().filter_map(|one| one.near(at).map(|(_, high)| (one, high))).map(|(one, high)| html! {
                        <circle class={format!("chart-at look-{}", one.look % LOOKS)} cx={format!("{:.1}", plot.x(at))}
                            cy={format!("{:.1}", plot.y(high))} r="3.5" />
                    }) }
                }
            </svg>
        </div>
    }
}

/// The marks by which lines are told apart without their colours.
fn shape(look: usize) -> &'static str {
    match look {
        0 => "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
        1 => "M-3 -3h6v6h-6z",
        2 => "M0 -4l4 7h-8z",
        3 => "M0 -4l4 4l-4 4l-4 -4z",
        4 => "M-1 -4h2v3h3v2h-3v3h-2v-3h-3v-2h3z",
        _ => "M0 4l4 -7h-8z",
    }
}

#[derive(Properties, PartialEq)]
pub struct SwatchProps {
    /// Colour and marks; `None` for dashes alone.
    pub look: Option<usize>,
    /// Dashes; `None` for a colour alone.
    pub dash: Option<usize>,
}

/// How a line looks, in the legend.
#[component]
pub fn Swatch(props: &SwatchProps) -> Html {
    let look = props.look.map(|look| look % LOOKS);
    let class = look.map_or_else(|| "series".to_owned(), |look| format!("series look-{look}"));
    html! {
        <svg class="swatch" width="26" height="10" viewBox="0 0 26 10" aria-hidden="true">
            <g {class}>
                <path class={format!("series-line dash-{}", props.dash.unwrap_or(0) % 3)} d="M1 5h24" />
                if let Some(look) = look {
                    <path class="series-mark" d={shape(look)} transform="translate(13 5)" />
                }
            </g>
        </svg>
    }
}
