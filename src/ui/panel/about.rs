//! What a scenario shows, as its file says it.

use yew::prelude::*;

use crate::t;
use crate::ui::lab::Lab;
use crate::ui::parts::prose::prose;
use crate::ui::text::{self, Language, titled};

#[derive(Properties, PartialEq)]
pub struct AboutProps {
    pub lab: Lab,
    /// Its name in the library, if it comes from there.
    pub name: Option<AttrValue>,
}

/// The title and the whole description. Where another language has only what the library says, that comes first.
#[component]
pub fn About(props: &AboutProps) -> Html {
    let opening = props.lab.opening();
    let english = text::language() == Language::English;
    let own = props.name.as_ref().filter(|_| !english).and_then(|name| text::find(&format!("scenario.{name}")));
    html! {
        <div class="stack about">
            <div>
                if !opening.chapter.is_empty() {
                    <p class="caps">{ titled(&opening.chapter).to_owned() }</p>
                }
                <h2>{ titled(&opening.title).to_owned() }</h2>
            </div>
            if let Some(own) = own {
                { prose(own) }
                <p class="hint">{ t!("panel.about-english") }</p>
            }
            <div lang={(!english).then_some("en")}>{ prose(&opening.description) }</div>
        </div>
    }
}
