//! `weighbridge openapi`: the document that the server serves at `/openapi.json`.

use super::print;
use crate::http::openapi;

pub(super) fn run() -> anyhow::Result<()> {
    print(openapi::text())
}
