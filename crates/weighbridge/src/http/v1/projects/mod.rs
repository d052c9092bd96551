//! `/v1/projects…` (api-v1.md 3).

mod create;
mod get;
mod list;
mod set_params;

use std::sync::Arc;

use serde_json::Value;
use store::environment::projects::{ParamsRow, ProjectRow};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::task_object::ObjectWriter;

/// Routes of this noun.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::create_project, list::list_projects))
        .routes(routes!(get::get_project))
        .routes(routes!(set_params::set_project_params))
}

/// The project object as JSON (api-v1.md 3.2).
pub(crate) fn render(project: &ProjectRow, history: &[ParamsRow]) -> String {
    let mut object = ObjectWriter::new(400);
    object
        .string("id", &project.project_id.to_string())
        .string("name", &project.name)
        .string("type", &project.task_type)
        .time("created_at", project.created_at)
        .boolean("rapid", project.rapid)
        .boolean("studio", project.studio)
        .optional_string("datasetId", project.dataset_id.as_deref())
        .optional_string("pipeline", project.pipeline.as_deref());
    object.json("param_history", &render_history(history));
    object.finish()
}

/// Versions of the params as a JSON array, oldest first.
pub(crate) fn render_history(history: &[ParamsRow]) -> String {
    let versions: Vec<String> = history.iter().map(render_version).collect();
    format!("[{}]", versions.join(","))
}

/// A version's own members come first; a param of the same name cannot hide them.
fn render_version(version: &ParamsRow) -> String {
    let mut object = ObjectWriter::new(100 + version.params.len());
    object
        .integer("version", version.version)
        .time("created_at", version.created_at);
    if let Ok(Value::Object(params)) = serde_json::from_str(&version.params) {
        for (name, value) in &params {
            if name != "version" && name != "created_at" {
                let name = serde_json::to_string(name).unwrap_or_default();
                object.json(name.trim_matches('"'), &value.to_string());
            }
        }
    }
    object.finish()
}
