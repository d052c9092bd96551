//! The bare server: an empty handler; a handler that writes one row of the body's size through a
//! group-committed writer with the same durability; a handler that reads the row inline.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::routing::{get, post};
use bytes::Bytes;
use rusqlite::Connection;
use tokio::sync::oneshot;

/// Rows that share one commit, as in the store.
const GROUP_MAX: usize = 256;

type Job = (Bytes, oneshot::Sender<i64>);

#[derive(Clone)]
struct Bare {
    writer: Sender<Job>,
    path: PathBuf,
}

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

pub(crate) async fn serve(folder: &Path, port: u16) -> anyhow::Result<()> {
    let path = folder.join("bare.db");
    let connection = Connection::open(&path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection
        .execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")?;
    let (writer, jobs) = channel();
    std::thread::spawn(move || write(&connection, &jobs));
    let router = Router::new()
        .route("/empty", get(|| async { "" }))
        .route("/insert", post(insert))
        .route("/read/{id}", get(read))
        .with_state(Bare { writer, path });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

fn write(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut done = Vec::new();
        let mut next = Some(first);
        connection
            .execute_batch("BEGIN IMMEDIATE")
            .expect("the bare database takes writes");
        while let Some((body, reply)) = next.take() {
            let text = std::str::from_utf8(&body).expect("the load is UTF-8");
            connection
                .prepare_cached("INSERT INTO rows (body) VALUES (?1)")
                .and_then(|mut statement| statement.execute([text]))
                .expect("the bare database takes rows");
            done.push((connection.last_insert_rowid(), reply));
            if done.len() < GROUP_MAX {
                next = jobs.try_recv().ok();
            }
        }
        connection
            .execute_batch("COMMIT")
            .expect("the bare database commits");
        for (id, reply) in done {
            let _ = reply.send(id);
        }
    }
}

async fn insert(State(bare): State<Bare>, body: Bytes) -> String {
    let (reply, answer) = oneshot::channel();
    bare.writer.send((body, reply)).expect("the writer runs");
    answer.await.expect("the writer answers").to_string()
}

async fn read(State(bare): State<Bare>, Segment(id): Segment<i64>) -> String {
    READER.with_borrow_mut(|reader| {
        let connection = reader
            .get_or_insert_with(|| Connection::open(&bare.path).expect("the bare database opens"));
        connection
            .prepare_cached("SELECT body FROM rows WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([id], |row| row.get(0)))
            .expect("the row is there")
    })
}
