//! The files of the page. They are part of the program, so the page needs no build and no network.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// Names and contents.
        const FILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("assets/", $name))),)*
            ("uplot.js", include_str!("../vendor/uplot/uPlot.iife.min.js")),
            ("uplot.css", include_str!("../vendor/uplot/uPlot.min.css")),
        ];
    };
}

files![
    "api.js",
    "as_test.js",
    "charts.js",
    "clients.js",
    "compact.js",
    "composer.js",
    "connections.js",
    "copy.js",
    "details.js",
    "export.js",
    "feed.js",
    "filters.js",
    "format.js",
    "icon.svg",
    "json.js",
    "keys.js",
    "lists.js",
    "list.js",
    "main.js",
    "names.js",
    "page.css",
    "replay.js",
    "statistics.js",
    "tables.js",
    "theme.js",
    "timeline.js",
    "views.js",
    "waterfall.js",
];

/// `GET /_lift`.
pub(crate) async fn page() -> Response {
    let html = include_str!("assets/index.html");
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// `GET /_lift/page/{file}`.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let Some((name, content)) = FILES.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind)], *content).into_response()
}
