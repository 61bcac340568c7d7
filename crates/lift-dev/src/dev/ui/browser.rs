//! `--open`: the page in the user's browser. A convenience, so a failure is a warning.

/// Opens the page, if there is one, and does not wait for the browser.
pub(crate) fn open(page: Option<String>) {
    let Some(page) = page else {
        tracing::warn!(
            "--open: there is nothing to look at: add web/index.html to the folder of the app, or leave --no-inspector out"
        );
        return;
    };
    if let Err(error) = open::that_detached(&page) {
        tracing::warn!(%error, "--open: no browser opens {page}; open it yourself");
    }
}
