//! The way through the outbox that a stream takes: every callback once, those of a task in order.
//!
//! An id is made before its commit, so a callback can become visible after one with a greater id.
//! Each look therefore begins [`LOOK_BACK_MS`] before the place that was reached, and what was sent
//! is known by its id.

use std::collections::{BTreeSet, HashMap};

use domain::{AccountId, CallbackId, TaskId};
use store::environment::callback_stream::{self, Place};
use store::{EnvironmentStore, StoreError};

use super::cursor::StreamCursor;

/// How long after its id was made a callback may become visible, clocks that differ included. A
/// client that comes back with a cursor is sent again what was made this long before it.
const LOOK_BACK_MS: i64 = 60 * 1000;
/// Rows of one page. A look at what is new is one page, and so sees one state of the outbox.
const PAGE: i64 = 10_000;

/// A walk through one account's outbox.
pub(super) struct OutboxWalk {
    cursor: StreamCursor,
    /// What was sent of the time that is looked at again.
    sent: BTreeSet<CallbackId>,
}

/// One look, from the place that was reached to the newest row.
pub(super) struct Look {
    began_ms: i64,
    after: CallbackId,
    is_over: bool,
}

impl OutboxWalk {
    /// A walk that goes on at a cursor.
    pub(super) fn at(cursor: StreamCursor) -> Self {
        Self {
            cursor,
            sent: BTreeSet::new(),
        }
    }

    /// Where it stands.
    pub(super) fn cursor(&self) -> StreamCursor {
        self.cursor
    }

    /// Begins a look.
    pub(super) fn look(&self, now_ms: i64) -> Look {
        let StreamCursor {
            since_ms,
            position_ms,
        } = self.cursor;
        let from_ms = since_ms.max(position_ms - LOOK_BACK_MS);
        Look {
            began_ms: now_ms,
            after: CallbackId::highest_at((from_ms - 1).max(0) as u64),
            is_over: false,
        }
    }

    /// The next page of what was not sent yet, in the order in which it is to be sent. `None`: the
    /// look is over, and all that it saw was sent.
    pub(super) async fn page(
        &mut self,
        look: &mut Look,
        store: &EnvironmentStore,
        account: AccountId,
    ) -> Result<Option<Vec<Place>>, StoreError> {
        if look.is_over {
            self.end(look);
            return Ok(None);
        }
        let after = look.after;
        let places: Vec<Place> = store
            .read(move |tx| callback_stream::places_after(tx, account, after, PAGE))
            .await
            .map_err(|error: StoreError| error)?;
        look.is_over = (places.len() as i64) < PAGE;
        if let Some(last) = places.last() {
            look.after = last.callback_id;
        }
        let is_new = |place: &Place| !self.sent.contains(&place.callback_id);
        let new: Vec<Place> = places.into_iter().filter(is_new).collect();
        Ok(Some(in_order_of_tasks(&new)))
    }

    /// Notes that a callback was sent.
    pub(super) fn note_sent(&mut self, callback_id: CallbackId) {
        self.sent.insert(callback_id);
        let time_ms = callback_id.time_ms();
        self.cursor.position_ms = self.cursor.position_ms.max(time_ms);
    }

    fn end(&mut self, look: &Look) {
        self.cursor.position_ms = self.cursor.position_ms.max(look.began_ms);
        let from = (self.cursor.position_ms - LOOK_BACK_MS).max(0);
        self.sent = self.sent.split_off(&CallbackId::lowest_at(from as u64));
    }
}

/// Puts the callbacks of each task into the order of its changes, at the places that they hold
/// together.
fn in_order_of_tasks(places: &[Place]) -> Vec<Place> {
    let mut of_task: HashMap<TaskId, Vec<usize>> = HashMap::new();
    for (index, place) in places.iter().enumerate() {
        if let Some(task_id) = place.task_id {
            of_task.entry(task_id).or_default().push(index);
        }
    }
    let mut ordered = places.to_vec();
    for indexes in of_task.values() {
        let mut changes: Vec<Place> = indexes.iter().map(|index| places[*index]).collect();
        changes.sort_by_key(|place| place.sequence);
        for (index, place) in indexes.iter().zip(changes) {
            ordered[*index] = place;
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(time_ms: u64, task: u64, sequence: i64) -> Place {
        Place {
            callback_id: CallbackId::lowest_at(time_ms),
            task_id: Some(TaskId::lowest_at(task)),
            sequence,
        }
    }

    #[test]
    fn a_task_s_changes_are_in_order_whatever_their_ids_are() {
        let places = vec![
            place(1, 1, 2),
            place(2, 2, 1),
            place(3, 1, 1),
            Place {
                task_id: None,
                ..place(4, 1, 1)
            },
        ];
        let ordered = in_order_of_tasks(&places);
        assert_eq!(
            ordered,
            [places[2], places[1], places[0], places[3]],
            "the first and the third change places"
        );
    }

    #[test]
    fn what_settled_is_forgotten_and_the_rest_is_known() {
        let mut walk = OutboxWalk::at(StreamCursor::starting_at(0));
        for second in 0..200 {
            walk.note_sent(CallbackId::lowest_at(second * 1000));
        }
        let look = walk.look(200_000);
        walk.end(&look);
        assert_eq!(walk.cursor().position_ms, 200_000);
        assert_eq!(walk.sent.len(), 60);
        assert_eq!(walk.look(200_500).after, CallbackId::highest_at(139_999));
    }
}
