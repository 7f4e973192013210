//! Light, dark, or as the system has it.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

use crate::ui::parts::dom;

/// What the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The value of `data-theme`.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The next choice of a button that goes through all of them.
    #[must_use]
    pub fn next(self) -> Theme {
        match self {
            Theme::Auto => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Auto,
        }
    }

    fn parse(text: &str) -> Theme {
        match text {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

/// The theme as the page needs it.
pub struct Themed {
    /// What the reader chose.
    pub choice: Theme,
    /// Whether it is dark now.
    pub shown: bool,
    /// Chooses.
    pub on_choose: Callback<Theme>,
}

const STORED_AS: &str = "replication-lab-theme";
const SYSTEM_IS_DARK: &str = "(prefers-color-scheme: dark)";

/// The theme: remembered for this site, and following the system where nothing was chosen.
#[hook]
pub fn use_theme() -> Themed {
    let choice = use_state(|| {
        dom::storage().and_then(|s| s.get_item(STORED_AS).ok()?).map_or(Theme::Auto, |t| Theme::parse(&t))
    });
    let system_dark = use_state_eq(|| dom::media(SYSTEM_IS_DARK));
    {
        let system_dark = system_dark.setter();
        use_effect_with((), move |()| {
            let list = web_sys::window().and_then(|w| w.match_media(SYSTEM_IS_DARK).ok().flatten());
            let listener = Closure::<dyn FnMut()>::new(move || system_dark.set(dom::media(SYSTEM_IS_DARK)));
            if let Some(list) = &list {
                let _ = list.add_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
            }
            move || {
                if let Some(list) = list {
                    let _ = list.remove_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
                }
            }
        });
    }
    let on_choose = {
        let choice = choice.setter();
        Callback::from(move |theme: Theme| {
            if let Some(storage) = dom::storage() {
                let _ = storage.set_item(STORED_AS, theme.attribute());
            }
            choice.set(theme);
        })
    };
    let shown = match *choice {
        Theme::Auto => *system_dark,
        Theme::Light => false,
        Theme::Dark => true,
    };
    Themed { choice: *choice, shown, on_choose }
}
