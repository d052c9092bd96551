//! The OpenAPI 3.1 document: made from the handlers and from the task types, served at
//! `/openapi.json`, checked in as `openapi.json` and compared by a test.

use std::sync::{Arc, LazyLock};

use domain::task_types;
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, Server};

use super::extract::JsonText;
use super::v1;
use super::v1::documents::CommonParams;
use super::well_known;
use crate::app::App;
use crate::error::ErrorBody;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&document())
        .expect("a document made of strings and numbers serialises");
    text.push('\n');
    text
});

/// `GET /openapi.json`.
pub async fn serve() -> JsonText {
    JsonText(DOCUMENT.clone())
}

/// The document as it is served.
pub fn text() -> &'static str {
    &DOCUMENT
}

fn document() -> Value {
    use utoipa::{PartialSchema, ToSchema};
    let (_, mut api): (axum::Router<Arc<App>>, OpenApi) =
        v1::router().merge(well_known::router()).split_for_parts();
    let info = InfoBuilder::new()
        .title("Weighbridge API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Programs ask people for work. Authenticate by HTTP Basic: the API key is the user \
             name, the password is blank. The key alone chooses test or live mode.",
        ))
        .build();
    api.merge(
        OpenApiBuilder::new()
            .info(info.clone())
            .servers(Some([Server::new("/")]))
            .build(),
    );
    api.info = info;
    api.servers = Some(vec![Server::new("/")]);
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(
        "basicAuth",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Basic)
                .description(Some("API key as the user name, blank password"))
                .build(),
        ),
    );
    components.add_security_scheme(
        "bearerAuth",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("API key as the token"))
                .build(),
        ),
    );
    let mut schemas = Vec::new();
    schemas.push((CommonParams::name().into_owned(), CommonParams::schema()));
    CommonParams::schemas(&mut schemas);
    ErrorBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let mut document = serde_json::to_value(&api).expect("an OpenAPI document serialises");
    document["security"] = json!([{"basicAuth": []}, {"bearerAuth": []}]);
    add_creations(&mut document);
    document
}

/// One operation for each served type: its body is the common parameters and the type's own.
fn add_creations(document: &mut Value) {
    for served in task_types::served() {
        let name = served.name();
        let documentation = served.documentation();
        for (schema_name, schema) in documentation.schemas {
            document["components"]["schemas"][schema_name] =
                serde_json::to_value(schema).expect("a schema serialises");
        }
        let error = |text: &str| {
            json!({
                "description": text,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            })
        };
        document["paths"][format!("/v1/task/{name}")] = json!({
            "post": {
                "tags": ["Tasks"],
                "summary": format!("Create a task of the type {name}"),
                "description": "In test mode the task is answered at once with a made-up answer: \
                    the answer to this request still says `pending`, a GET says `completed`.",
                "operationId": format!("create_{name}_task"),
                "parameters": [{
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": false,
                    "description": "A second request with the same key within 24 hours makes no \
                        task and is answered 409",
                    "schema": {"type": "string"},
                }],
                "requestBody": {
                    "required": true,
                    "content": {"application/json": {
                        "schema": {"allOf": [
                            {"$ref": "#/components/schemas/CommonParams"},
                            {"$ref": format!("#/components/schemas/{}", documentation.params)},
                        ]},
                        "example": documentation.example,
                    }},
                },
                "responses": {
                    "200": {
                        "description": "The task",
                        "content": {"application/json": {
                            "schema": {"$ref": "#/components/schemas/Task"},
                        }},
                    },
                    "400": error("A parameter is missing or invalid"),
                    "401": error("No valid API key"),
                    "404": error("The project or batch does not exist in this mode"),
                    "409": error("The unique_id or Idempotency-Key is used already"),
                    "413": error("The body is too large"),
                },
            },
        });
    }
}
