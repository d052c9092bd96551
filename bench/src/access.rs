//! What access costs: verification by the size of the index, how soon a revoked key fails, and what
//! log-ins take from programs that call meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{Server, bootstrap, client, free_port, resident_megabytes, start, verify};

/// Rounds of revoking.
const REVOCATIONS: usize = 20;
/// Requests a second beside the log-ins.
const REQUESTS_A_SECOND: u64 = 1000;
/// Log-ins a second.
const LOG_INS_A_SECOND: u64 = 20;
/// Length of each part of the log-in measurement.
const LOG_IN_SECONDS: u64 = 8;

/// Verification with 100 and with 1,000,000 keys in the index.
pub(crate) fn index_sizes() -> anyhow::Result<()> {
    let own = std::process::id();
    let small = verify::Bench::new(100)?;
    let before = resident_megabytes(own)?;
    let large = verify::Bench::new(1_000_000)?;
    let used = resident_megabytes(own)? - before;
    let (mut few, mut many, mut cold) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        few.push(small.microseconds(100)?);
        many.push(large.microseconds(100)?);
        cold.push(large.microseconds(verify::HEADERS_MAX)?);
    }
    let (few, many, cold) = (crate::median(few), crate::median(many), crate::median(cold));
    println!("verify a key by the number of keys in the index");
    println!("        100 keys, 100 in use      {few:.2} us");
    println!("  1,000,000 keys, 100 in use      {many:.2} us");
    println!(
        "  1,000,000 keys, {} in use  {cold:.2} us   (nothing of them is in a cache)",
        verify::HEADERS_MAX
    );
    println!("  ratio {:.2}     goal <= 1.2", many / few);
    println!(
        "  memory of 1,000,000 keys  {used:.0} MB ({:.0} bytes each)",
        used * 1.048_576
    );
    Ok(())
}

fn authorization(key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:")))
}

/// A person's browser, as far as a bench needs one.
struct Browser {
    port: u16,
    cookie: String,
}

impl Browser {
    async fn log_in(port: u16) -> anyhow::Result<Self> {
        let answer = client::call(port, &log_in_request()).await?;
        anyhow::ensure!(answer.status == 200, "the log-in failed: {}", answer.head);
        let cookie = answer
            .head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, value)| {
                name.eq_ignore_ascii_case("set-cookie") && value.contains("_session=")
            })
            .and_then(|(_, value)| value.split(';').next())
            .context("no cookie")?
            .to_owned();
        Ok(Self { port, cookie })
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = app_request("POST", path, Some(&self.cookie), &body.to_string());
        let answer = client::call(self.port, &request).await?;
        anyhow::ensure!(answer.status < 300, "{path}: {}", answer.head);
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

fn log_in_request() -> Vec<u8> {
    let body = json!({"email": "a@example.com", "password": "correct horse battery staple"});
    app_request("POST", "/web/session", None, &body.to_string())
}

fn app_request(method: &str, path: &str, cookie: Option<&str>, body: &str) -> Vec<u8> {
    let cookie = cookie
        .map(|cookie| format!("cookie: {cookie}\r\n"))
        .unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nsec-fetch-site: same-origin\r\n{cookie}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// How soon a revoked key fails, on one node and on three.
pub(crate) async fn revocation(program: &str, scratch: &Path) -> anyhow::Result<()> {
    let data = scratch.join("revoke-1");
    bootstrap(program, &data, &[])?;
    let server = crate::serve(program, &data, &[]).await?;
    revoke_on("revoke on one node (SQLite)", &[server]).await?;

    let Ok(base) = std::env::var("WEIGHBRIDGE_TEST_POSTGRES") else {
        println!("revoke on three nodes: not measured, since there is no PostgreSQL here");
        return Ok(());
    };
    let url = make_database(&base)?;
    let data = scratch.join("revoke-3");
    bootstrap(program, &data, &["--database", &url])?;
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(crate::serve(program, &data, &["--database", &url]).await?);
    }
    revoke_on("revoke on three nodes (PostgreSQL)", &servers).await
}

fn make_database(base: &str) -> anyhow::Result<String> {
    let name = format!("bench_{}", std::process::id());
    let (server, _) = base.rsplit_once('/').context("no database in the URL")?;
    let (base, made) = (base.to_owned(), name.clone());
    std::thread::spawn(move || -> anyhow::Result<()> {
        let mut client = postgres::Client::connect(&base, postgres::NoTls)?;
        Ok(client.batch_execute(&format!("CREATE DATABASE {made}"))?)
    })
    .join()
    .map_err(|_| anyhow::anyhow!("the database could not be made"))??;
    Ok(format!("{server}/{name}"))
}

async fn revoke_on(name: &str, servers: &[Server]) -> anyhow::Result<()> {
    let browser = Browser::log_in(servers[0].port).await?;
    let (mut answered, mut last_success, mut after_answer) = (Vec::new(), Vec::new(), 0);
    for round in 0..REVOCATIONS {
        let body = json!({"environment": "live", "name": format!("round {round}")});
        let made = browser.post("/web/keys", &body).await?;
        let key = made["text"].as_str().context("no key")?;
        let id = made["key"]["key_id"].as_str().context("no id")?;
        let request = client::get("/v1/projects", Some(&authorization(key)));
        let stop = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for server in servers {
            for _ in 0..2 {
                let (port, request, stop) = (server.port, request.clone(), stop.clone());
                callers.spawn(async move { call_until(port, &request, &stop).await });
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let started = Instant::now();
        browser
            .post(&format!("/web/keys/{id}/revoke"), &json!({}))
            .await?;
        let answer = Instant::now();
        // Long enough for a late success to show.
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.store(true, Ordering::Relaxed);
        let mut latest = started;
        while let Some(last) = callers.join_next().await {
            latest = latest.max(last??);
        }
        answered.push(answer.duration_since(started).as_secs_f64() * 1000.0);
        last_success.push(latest.duration_since(started).as_secs_f64() * 1000.0);
        after_answer += usize::from(latest > answer);
    }
    let worst = last_success.iter().copied().fold(0.0, f64::max);
    println!("{name}, {REVOCATIONS} rounds");
    println!(
        "  to the answer           {:.1} ms (median)",
        crate::median(answered)
    );
    println!(
        "  to the last success     {:.1} ms (median), {worst:.1} ms (worst)",
        crate::median(last_success)
    );
    println!("  successes sent after the answer in {after_answer} rounds   goal 0");
    Ok(())
}

/// Calls until told to stop; gives when the last call that succeeded was *sent*.
async fn call_until(port: u16, request: &[u8], stop: &AtomicBool) -> anyhow::Result<Instant> {
    let mut caller = client::Caller::connect(port).await?;
    let mut last = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let sent = Instant::now();
        if caller.call(request).await?.status == 200 {
            last = sent;
        }
        tokio::task::yield_now().await;
    }
    Ok(last)
}

/// What log-ins take from programs that call meanwhile.
pub(crate) async fn log_ins(program: &str, scratch: &Path) -> anyhow::Result<()> {
    let data = scratch.join("log-ins");
    let made = bootstrap(program, &data, &[])?;
    let port = free_port()?;
    let (listen, folder) = (format!("127.0.0.1:{port}"), data.display().to_string());
    let arguments = ["serve", "--data-dir", &folder, "--listen", &listen];
    let server = start(program, &arguments, port, "/healthz").await?;
    let key = made["live_api_key"].as_str().context("no key")?;
    let request = client::get("/v1/projects", Some(&authorization(key)));
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        alone.push(latency_p99(server.port, &request, false).await?);
        beside.push(latency_p99(server.port, &request, true).await?);
    }
    let (alone, beside) = (crate::median(alone), crate::median(beside));
    println!(
        "{REQUESTS_A_SECOND} requests/s beside {LOG_INS_A_SECOND} log-ins/s (p99, median of 3)"
    );
    println!("  without log-ins    {alone:.2} ms");
    println!("  with log-ins       {beside:.2} ms");
    println!("  ratio {:.2}     goal <= 1.2", beside / alone);
    Ok(())
}

/// Whether the time of an answer tells if somebody has an address (authentication.md case 70, 105).
pub(crate) async fn equal_times(program: &str, scratch: &Path) -> anyhow::Result<()> {
    let data = scratch.join("equal-times");
    bootstrap(program, &data, &[])?;
    for round in 0..200 {
        let added = std::process::Command::new(program)
            .args(["user", "add", "--role", "member", "--email"])
            .arg(format!("known{round}@example.com"))
            .arg("--data-dir")
            .arg(&data)
            .env("WEIGHBRIDGE_PASSWORD", "correct horse battery staple")
            .output()?;
        anyhow::ensure!(added.status.success(), "a person could not be added");
    }
    let proxies = [
        "--trusted-proxies",
        "127.0.0.0/8",
        "--smtp-url",
        "smtp://127.0.0.1:9",
    ];
    let options = [&proxies[..], &["--mail-from", "bench@example.com"]].concat();
    let server = crate::serve(program, &data, &options).await?;
    println!("known and unknown addresses, median of 200 each");
    for (what, path, password, status) in [
        ("log-in", "/web/session", Some("not the password"), 401),
        ("reset", "/web/password-reset", None, 202),
        ("sign-up", "/web/sign-up", Some("twelve brave goats"), 202),
    ] {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for round in 0..200 {
            // An address of its own each time, or the throttles would answer.
            for (times, email) in [
                (&mut known, format!("known{round}@example.com")),
                (&mut unknown, format!("other{round}@example.com")),
            ] {
                let body = json!({"email": email, "password": password, "company": "New"});
                let body = body.to_string();
                let forwarded = format!("198.51.{}.{}", round, times.len() % 250);
                let request = app_request("POST", path, None, &body);
                let request = String::from_utf8(request)?.replacen(
                    "\r\n",
                    &format!("\r\nx-forwarded-for: {forwarded}\r\n"),
                    1,
                );
                let started = Instant::now();
                let answer = client::call(server.port, request.as_bytes()).await?;
                anyhow::ensure!(answer.status == status, "{what}: {}", answer.head);
                times.push(started.elapsed().as_secs_f64() * 1000.0);
                // The whole server takes 50 failures a second.
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        }
        let (known, unknown) = (crate::median(known), crate::median(unknown));
        let ratio = known.max(unknown) / known.min(unknown);
        println!(
            "  {what:<8} {known:.2} ms known, {unknown:.2} ms unknown   ratio {ratio:.2}   goal <= 1.1"
        );
    }
    Ok(())
}

async fn latency_p99(port: u16, request: &[u8], with_log_ins: bool) -> anyhow::Result<f64> {
    let end = Instant::now() + Duration::from_secs(LOG_IN_SECONDS);
    let mut running = JoinSet::new();
    // Each of ten callers sends at fixed times, so that a slow answer is not fewer requests.
    for caller in 0..10 {
        let request = request.to_vec();
        running.spawn(async move {
            let mut connection = client::Caller::connect(port).await?;
            let mut times = Vec::new();
            let every = Duration::from_micros(10 * 1_000_000 / REQUESTS_A_SECOND);
            let mut due = Instant::now() + every * caller / 10;
            while due < end {
                tokio::time::sleep_until(due.into()).await;
                connection.call(&request).await?;
                times.push(due.elapsed().as_secs_f64() * 1000.0);
                due += every;
            }
            anyhow::Ok(times)
        });
    }
    let log_ins = tokio::spawn(async move {
        let mut sent = JoinSet::new();
        let every = Duration::from_millis(1000 / LOG_INS_A_SECOND);
        while with_log_ins && Instant::now() < end {
            sent.spawn(async move { client::call(port, &log_in_request()).await });
            tokio::time::sleep(every).await;
        }
        while let Some(answer) = sent.join_next().await {
            let answer = answer??;
            anyhow::ensure!(answer.status == 200, "a log-in failed: {}", answer.head);
        }
        anyhow::Ok(())
    });
    let mut times = Vec::new();
    while let Some(some) = running.join_next().await {
        times.extend(some??);
    }
    log_ins.await??;
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() * 99 / 100])
}
