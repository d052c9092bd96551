//! Measures Weighbridge against a bare yardstick in the same run: an axum server with nothing but
//! the one thing that is compared. Client and servers share the machine's cores, so only the
//! ratios mean something.

#![expect(clippy::print_stdout, reason = "the table is the result")]

mod access;
mod callbacks;
mod client;
mod fill;
mod receiver;
mod verify;
mod yardstick;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use base64::Engine;
use client::{Load, measure};
use serde_json::{Value, json};

/// Connections of the load.
const CLIENTS: usize = 32;
/// Length of one measurement.
const SECONDS: u64 = 4;
/// Measurements of each side, in turn; the median counts.
const ROUNDS: usize = 3;
/// What can be measured by itself.
const PARTS: [&str; 4] = ["requests", "access", "callbacks", "lists"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["yardstick", folder, port] => yardstick::serve(Path::new(folder), port.parse()?).await,
        ["receiver", ports @ ..] => {
            let ports = ports.iter().map(|port| port.parse());
            receiver::serve(&ports.collect::<Result<Vec<u16>, _>>()?).await
        }
        ["run", program] => run(program, &PARTS).await,
        ["run", program, parts @ ..] => run(program, parts).await,
        _ => bail!(
            "usage: bench run PROGRAM [PART…]; parts: {}",
            PARTS.join(", ")
        ),
    }
}

struct Server {
    child: Child,
    port: u16,
    started: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}

async fn start(
    program: &str,
    arguments: &[&str],
    port: u16,
    ready: &str,
) -> anyhow::Result<Server> {
    let started = Instant::now();
    let child = Command::new(program)
        .args(arguments)
        .env("WEIGHBRIDGE_LOG", "warn")
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("{program} does not start"))?;
    let mut server = Server {
        child,
        port,
        started: Duration::ZERO,
    };
    while client::once(port, &client::get(ready, None)).await.is_err() {
        if started.elapsed() > Duration::from_secs(20) {
            bail!("{program} does not answer");
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    server.started = started.elapsed();
    Ok(server)
}

async fn serve(program: &str, folder: &Path, more: &[&str]) -> anyhow::Result<Server> {
    let port = free_port()?;
    let listen = format!("127.0.0.1:{port}");
    let folder = folder.display().to_string();
    let mut arguments = vec!["serve", "--data-dir", &folder, "--listen", &listen];
    arguments.extend(more);
    start(program, &arguments, port, "/healthz").await
}

fn bootstrap(program: &str, folder: &Path, more: &[&str]) -> anyhow::Result<Value> {
    let output = Command::new(program)
        .args([
            "bootstrap",
            "--json",
            "--email",
            "a@example.com",
            "--company",
            "Bench",
        ])
        .arg("--data-dir")
        .arg(folder)
        .args(more)
        .env("WEIGHBRIDGE_PASSWORD", "correct horse battery staple")
        .output()?;
    serde_json::from_slice(&output.stdout).context("bootstrap failed")
}

fn resident_megabytes(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .context("no VmRSS")?;
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .context("no number")?
        .parse()?;
    Ok(kilobytes / 1024.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures both sides in turn and prints the ratio of the medians.
async fn compare(name: &str, ours: &Load, bare: &Load, goal: &str) -> anyhow::Result<()> {
    let (mut our_rates, mut bare_rates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_rates.push(measure(ours, CLIENTS, Duration::from_secs(SECONDS)).await?);
        bare_rates.push(measure(bare, CLIENTS, Duration::from_secs(SECONDS)).await?);
    }
    let (our_rate, bare_rate) = (median(our_rates.clone()), median(bare_rates.clone()));
    println!("{name}");
    println!(
        "  ours  {our_rate:9.0}/s   (rounds: {})",
        rounds(&our_rates)
    );
    println!(
        "  bare  {bare_rate:9.0}/s   (rounds: {})",
        rounds(&bare_rates)
    );
    println!("  ratio {:9.2}     goal {goal}", our_rate / bare_rate);
    Ok(())
}

fn rounds(rates: &[f64]) -> String {
    rates
        .iter()
        .map(|rate| format!("{rate:.0}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A categorization whose stored row is about 1 KiB.
fn task_body() -> String {
    json!({
        "attachment": "https://example.com/pictures/0001.jpg",
        "attachment_type": "image",
        "categories": ["loaded", "empty"],
        "instruction": "x".repeat(700),
        "metadata": {"lane": 4, "camera": "gate-4"},
    })
    .to_string()
}

async fn run(program: &str, parts: &[&str]) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir_in("target")?;
    let scratch = scratch.path();
    for part in parts {
        match *part {
            "requests" => requests(program, scratch).await?,
            "access" => {
                access::index_sizes()?;
                access::revocation(program, scratch).await?;
                access::log_ins(program, scratch).await?;
                access::equal_times(program, scratch).await?;
            }
            "callbacks" => callbacks::run(program, scratch).await?,
            "lists" => lists(program, scratch).await?,
            other => bail!("there is no part {other}; parts: {}", PARTS.join(", ")),
        }
    }
    Ok(())
}

async fn requests(program: &str, scratch: &Path) -> anyhow::Result<()> {
    let data = scratch.join("ours");
    let made = bootstrap(program, &data, &[])?;
    let key = made["live_api_key"].as_str().context("no key")?;
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
    let auth = format!("Basic {credentials}");

    let ours = serve(program, &data, &[]).await?;
    println!(
        "start to /healthz   {:.3} s   goal <= 0.3 s",
        ours.started.as_secs_f64()
    );
    println!(
        "idle memory         {:.1} MB   goal <= 60 MB",
        resident_megabytes(ours.child.id())?
    );
    let bare_folder = scratch.join("bare");
    std::fs::create_dir_all(&bare_folder)?;
    let bare_port = free_port()?;
    let own = std::env::current_exe()?.display().to_string();
    let folder = bare_folder.display().to_string();
    let bare = start(
        &own,
        &["yardstick", &folder, &bare_port.to_string()],
        bare_port,
        "/empty",
    )
    .await?;

    let mut rates = Vec::new();
    let empty = Load::new(bare.port, client::get("/empty", None));
    for _ in 0..ROUNDS {
        rates.push(measure(&empty, CLIENTS, Duration::from_secs(SECONDS)).await?);
    }
    let rate = median(rates);
    let cores = std::thread::available_parallelism()?.get() as f64;
    // What the handler and its client take of all cores for one request.
    let request = cores * 1e6 / rate;
    let verification = verify::Bench::new(1000)?.microseconds(1000)?;
    println!("verify a key");
    println!("  one verification   {verification:.2} us of one core");
    println!(
        "  an empty handler   {request:.2} us of one core a request ({rate:.0}/s, {cores} cores)"
    );
    println!(
        "  share {:9.1} %   goal <= 5 %",
        100.0 * verification / (request + verification)
    );

    let body = task_body();
    let create = Load::new(
        ours.port,
        client::post("/v1/task/categorization", Some(&auth), &body),
    );
    let insert = Load::new(bare.port, client::post("/insert", None, &body));
    compare(
        "durable create of a 1 KiB task, 32 clients",
        &create,
        &insert,
        ">= 0.4",
    )
    .await?;

    let created = client::once(
        ours.port,
        &client::post("/v1/task/categorization", Some(&auth), &body),
    )
    .await?;
    let task: Value = serde_json::from_slice(&created)?;
    let task_id = task["task_id"].as_str().context("no task")?;
    let row = client::once(bare.port, &client::post("/insert", None, &body)).await?;
    let row = String::from_utf8(row)?;
    let get = Load::new(
        ours.port,
        client::get(&format!("/v1/task/{task_id}"), Some(&auth)),
    );
    let read = Load::new(bare.port, client::get(&format!("/read/{row}"), None));
    compare("GET /v1/task/{id}", &get, &read, ">= 0.6").await?;
    Ok(())
}

async fn lists(program: &str, scratch: &Path) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for tasks in [1_000, 1_000_000] {
        let data = scratch.join(format!("list-{tasks}"));
        let made = bootstrap(program, &data, &[])?;
        fill::fill(
            &data,
            made["account_id"].as_str().context("no account")?,
            tasks,
        )
        .await?;
        let server = serve(program, &data, &[]).await?;
        let key = made["live_api_key"].as_str().context("no key")?;
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
        let request = client::get("/v1/tasks?limit=100", Some(&format!("Basic {credentials}")));
        let mut rounds = Vec::new();
        for _ in 0..200 {
            let started = Instant::now();
            client::once(server.port, &request).await?;
            rounds.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        let time = median(rounds);
        println!("list of 100 tasks at {tasks:>9} tasks   {time:.2} ms (median of 200)");
        times.push(time);
    }
    println!("  ratio {:.2}     goal <= 2", times[1] / times[0]);
    Ok(())
}
