//! The text that somebody is writing. It outlives the dialog, the laboratory, and a reload of the page.

use std::cell::RefCell;

/// A text, and the same as it was when it was last saved or opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// What is safe elsewhere: in a file, or in the run that it was made from.
    pub safe: String,
}

impl Draft {
    /// Whether something would be lost.
    pub fn is_unsaved(&self) -> bool {
        self.text != self.safe && !self.text.trim().is_empty()
    }
}

thread_local! {
    static DRAFT: RefCell<Option<Draft>> = const { RefCell::new(None) };
}

const STORED_AS: &str = "replication-lab-draft";

/// What was written last; `None` when nothing was.
pub fn recall() -> Option<Draft> {
    let kept = DRAFT.with_borrow(Clone::clone);
    kept.or_else(|| {
        let text = storage()?.get_item(STORED_AS).ok()??;
        Some(Draft { text, safe: String::new() })
    })
}

/// Keeps a draft.
pub fn keep(draft: &Draft) {
    DRAFT.set(Some(draft.clone()));
    if let Some(storage) = storage() {
        let _ =
            if draft.is_unsaved() { storage.set_item(STORED_AS, &draft.text) } else { storage.remove_item(STORED_AS) };
    }
}

/// For as long as the page's tab is open. A page in a sandbox has no such place.
fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
