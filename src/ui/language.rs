//! The language of the page: what was chosen, else what the browser asks for, else English.

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::t;
use crate::ui::parts::{dom, fetch};
use crate::ui::text::{self, Language};

const STORED_AS: &str = "replication-lab-language";

/// The language as the page needs it.
pub struct Spoken {
    /// What is spoken now.
    pub language: Language,
    /// Chooses.
    pub on_choose: Callback<Language>,
}

/// Speaks the language that the reader wants, then goes on. What cannot be had is said in English, with the reason.
pub fn begin(then: impl FnOnce(Option<String>) + 'static) {
    spawn_local(async move {
        let wanted = wanted();
        then(speak(wanted).await.err());
    });
}

/// The language, to be chosen on the page. A language that cannot be had leaves the page as it is.
#[hook]
pub fn use_language(on_problem: &Callback<String>) -> Spoken {
    let language = use_state(text::language);
    let on_choose = {
        let (language, on_problem) = (language.setter(), on_problem.clone());
        Callback::from(move |chosen: Language| {
            let (language, on_problem) = (language.clone(), on_problem.clone());
            spawn_local(async move {
                match speak(chosen).await {
                    Ok(()) => {
                        if let Some(storage) = dom::storage() {
                            let _ = storage.set_item(STORED_AS, chosen.code());
                        }
                        language.set(chosen);
                    }
                    Err(why) => on_problem.emit(why),
                }
            });
        })
    };
    Spoken { language: *language, on_choose }
}

async fn speak(language: Language) -> Result<(), String> {
    match language {
        Language::English => text::speak_english(),
        Language::German => {
            let address = format!("text/{}.txt", language.code());
            let source = fetch::text(&address).await?;
            text::speak(language, &source).map_err(|error| t!("fetch.wrong", address = address, why = error))?;
        }
    }
    if let Some(root) = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element()) {
        let _ = root.set_attribute("lang", language.code());
    }
    Ok(())
}

/// The address decides, then what was chosen, then the browser.
fn wanted() -> Language {
    let Some(window) = web_sys::window() else { return Language::English };
    let asked = window.location().search().unwrap_or_default();
    let asked = asked.trim_start_matches('?').split('&').find_map(|part| part.strip_prefix("lang="));
    let stored = || dom::storage().and_then(|storage| storage.get_item(STORED_AS).ok()?);
    let of_browser = || {
        let languages = window.navigator().languages();
        languages.iter().find_map(|tag| Language::of(&tag.as_string()?))
    };
    asked
        .and_then(Language::of)
        .or_else(|| stored().and_then(|code| Language::of(&code)))
        .or_else(of_browser)
        .unwrap_or_default()
}
