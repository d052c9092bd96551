//! Fills a database with tasks by the store itself.

use std::path::Path;

use domain::{AccountId, TaskId};
use store::environment::tasks::{self, NewTask};
use store::{Location, StoreError, Stores};

/// Tasks per transaction.
const AT_ONCE: u64 = 2_000;

pub(crate) async fn fill(folder: &Path, account: &str, tasks: u64) -> anyhow::Result<()> {
    let account: AccountId = account.parse()?;
    let stores = Stores::open(&Location::Folder(folder.to_owned()), 0).await?;
    let instruction = "x".repeat(700);
    for first in (0..tasks).step_by(AT_ONCE as usize) {
        let instruction = instruction.clone();
        stores
            .live
            .write(move |tx| -> Result<(), StoreError> {
                for number in first..(first + AT_ONCE).min(tasks) {
                    let task = NewTask {
                        task_id: TaskId::from_parts(1_700_000_000_000 + number, [0; 6]),
                        task_type: "categorization",
                        project: None,
                        batch: None,
                        project_param_version: None,
                        unique_id: None,
                        clear_unique_id_on_error: false,
                        priority: None,
                        instruction: Some(instruction.clone()),
                        instruction_shown: None,
                        callback_url: None,
                        params: "{\"categories\":[\"a\",\"b\"]}".to_owned(),
                        metadata: "{}".to_owned(),
                        tags: None,
                        price_micros: Some(40_000),
                        made_up: None,
                        held: false,
                    };
                    tasks::insert(tx, account, &task)?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}
