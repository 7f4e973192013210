//! Files that lie beside the page, fetched when they are wanted.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// The text of a file; the address is relative to the page's.
///
/// # Errors
/// Why it cannot be had, in words that can be shown.
pub async fn text(address: &str) -> Result<String, String> {
    let unreachable = |_: JsValue| crate::t!("fetch.unreachable", address = address);
    let window = web_sys::window().ok_or_else(|| unreachable(JsValue::NULL))?;
    let response = JsFuture::from(window.fetch_with_str(address)).await.map_err(unreachable)?;
    let response: Response = response.dyn_into().map_err(unreachable)?;
    if !response.ok() {
        return Err(crate::t!("fetch.refused", address = address, status = response.status()));
    }
    let text = JsFuture::from(response.text().map_err(unreachable)?).await.map_err(unreachable)?;
    text.as_string().ok_or_else(|| unreachable(JsValue::NULL))
}
