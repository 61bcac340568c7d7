//! `--open`: the page in the user's browser. A convenience, so a failure is a warning.

/// Opens the page, if the app has one, and does not wait for the browser.
pub(crate) fn open(page: Option<String>) {
    let Some(page) = page else {
        tracing::warn!("--open: the app has no page; add web/index.html to its folder");
        return;
    };
    if let Err(error) = open::that_detached(&page) {
        tracing::warn!(%error, "--open: no browser opens {page}; open it yourself");
    }
}
