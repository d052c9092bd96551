//! `/v1/callbacks…`: an addition to the original, for `weighbridge listen` and programs like it
//! (callbacks.md part 6).

mod answer;
mod cursor;
mod open_streams;
mod outbox_walk;
mod stream;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub use open_streams::OpenStreams;

/// Routes of this noun.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(stream::stream_callbacks))
        .routes(routes!(answer::answer))
}
