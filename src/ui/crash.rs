//! What is left of the page after a panic.

use crate::t;

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
