//! What delivery does to a receiver on this machine: how many callbacks a second, how late, beside
//! dead receivers, and with a long queue. Every attempt is in the database when a part ends.

#![expect(
    clippy::disallowed_methods,
    reason = "a load on this machine has no address that a user gave"
)]

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::fill::{self, Queue};
use crate::receiver::{Count, count_of};
use crate::{
    Server, bootstrap, client, free_port, median, resident_megabytes, rounds, serve, start,
};

/// Ports of the receiver: as many targets.
const TARGETS: usize = 8;
/// Requests under way at a time, on either side: eight at each target.
const CONCURRENCY: usize = 64;
/// Bytes of a body.
const BODY_BYTES: usize = 2048;
/// Callbacks of one round.
const CALLBACKS: u64 = 60_000;
/// Rounds of each side, in turn; the median counts.
const ROUNDS: usize = 3;
/// Length of a measurement of the bare side.
const BARE_SECONDS: u64 = 4;
/// Length of the load at a fixed rate.
const LOAD_SECONDS: u64 = 10;
/// Callers of a load.
const CALLERS: usize = 16;
/// Receivers that do not answer, and what waits for each.
const DEAD_TARGETS: u32 = 1_000;
const DEAD_CALLBACKS: u64 = 1_000;
/// No part may take longer.
const PATIENCE: Duration = Duration::from_secs(180);
/// The server may call this machine.
const ALLOW: [&str; 2] = ["--allow-callback-network", "127.0.0.0/8"];

/// All parts.
pub(crate) async fn run(program: &str, scratch: &Path) -> anyhow::Result<()> {
    let ports: Vec<u16> = (0..TARGETS)
        .map(|_| free_port())
        .collect::<Result<_, _>>()?;
    let receiver = start_receiver(&ports).await?;
    let rate = throughput(program, scratch, &ports).await?;
    lag(program, scratch, &ports).await?;
    dead_targets(program, scratch, &ports, rate).await?;
    drop(receiver);
    Ok(())
}

async fn start_receiver(ports: &[u16]) -> anyhow::Result<Server> {
    let own = std::env::current_exe()?.display().to_string();
    let ports_text: Vec<String> = ports.iter().map(u16::to_string).collect();
    let mut arguments = vec!["receiver"];
    arguments.extend(ports_text.iter().map(String::as_str));
    start(&own, &arguments, ports[0], "/count").await
}

fn url_of(port: u16) -> String {
    format!("http://127.0.0.1:{port}/cb")
}

async fn throughput(program: &str, scratch: &Path, ports: &[u16]) -> anyhow::Result<f64> {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let data = scratch.join(format!("drain-{round}"));
        let made = bootstrap(program, &data, &[])?;
        let urls: Vec<String> = ports.iter().map(|port| url_of(*port)).collect();
        fill_outbox(&data, &made, &[healthy_queue(&urls)]).await?;
        ours.push(drain(program, &data, ports[0], CALLBACKS).await?);
        ensure_recorded(&data.join("test.db"))?;
        bare.push(bare_posts(ports).await?);
    }
    println!(
        "callbacks of {BODY_BYTES} bytes to a local receiver, {CONCURRENCY} at a time, each attempt durable"
    );
    let (our_rate, bare_rate) = (median(ours.clone()), median(bare.clone()));
    println!("  ours  {our_rate:9.0}/s   (rounds: {})", rounds(&ours));
    println!(
        "  bare  {bare_rate:9.0}/s   (rounds: {}; a reqwest loop)",
        rounds(&bare)
    );
    println!(
        "  ratio {:9.2}     goal >= 0.15, on the way to 0.3",
        our_rate / bare_rate
    );
    Ok(our_rate)
}

fn healthy_queue(urls: &[String]) -> Queue {
    Queue {
        urls: urls.to_vec(),
        callbacks: CALLBACKS,
        body_bytes: BODY_BYTES,
    }
}

async fn fill_outbox(data: &Path, made: &Value, queues: &[Queue]) -> anyhow::Result<()> {
    let made_ms = now_ms()?.cast_unsigned();
    fill::callbacks(data, account_of(made)?, made_ms, queues).await
}

/// Callbacks a second from the first that arrives to the last of `callbacks`.
async fn drain(program: &str, data: &Path, port: u16, callbacks: u64) -> anyhow::Result<f64> {
    let before = count_of(port).await?.received;
    let server = serve(program, data, &ALLOW).await?;
    let first = until(port, before + 1).await?;
    let last = until(port, before + callbacks).await?;
    // The results of the last ones are still to be written.
    stop(server)?;
    let seconds = last.last - first.now;
    ensure!(seconds > 0.0, "too few callbacks to measure");
    Ok((last.received - first.received) as f64 / seconds)
}

async fn until(port: u16, received: u64) -> anyhow::Result<Count> {
    let started = Instant::now();
    loop {
        let count = count_of(port).await?;
        if count.received >= received {
            return Ok(count);
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "{} of {received} callbacks have arrived",
            count.received
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Ends a server as an operator does, so that all its results are written.
fn stop(mut server: Server) -> anyhow::Result<()> {
    std::process::Command::new("kill")
        .args(["-TERM", &server.child.id().to_string()])
        .status()?;
    server.child.wait()?;
    Ok(())
}

/// Every callback is delivered, and its attempt is there.
fn ensure_recorded(database: &Path) -> anyhow::Result<()> {
    let connection = rusqlite::Connection::open(database)?;
    let count = |what: &str| -> anyhow::Result<i64> {
        let text = format!("SELECT count(*) FROM {what}");
        Ok(connection.query_row(&text, [], |row| row.get(0))?)
    };
    let delivered = count("callbacks WHERE state = 'delivered'")?;
    let attempts = count("callback_attempts WHERE outcome = 'delivered'")?;
    let others = count("callback_attempts WHERE outcome <> 'delivered'")?;
    let resent = count("callback_attempts WHERE detail LIKE '%second time%'")?;
    ensure!(
        delivered == CALLBACKS as i64 && attempts == delivered,
        "{delivered} of {CALLBACKS} callbacks are delivered, by {attempts} attempts; {others} other \
         attempts; {resent} requests went out twice"
    );
    Ok(())
}

/// Posts a second of a bare client that does nothing else.
async fn bare_posts(ports: &[u16]) -> anyhow::Result<f64> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let body = bytes::Bytes::from("x".repeat(BODY_BYTES));
    let started = Instant::now();
    let mut posting = JoinSet::new();
    for place in 0..CONCURRENCY {
        let (client, body) = (client.clone(), body.clone());
        let url = url_of(ports[place % ports.len()]);
        posting.spawn(async move {
            let mut sent = 0_u64;
            while started.elapsed() < Duration::from_secs(BARE_SECONDS) {
                client
                    .post(&url)
                    .body(body.clone())
                    .send()
                    .await?
                    .bytes()
                    .await?;
                sent += 1;
            }
            anyhow::Ok(sent)
        });
    }
    let mut sent = 0;
    while let Some(done) = posting.join_next().await {
        sent += done??;
    }
    Ok(sent as f64 / started.elapsed().as_secs_f64())
}

fn account_of(made: &Value) -> anyhow::Result<&str> {
    made["account_id"].as_str().context("no account")
}

fn creations(made: &Value, ports: &[u16]) -> anyhow::Result<Vec<Vec<u8>>> {
    let key = made["test_api_key"].as_str().context("no key")?;
    let auth = format!("Basic {}", STANDARD.encode(format!("{key}:")));
    Ok(ports
        .iter()
        .map(|port| {
            let body = json!({
                "attachment": "https://example.com/pictures/0001.jpg",
                "attachment_type": "image",
                "categories": ["loaded", "empty"],
                "instruction": "x".repeat(700),
                "callback_url": url_of(*port),
            });
            client::post("/v1/task/categorization", Some(&auth), &body.to_string())
        })
        .collect())
}

/// Creates test tasks for `time`, each with its callback: as fast as may be, or `a_second`.
async fn create(
    port: u16,
    requests: &[Vec<u8>],
    time: Duration,
    a_second: Option<f64>,
) -> anyhow::Result<u64> {
    let created = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for place in 0..CALLERS {
        let (request, created) = (requests[place % requests.len()].clone(), created.clone());
        callers.spawn(async move {
            let mut caller = client::Caller::connect(port).await?;
            let every = a_second.map(|rate| Duration::from_secs_f64(CALLERS as f64 / rate));
            let mut due = started
                + every
                    .unwrap_or_default()
                    .mul_f64(place as f64 / CALLERS as f64);
            while started.elapsed() < time {
                if let Some(every) = every {
                    tokio::time::sleep_until(due.into()).await;
                    due += every;
                }
                let answer = caller.call(&request).await?;
                ensure!(
                    answer.status == 200,
                    "a task was not created: {}",
                    answer.head
                );
                created.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(created.load(Ordering::Relaxed))
}

/// How late callbacks are when tasks are created at 70 % of what create and delivery reach together.
async fn lag(program: &str, scratch: &Path, ports: &[u16]) -> anyhow::Result<()> {
    let data = scratch.join("lag-full");
    let made = bootstrap(program, &data, &[])?;
    let server = serve(program, &data, &ALLOW).await?;
    let requests = creations(&made, ports)?;
    let before = count_of(ports[0]).await?;
    let created = create(server.port, &requests, Duration::from_secs(4), None).await?;
    let last = until(ports[0], before.received + created).await?;
    let full = created as f64 / (last.last - before.now);
    stop(server)?;

    let data = scratch.join("lag-70");
    let made = bootstrap(program, &data, &[])?;
    let server = serve(program, &data, &ALLOW).await?;
    let requests = creations(&made, ports)?;
    let before = count_of(ports[0]).await?;
    let time = Duration::from_secs(LOAD_SECONDS);
    let created = create(server.port, &requests, time, Some(0.7 * full)).await?;
    until(ports[0], before.received + created).await?;
    stop(server)?;
    let lags = lags_in(&data.join("test.db"), 0)?;
    println!(
        "lag from commit to first try, tasks created at 70 % of {full:.0}/s with their callbacks"
    );
    println!(
        "  {:.0} ms (median), {:.0} ms (p99) of {} callbacks   goal p99 < 1000 ms",
        part(&lags, 0.5),
        part(&lags, 0.99),
        lags.len()
    );
    Ok(())
}

/// Milliseconds from the commit to the first try at the healthy receivers, in order; of callbacks
/// made after `from`, Unix ms.
fn lags_in(database: &Path, from: i64) -> anyhow::Result<Vec<f64>> {
    let connection = rusqlite::Connection::open(database)?;
    let mut statement = connection.prepare(
        "SELECT first_try_at - created_at FROM callbacks
        WHERE first_try_at IS NOT NULL AND created_at >= ?1 AND url LIKE 'http://127.0.0.1:%'",
    )?;
    let mut lags = statement
        .query_map([from], |row| row.get::<_, i64>(0))?
        .map(|lag| lag.map(|lag| lag as f64))
        .collect::<Result<Vec<_>, _>>()?;
    lags.sort_by(f64::total_cmp);
    Ok(lags)
}

fn part(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share) as usize;
    sorted
        .get(place.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

/// A port at which nobody answers: connecting to it gets no word, as with a machine that is off.
struct Silent {
    _listener: std::net::TcpListener,
    _waiting: Vec<TcpStream>,
    port: u16,
}

impl Silent {
    fn new() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind("0.0.0.0:0")?;
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], listener.local_addr()?.port()));
        // Nobody accepts. Once the line is full the system drops every further SYN.
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            waiting.push(stream);
            ensure!(waiting.len() < 20_000, "the line does not fill");
        }
        Ok(Self {
            _listener: listener,
            _waiting: waiting,
            port: address.port(),
        })
    }

    fn queues(&self) -> Vec<Queue> {
        (0..DEAD_TARGETS)
            .map(|number| Queue {
                urls: vec![format!(
                    "http://127.1.{}.{}:{}/cb",
                    number / 250,
                    1 + number % 250,
                    self.port
                )],
                callbacks: DEAD_CALLBACKS,
                body_bytes: 64,
            })
            .collect()
    }
}

/// Makes all receivers so far ones that have failed, as a server leaves them that has tried each a few
/// times. All of them are due at once.
fn have_failed(database: &Path) -> anyhow::Result<()> {
    rusqlite::Connection::open(database)?.execute(
        "UPDATE callback_targets SET failures = 5, failing_tries = 5, failing_since = ?1 - 60000,
        last_failure_at = ?1, last_outcome = 'timeout_connect', served_at = ?1, open_ms = 10000,
        open_until = ?1, next_due_at = ?1",
        [now_ms()?],
    )?;
    Ok(())
}

fn now_ms() -> anyhow::Result<i64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(i64::try_from(now.as_millis())?)
}

/// A healthy receiver beside a thousand dead ones with a million callbacks; and what such a queue
/// costs at start and in memory.
async fn dead_targets(
    program: &str,
    scratch: &Path,
    ports: &[u16],
    rate_alone: f64,
) -> anyhow::Result<()> {
    let silent = Silent::new()?;
    let urls: Vec<String> = ports.iter().map(|port| url_of(*port)).collect();

    let data = scratch.join("alone");
    let made = bootstrap(program, &data, &[])?;
    let (alone, _, memory_alone) = paced(program, &data, &made, ports, rate_alone).await?;

    let data = scratch.join("beside");
    let made = bootstrap(program, &data, &[])?;
    fill_outbox(&data, &made, &silent.queues()).await?;
    have_failed(&data.join("test.db"))?;
    let (beside, ready, memory) = paced(program, &data, &made, ports, rate_alone).await?;
    fill_outbox(&data, &made, &[healthy_queue(&urls)]).await?;
    let rate_beside = drain(program, &data, ports[0], CALLBACKS).await?;

    let waiting = u64::from(DEAD_TARGETS) * DEAD_CALLBACKS;
    println!(
        "beside {DEAD_TARGETS} dead receivers of the same account, {waiting} callbacks waiting"
    );
    println!(
        "  healthy, drained   {rate_beside:.0}/s   alone {rate_alone:.0}/s   ratio {:.2}     goal >= 0.9",
        rate_beside / rate_alone
    );
    println!(
        "  healthy, lag p99   {:.1} ms   alone {:.1} ms (tasks created at a tenth of that rate)",
        part(&beside, 0.99),
        part(&alone, 0.99)
    );
    println!("  start to /healthz  {ready:.3} s   goal <= 2 s");
    println!("  memory             {memory:.1} MB   alone {memory_alone:.1} MB   goal: flat");
    Ok(())
}

/// Runs a server for a while under a light load; gives the lags at the healthy receiver, the
/// seconds to its start and its memory in megabytes at the end.
async fn paced(
    program: &str,
    data: &Path,
    made: &Value,
    ports: &[u16],
    rate: f64,
) -> anyhow::Result<(Vec<f64>, f64, f64)> {
    let server = serve(program, data, &ALLOW).await?;
    let requests = creations(made, ports)?;
    let mut due = count_of(ports[0]).await?.received;
    // The receivers are known as healthy before it is measured.
    for request in &requests {
        client::once(server.port, request).await?;
        due += 1;
    }
    until(ports[0], due).await?;
    let measured_from = now_ms()?;
    let time = Duration::from_secs(LOAD_SECONDS);
    due += create(server.port, &requests, time, Some(0.1 * rate)).await?;
    until(ports[0], due).await?;
    let (ready, memory) = (
        server.started.as_secs_f64(),
        resident_megabytes(server.child.id())?,
    );
    stop(server)?;
    Ok((
        lags_in(&data.join("test.db"), measured_from)?,
        ready,
        memory,
    ))
}
