//! HTTP: requests in, answers out. No SQL and no policy; what changes state is an operation.

mod answer;
pub mod auth;
mod csv;
pub mod dev_mail;
pub mod dev_receiver;
pub mod extract;
pub mod failed_keys;
mod files;
mod headers;
mod health;
pub mod openapi;
pub mod origin;
pub mod samples;
mod spa;
pub mod test_receiver;
pub mod v1;
pub mod web;
pub mod well_known;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::{Layer, Service};

use crate::app::App;

/// The service behind `--metrics-listen`.
pub fn metrics_router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(health::metrics))
        .with_state(app.clone())
}

/// The whole server as a service.
pub fn service(
    app: &Arc<App>,
) -> impl Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    let (v1, _) = v1::router().split_for_parts();
    let v1 = v1
        .method_not_allowed_fallback(v1::unknown_method)
        .layer(from_fn_with_state(app.clone(), auth::admit));
    let mut router = Router::new()
        .merge(v1)
        .merge(web::router(app))
        .merge(samples::router())
        .merge(files::router())
        .merge(test_receiver::router())
        .merge(well_known::router().split_for_parts().0)
        .route("/openapi.json", get(openapi::serve))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    if app.config.dev {
        router = router
            .merge(dev_receiver::router())
            .merge(dev_mail::router());
    }
    let router = router.fallback(unknown_path).with_state(app.clone());
    // Around the router, not on its routes: it tidies the path before a route is chosen.
    from_fn_with_state(app.clone(), answer::finish).layer(router)
}

/// What no route takes: under `/v1` and `/v2` an error for who has a key, under `/web` an error,
/// else an address of the web app.
async fn unknown_path(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    let is_under = |base: &str| {
        path.strip_prefix(base)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if is_under("/v1") || is_under("/v2") {
        return match auth::identify(request.headers(), request.extensions(), &app) {
            Ok(_) => v1::unknown_path().into_response(),
            Err(error) => error.into_response(),
        };
    }
    if is_under("/web") {
        return web::unknown_path().into_response();
    }
    spa::serve(
        request.method(),
        request.uri(),
        request.headers().get(header::ACCEPT_ENCODING),
    )
}
