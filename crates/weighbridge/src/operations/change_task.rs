//! Changes to a task that do not touch its work: metadata, tags, unique id.

use domain::{AccountId, TaskId};
use serde_json::{Map, Value};
use store::environment::tasks::{self, TaskRow};
use store::{EnvironmentStore, StoreError};

use super::create_task::unique_id_taken;
use crate::app::App;
use crate::error::ApiError;
use crate::task_object::NOT_FOUND;

/// What is to be changed.
pub enum Change {
    /// Replace the metadata.
    SetMetadata(Map<String, Value>),
    /// Replace the tags.
    SetTags(Vec<String>),
    /// Add tags, ignoring those present.
    AddTags(Vec<String>),
    /// Remove tags, ignoring those absent.
    RemoveTags(Vec<String>),
    /// Set or change the unique id.
    SetUniqueId(String),
    /// Drop the unique id.
    ClearUniqueId,
}

/// Changes the task and gives it as it is afterwards.
pub async fn change_task(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    task_id: TaskId,
    change: Change,
) -> Result<TaskRow, ApiError> {
    let now_ms = app.clock.now_ms();
    let not_found = || ApiError::not_found("task_not_found", NOT_FOUND);
    store
        .write(move |tx| {
            let task = tasks::lock(tx, account, task_id)?.ok_or_else(not_found)?;
            match &change {
                Change::SetMetadata(metadata) => {
                    let metadata = serde_json::to_string(metadata)
                        .expect("a JSON object is always serialisable");
                    tasks::set_metadata(tx, account, task_id, &metadata, now_ms)?;
                }
                Change::SetTags(_) | Change::AddTags(_) | Change::RemoveTags(_) => {
                    let before = tags_of(&task)?;
                    let after = changed_tags(&before, &change)?;
                    tasks::set_tags(tx, account, task_id, &before, &after, now_ms)?;
                }
                Change::SetUniqueId(unique_id) => {
                    if let Some(other) = tasks::find_by_unique_id(tx, account, unique_id)?
                        && other != task_id
                    {
                        return Err(unique_id_taken(unique_id, other));
                    }
                    match tasks::set_unique_id(tx, account, task_id, Some(unique_id), now_ms) {
                        Err(StoreError::Taken(_)) => {
                            // Another request took it between the look and the write; which task
                            // has it can no longer be asked in this transaction.
                            return Err(ApiError::conflict(
                                "unique_id_taken",
                                format!(
                                    "The unique_id (\"{unique_id}\") is already used for a \
                                     different task."
                                ),
                            ));
                        }
                        other => other?,
                    }
                }
                Change::ClearUniqueId => {
                    tasks::set_unique_id(tx, account, task_id, None, now_ms)?;
                }
            }
            tasks::find(tx, account, task_id)?.ok_or_else(not_found)
        })
        .await
}

fn tags_of(task: &TaskRow) -> Result<Vec<String>, StoreError> {
    task.tags.as_deref().map_or(Ok(Vec::new()), |json| {
        serde_json::from_str(json)
            .map_err(|error| StoreError::Database(format!("tags of {}: {error}", task.task_id)))
    })
}

fn changed_tags(before: &[String], change: &Change) -> Result<Vec<String>, ApiError> {
    let after = match change {
        Change::SetTags(tags) => tags.clone(),
        Change::AddTags(tags) => {
            let mut all = before.to_vec();
            all.extend(tags.iter().filter(|tag| !before.contains(tag)).cloned());
            all
        }
        Change::RemoveTags(tags) => before
            .iter()
            .filter(|tag| !tags.contains(tag))
            .cloned()
            .collect(),
        Change::SetMetadata(_) | Change::SetUniqueId(_) | Change::ClearUniqueId => before.to_vec(),
    };
    if after.len() > domain::task::TAGS_MAX {
        return Err(ApiError::param(
            "tags",
            format!(
                "a task can have at most {} tags, this makes {}",
                domain::task::TAGS_MAX,
                after.len()
            ),
        ));
    }
    Ok(after)
}
