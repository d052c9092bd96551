//! How people come in without a session: sign-up, the links of mails, a forgotten password
//! (authentication.md 2.7).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::routing::{Router, get, post};
use super::session::logged_in_answer;
use crate::app::App;
use crate::config;
use crate::error::ApiError;
use crate::http::extract::{read_object, text_or_empty};
use crate::http::origin::RequestOrigin;
use crate::operations::confirm_email::{confirm_email, resend_confirmation};
use crate::operations::reset_password::{ask_for_reset, reset_password};
use crate::operations::sign_up::{self, SignUp, SignedUp};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/welcome", get(welcome))
        .route("/web/sign-up", post(sign_up))
        .route("/web/confirm-email", post(confirm))
        .route("/web/confirm-email/resend", post(resend))
        .route("/web/password-reset", post(ask))
        .route("/web/password-reset/complete", post(complete))
}

/// `GET /web/welcome`: what the pages before a log-in can offer.
async fn welcome(State(app): State<Arc<App>>) -> Json<Value> {
    let sign_up = match app.config.sign_up {
        config::SignUp::Open => "open",
        config::SignUp::Domains(_) => "domains",
        config::SignUp::Invite => "invite",
        config::SignUp::Closed => "closed",
    };
    Json(json!({
        "sign_up": sign_up,
        "mail": app.can_mail(),
        "dev": app.config.dev,
    }))
}

async fn sign_up(
    State(app): State<Arc<App>>,
    origin: RequestOrigin,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_object(&headers, body).await?;
    let wanted = SignUp {
        email: text_or_empty(&body, "email"),
        password: text_or_empty(&body, "password"),
        company: text_or_empty(&body, "company"),
    };
    Ok(match sign_up::sign_up(&app, wanted, &origin).await? {
        SignedUp::ToConfirm => {
            (StatusCode::ACCEPTED, Json(json!({"confirm": true}))).into_response()
        }
        SignedUp::LoggedIn(logged_in) => logged_in_answer(&app, StatusCode::CREATED, &logged_in),
    })
}

async fn confirm(
    State(app): State<Arc<App>>,
    origin: RequestOrigin,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let token = text_or_empty(&read_object(&headers, body).await?, "token");
    let email = confirm_email(&app, &token, &origin).await?;
    Ok(Json(json!({"email": email})))
}

async fn resend(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let token = text_or_empty(&read_object(&headers, body).await?, "token");
    resend_confirmation(&app, &token).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

async fn ask(
    State(app): State<Arc<App>>,
    origin: RequestOrigin,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let email = text_or_empty(&read_object(&headers, body).await?, "email");
    ask_for_reset(&app, &email, &origin).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

async fn complete(
    State(app): State<Arc<App>>,
    origin: RequestOrigin,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let body = read_object(&headers, body).await?;
    let (token, password) = (
        text_or_empty(&body, "token"),
        text_or_empty(&body, "password"),
    );
    reset_password(&app, &token, &password, &origin).await?;
    Ok(Json(json!({})))
}
