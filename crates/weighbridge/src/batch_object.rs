//! The batch object of the API, and the body of a batch's callback (api-v1.md 2.2, 2.4).

use store::environment::batches::BatchRow;

use crate::task_object::ObjectWriter;

/// The batch object as JSON (api-v1.md 2.2).
pub fn render(batch: &BatchRow) -> String {
    let mut object = ObjectWriter::new(400 + batch.metadata.len());
    object
        .string("id", &batch.batch_id.to_string())
        .string("name", &batch.name)
        .string("project", &batch.project)
        .string("status", batch.status.as_str())
        .optional_string("callback", batch.callback.as_deref())
        .time("created_at", batch.created_at);
    if let Some(at) = batch.completed_at {
        object.time("completed_at", at);
    }
    object
        .boolean("calibration_batch", batch.calibration_batch)
        .boolean("self_label_batch", batch.self_label_batch)
        .json("metadata", &batch.metadata);
    object.finish()
}

/// Body of the callback that tells a batch's completion.
pub fn render_callback(batch: &BatchRow) -> String {
    let mut object = ObjectWriter::new(600 + batch.metadata.len());
    object
        .json("batch", &render(batch))
        .string("batch_id", &batch.batch_id.to_string())
        .string("name", &batch.name)
        .string("status", batch.status.as_str());
    object.finish()
}
