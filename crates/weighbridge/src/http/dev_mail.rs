//! The mail of `weighbridge dev`, which goes nowhere: a page of it, and JSON for tests.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use domain::time::format_time;
use serde_json::{Value, json};

use crate::app::App;

/// Where it is.
pub const PATH: &str = "/dev/mail";

/// Routes of the box.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route(PATH, get(page))
        .route("/dev/mail.json", get(list))
}

async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let mails = app.mail_box.all().into_iter().map(|mail| {
        json!({
            "at": format_time(mail.at_ms),
            "to": mail.to,
            "subject": mail.subject,
            "text": mail.text,
        })
    });
    Json(mails.collect())
}

async fn page(State(app): State<Arc<App>>) -> Html<String> {
    let mut html = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
        <title>Mail – Weighbridge</title></head><body><h1>Mail that would have gone out</h1>\n"
        .to_owned();
    let mails = app.mail_box.all();
    if mails.is_empty() {
        html.push_str("<p>None yet. Reload the page after a sign-up or a reset.</p>\n");
    }
    for mail in mails {
        let _ = writeln!(
            html,
            "<article><h2>{}</h2><p>To {} at {}</p><pre>{}</pre></article><hr>",
            escape(&mail.subject),
            escape(&mail.to),
            format_time(mail.at_ms),
            with_links(&mail.text),
        );
    }
    html.push_str("</body></html>\n");
    Html(html)
}

/// Text as HTML; a line that is an address becomes a link.
fn with_links(text: &str) -> String {
    text.lines().fold(String::new(), |mut html, line| {
        let escaped = escape(line);
        let _ = if line.starts_with("http://") || line.starts_with("https://") {
            writeln!(html, "<a href=\"{escaped}\">{escaped}</a>")
        } else {
            writeln!(html, "{escaped}")
        };
        html
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::with_links;

    #[test]
    fn only_whole_lines_become_links_and_all_is_escaped() {
        assert_eq!(
            with_links("<b>\nhttps://x/y?a=1&b=\"2\"\n see https://x"),
            "&lt;b&gt;\n<a href=\"https://x/y?a=1&amp;b=&quot;2&quot;\">\
             https://x/y?a=1&amp;b=&quot;2&quot;</a>\n see https://x\n"
        );
    }
}
