//! `/v1/batches…` (api-v1.md 2).

mod create;
mod finalize;
mod get;
mod list;
mod set_metadata;
mod status;

use std::sync::Arc;

use domain::AccountId;
use store::environment::batches::{self, BatchRow};
use store::{EnvironmentStore, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::ApiError;
use crate::operations::create_task::batch_not_found;

/// Routes of this noun.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::create_batch, list::list_batches))
        .routes(routes!(get::get_batch))
        .routes(routes!(status::get_batch_status))
        .routes(routes!(finalize::finalize_batch))
        .routes(routes!(set_metadata::set_batch_metadata))
}

/// A batch by name, or 404.
async fn find(
    account: AccountId,
    store: &EnvironmentStore,
    name: String,
) -> Result<BatchRow, ApiError> {
    let environment = store.environment();
    let wanted = name.clone();
    store
        .read(move |tx| batches::find(tx, account, &wanted))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(|| batch_not_found(&name, environment))
}
