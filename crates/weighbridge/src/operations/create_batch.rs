//! Creates a batch (api-v1.md 2).

use domain::{AccountId, BatchId, ParamErrors};
use serde_json::{Map, Value};
use store::EnvironmentStore;
use store::environment::batches::{self, BatchRow, NewBatch};
use store::environment::projects;

use super::check_callback_address::check_callback_address;
use super::create_task::{batch_not_found, project_not_found};
use crate::app::App;
use crate::error::ApiError;

/// A batch to be made, as read from the body.
pub struct CreateBatch {
    /// Project's name.
    pub project: String,
    /// Name.
    pub name: String,
    /// URL or e-mail address; `None` or empty: no callback.
    pub callback: Option<String>,
    /// A small trial.
    pub calibration_batch: bool,
    /// Labeled by the customer's own people.
    pub self_label_batch: bool,
    /// Metadata.
    pub metadata: Map<String, Value>,
}

/// Creates the batch.
pub async fn create_batch(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    request: CreateBatch,
) -> Result<BatchRow, ApiError> {
    domain::task::check_name("name", &request.name).map_err(ParamErrors::from)?;
    let callback = request.callback.filter(|callback| !callback.is_empty());
    if let Some(callback) = &callback {
        check_callback_address(app, account, "callback", callback).await?;
    }
    let environment = store.environment();
    let (time_ms, random) = app.id_parts();
    store
        .write(move |tx| {
            let project = projects::find(tx, account, &request.project)?
                .ok_or_else(|| project_not_found(&request.project, environment))?;
            let batch = NewBatch {
                batch_id: BatchId::from_parts(time_ms, random),
                project: project.project_id,
                name: request.name.clone(),
                staging: project.rapid || project.studio,
                callback: callback.clone(),
                calibration_batch: request.calibration_batch,
                self_label_batch: request.self_label_batch,
                metadata: Value::Object(request.metadata.clone()).to_string(),
            };
            if !batches::insert(tx, account, &batch)? {
                return Err(ApiError::conflict(
                    "batch_name_taken",
                    format!(
                        "A batch named \"{}\" already exists in {environment} mode.",
                        batch.name
                    ),
                )
                .at("name"));
            }
            batches::find(tx, account, &batch.name)?
                .ok_or_else(|| batch_not_found(&batch.name, environment))
        })
        .await
}
