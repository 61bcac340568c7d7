//! Opens a page in the user's browser.

/// Opens `url` and does not wait for the browser. A failure is only a warning.
pub(crate) fn in_browser(url: &str) {
    if let Err(error) = open::that_detached(url) {
        tracing::warn!(error = error.to_string(), "no browser opens {url}; open it yourself");
    }
}
