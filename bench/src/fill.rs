//! Fills a database with tasks and callbacks by the store itself.

use std::path::Path;
use std::sync::Arc;

use domain::{AccountId, CallbackId, TaskId};
use store::environment::callbacks::{self, NewCallback};
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
                    let task_id = TaskId::from_parts(1_700_000_000_000 + number, [0; 6]);
                    let task = NewTask {
                        instruction: Some(instruction.clone()),
                        params: "{\"categories\":[\"a\",\"b\"]}".to_owned(),
                        price_micros: Some(40_000),
                        ..NewTask::bare(task_id, "categorization")
                    };
                    tasks::insert(tx, account, &task)?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// Callbacks that wait.
pub(crate) struct Queue {
    /// Where they go, in turn.
    pub(crate) urls: Vec<String>,
    pub(crate) callbacks: u64,
    pub(crate) body_bytes: usize,
}

/// Puts callbacks into the outbox of test mode, as if they had been made at `made_ms` (Unix ms): another
/// time, other ids.
pub(crate) async fn callbacks(
    folder: &Path,
    account: &str,
    made_ms: u64,
    queues: &[Queue],
) -> anyhow::Result<()> {
    let account: AccountId = account.parse()?;
    let stores = Stores::open(&Location::Folder(folder.to_owned()), 0).await?;
    let mut number = 0_u64;
    for queue in queues {
        let urls: Arc<[String]> = queue.urls.clone().into();
        let body = vec![b'x'; queue.body_bytes];
        for first in (0..queue.callbacks).step_by(AT_ONCE as usize) {
            let (urls, body) = (urls.clone(), body.clone());
            let count = AT_ONCE.min(queue.callbacks - first);
            let start = number;
            number += count;
            stores
                .test
                .write(move |tx| -> Result<(), StoreError> {
                    for number in start..start + count {
                        let place = (number % urls.len() as u64) as usize;
                        let mut chance = [0; 6];
                        chance.copy_from_slice(&number.to_be_bytes()[2..]);
                        let callback = NewCallback {
                            callback_id: CallbackId::from_parts(made_ms, chance),
                            task_id: None,
                            batch_id: None,
                            of_batch: None,
                            project_id: None,
                            event: "task.completed",
                            sequence: 1,
                            url: &urls[place],
                            target: urls[place].trim_end_matches("/cb"),
                            body: &body,
                            delay_ms: 0,
                            is_trial: false,
                        };
                        callbacks::insert(tx, account, &callback)?;
                    }
                    Ok(())
                })
                .await?;
        }
    }
    Ok(())
}
