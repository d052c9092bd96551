//! The worker under test and the receivers that it calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{CallbackId, Environment, TaskId};
use serde_json::{Value, json};
use store::environment::callback_claims;
use store::environment::callback_targets;
use store::environment::callbacks::{self, CallbackRow, NewCallback};
use store::environment::tasks::{self, NewTask};
use store::{StoreError, Tx};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use weighbridge::workers;

use crate::app::TestApp;

/// The longest step of the clock: a silence of a minute would look like a server that was away.
const STEP_MAX_MS: i64 = 50_000;

/// A server whose callback workers run.
pub struct Delivering {
    pub app: TestApp,
    stop: watch::Sender<bool>,
    workers: JoinSet<()>,
}

impl Delivering {
    /// Starts the workers of both modes.
    pub fn start(app: TestApp) -> Self {
        let mut this = Self {
            app,
            stop: watch::Sender::default(),
            workers: JoinSet::new(),
        };
        this.start_workers();
        this
    }

    fn start_workers(&mut self) {
        self.stop = watch::Sender::default();
        for environment in [Environment::Live, Environment::Test] {
            let (app, stop) = (self.app.app.clone(), self.stop.subscribe());
            self.workers
                .spawn(workers::callbacks::run(app, environment, stop));
        }
    }

    /// Stops the workers as SIGTERM does, and waits for their end.
    pub async fn stop(&mut self) {
        let _ = self.stop.send(true);
        while let Some(ended) = self.workers.join_next().await {
            ended.unwrap();
        }
    }

    /// Lets the time go by without a worker, then starts them again.
    pub async fn be_away(&mut self, ms: i64) {
        self.settle().await;
        self.stop().await;
        self.app.advance(ms);
        self.start_workers();
        self.settle().await;
    }

    pub fn now_ms(&self) -> i64 {
        self.app.app.clock.now_ms()
    }

    /// Lets the time go by in steps, from one thing that is due to the next; what is due is done
    /// before the next step.
    pub async fn advance(&self, ms: i64) {
        let end = self.now_ms() + ms;
        loop {
            self.settle().await;
            let now = self.now_ms();
            if now >= end {
                return;
            }
            let due = self.next_due().await.unwrap_or(i64::MAX);
            let step = (due - now).clamp(1, STEP_MAX_MS).min(end - now);
            self.app.advance(step);
        }
    }

    /// Waits until the workers have done all that is due now.
    pub async fn settle(&self) {
        let waited = async {
            while self.is_busy().await {
                for environment in [Environment::Live, Environment::Test] {
                    self.look(environment).await;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waited)
            .await
            .expect("what is due is done within a minute");
    }

    /// Has a worker look for what is due.
    async fn look(&self, environment: Environment) {
        let mut looks = self.app.app.callback_looks(environment).subscribe();
        let before = *looks.borrow_and_update();
        self.app.app.callbacks_due(environment).notify_one();
        looks.wait_for(|looks| *looks > before).await.unwrap();
    }

    async fn is_busy(&self) -> bool {
        let now_ms = self.now_ms();
        for environment in [Environment::Live, Environment::Test] {
            // Each step is seen by the worker's own clock too.
            self.look(environment).await;
            let store = self.app.app.stores.environment(environment);
            let is_busy: Result<bool, StoreError> = store
                .read(move |tx| {
                    Ok(callback_targets::any_due(tx, now_ms)?
                        || callback_claims::any_lapsed(tx, i64::MAX)?)
                })
                .await;
            if is_busy.unwrap() {
                return true;
            }
        }
        false
    }

    async fn next_due(&self) -> Option<i64> {
        let mut next = Vec::new();
        for environment in [Environment::Live, Environment::Test] {
            let store = self.app.app.stores.environment(environment);
            let due: Result<Option<i64>, StoreError> = store.read(callback_targets::next_due).await;
            next.extend(due.unwrap());
        }
        next.into_iter().min()
    }

    /// Runs a store function on live mode's database.
    pub async fn run<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        let live = &self.app.app.stores.live;
        live.write(move |tx| work(tx)).await.unwrap()
    }

    /// Puts a callback of a task into live mode's outbox, as a change of the task does.
    pub async fn insert(&self, url: &str, task_id: TaskId, sequence: i64) -> CallbackId {
        let (time_ms, random) = self.app.app.id_parts();
        let callback_id = CallbackId::from_parts(time_ms, random);
        let account = self.app.made.account_id;
        let (url, target) = (url.to_owned(), origin(url));
        let body = json!({"sequence": sequence}).to_string();
        self.run(move |tx| {
            // Every change of a task holds its row: by it the worker sees what is inserted meanwhile.
            if tasks::lock(tx, account, task_id)?.is_none() {
                let held = NewTask {
                    held: true,
                    ..NewTask::bare(task_id, "categorization")
                };
                tasks::insert(tx, account, &held)?;
            }
            let new = NewCallback {
                callback_id,
                task_id: Some(task_id),
                batch_id: None,
                of_batch: None,
                project_id: None,
                event: "task.completed",
                sequence,
                url: &url,
                target: &target,
                body: body.as_bytes(),
                delay_ms: 0,
                is_trial: false,
            };
            callbacks::insert(tx, account, &new)
        })
        .await;
        self.app.app.callbacks_due(Environment::Live).notify_one();
        callback_id
    }

    /// A task id of its own.
    pub fn new_task_id(&self) -> TaskId {
        let (time_ms, random) = self.app.app.id_parts();
        TaskId::from_parts(time_ms, random)
    }

    /// A live task, completed by Ada.
    pub async fn complete_task(&self, mut task: Value) -> String {
        task["attachment"] = json!("x");
        task["categories"] = json!(["a"]);
        let made = self.app.live().post("/v1/task/categorization", task).await;
        let task_id = made.expect(200)["task_id"].as_str().unwrap().to_owned();
        let ada = self.app.log_in("ada@example.com").await;
        let work = ada.post("/web/live/claims", json!({})).await.expect(200);
        let claim_id = work["claim"]["claim_id"].as_str().unwrap();
        let path = format!("/web/live/claims/{claim_id}/submit");
        let answer = json!({"epoch": 1, "response": {"category": "a"}});
        ada.post(&path, answer).await.expect(200);
        task_id
    }

    /// The callbacks of a live task.
    pub async fn callbacks_of(&self, task_id: TaskId) -> Vec<CallbackRow> {
        let account = self.app.made.account_id;
        self.run(move |tx| callbacks::of_task(tx, account, task_id))
            .await
    }
}

/// `http://127.0.0.1:PORT` of a receiver's URL.
pub fn origin(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// A request that a receiver got.
#[derive(Clone, Debug)]
pub struct Got {
    /// The test's clock, Unix ms.
    pub at_ms: i64,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What a receiver answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The bytes of the answer.
    pub bytes: Vec<u8>,
    /// Real time before it.
    pub delay: Duration,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::with_headers(status, "")
    }

    /// With further header lines, each ended by CR LF.
    pub fn with_headers(status: u16, headers: &str) -> Self {
        let length = if status == 204 {
            ""
        } else {
            "content-length: 0\r\n"
        };
        Self {
            bytes: format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n").into_bytes(),
            delay: Duration::ZERO,
        }
    }

    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

type Script = Arc<dyn Fn(usize, &Got) -> Reply + Send + Sync>;

/// A receiver on a loopback port. Its script is asked with the number of the request, from 0.
pub struct Receiver {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
    script: Arc<Mutex<Script>>,
    task: tokio::task::AbortHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn start(
        app: &TestApp,
        script: impl Fn(usize, &Got) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cb", listener.local_addr().unwrap());
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Arc::new(script)));
        let (clock, seen, asked) = (app.now_ms.clone(), got.clone(), script.clone());
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (clock, seen, asked) = (clock.clone(), seen.clone(), asked.clone());
                connections.spawn(serve(stream, clock, seen, asked));
            }
        });
        Self {
            url,
            got,
            script,
            task: task.abort_handle(),
        }
    }

    /// One that answers every request alike.
    pub async fn answering(app: &TestApp, status: u16) -> Self {
        Self::start(app, move |_, _| Reply::status(status)).await
    }

    /// Answers otherwise from now on.
    pub fn answer(&self, status: u16) {
        self.answer_by(move |_, _| Reply::status(status));
    }

    /// Answers by another script from now on.
    pub fn answer_by(&self, script: impl Fn(usize, &Got) -> Reply + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Arc::new(script);
    }

    /// All that it got, in order.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    clock: Arc<AtomicI64>,
    got: Arc<Mutex<Vec<Got>>>,
    script: Arc<Mutex<Script>>,
) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = find(&buffer, b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let text = String::from_utf8_lossy(&buffer[..head]).into_owned();
        let mut lines = text.split("\r\n");
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers.get("content-length")?.parse().ok()?;
        let end = head + 4 + length;
        while buffer.len() < end {
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
        let one = Got {
            at_ms: clock.load(Ordering::SeqCst),
            path,
            headers,
            body: buffer[head + 4..end].to_vec(),
        };
        buffer.drain(..end);
        let number = {
            let mut got = got.lock().unwrap();
            got.push(one.clone());
            got.len() - 1
        };
        let asked = script.lock().unwrap().clone();
        let reply = asked(number, &one);
        tokio::time::sleep(reply.delay).await;
        stream.write_all(&reply.bytes).await.ok()?;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
