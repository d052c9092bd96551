//! The server under test and the clients that call it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Role, UserId};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::control::users;
use store::{Location, StoreError};
use tower::ServiceExt;
use tower::util::BoxCloneService;
use weighbridge::app::App;
use weighbridge::clock::{Clock, IdSource};
use weighbridge::config::{Config, Values};
use weighbridge::http::origin::Peer;
use weighbridge::operations::create_account::{Made, NewUser, make_account, read_user};
use weighbridge::startup;
use weighbridge::workers::mail::KeptMail;

pub const PASSWORD: &str = "correct horse battery staple";

type Server = BoxCloneService<Request<Body>, Response, std::convert::Infallible>;

/// Where the store under test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Runs a test body on both engines.
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            async fn body($app: TestApp) $body
            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() { body(TestApp::start(crate::app::Engine::Sqlite).await).await; }
            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() { body(TestApp::start(crate::app::Engine::Postgres).await).await; }
        }
    )*};
}
pub(crate) use both_engines;

/// A server with one account; nothing listens.
pub struct TestApp {
    pub app: Arc<App>,
    pub made: Made,
    pub now_ms: Arc<AtomicI64>,
    service: Server,
    _folder: tempfile::TempDir,
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// Checks the status and gives the body.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// A cookie that the answer sets, as the browser sends it back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all("set-cookie").iter();
        all.filter_map(|value| value.to_str().unwrap().split(';').next())
            .find(|pair| pair.split('=').next() == Some(name))
            .map(str::to_owned)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

fn postgres_database() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let url = std::env::var("WEIGHBRIDGE_TEST_POSTGRES")
        .expect("run the tests by `make test`, or set WEIGHBRIDGE_TEST_POSTGRES");
    let name = format!(
        "it_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let (base, _) = url.rsplit_once('/').unwrap();
    let own = format!("{base}/{name}");
    std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
    })
    .join()
    .unwrap();
    own
}

/// Gives an app a clock, and makes its service.
fn with_clock(app: Arc<App>, clock: Clock) -> (Arc<App>, Server) {
    let mut app = Arc::into_inner(app).unwrap();
    app.clock = clock;
    let app = Arc::new(app);
    let service = BoxCloneService::new(weighbridge::http::service(&app));
    (app, service)
}

impl TestApp {
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[]).await
    }

    /// One whose mail goes to a box, as in `weighbridge dev`: see [`TestApp::mail`].
    pub async fn start_with_mail(engine: Engine) -> Self {
        Self::start_at(engine, &[], true, false).await
    }

    /// One with further settings.
    pub async fn start_with(engine: Engine, settings: &[(&'static str, &str)]) -> Self {
        Self::start_at(engine, settings, false, false).await
    }

    /// One with further settings, on the machine's clock.
    pub async fn start_on_system_clock(engine: Engine, settings: &[(&'static str, &str)]) -> Self {
        Self::start_at(engine, settings, false, true).await
    }

    async fn start_at(
        engine: Engine,
        settings: &[(&'static str, &str)],
        dev: bool,
        on_system_clock: bool,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = vec![
            ("data_dir", vec![folder.path().display().to_string()]),
            ("allow_callback_network", vec!["127.0.0.0/8".to_owned()]),
        ];
        if engine == Engine::Postgres {
            options.push(("database", vec![postgres_database()]));
            options.push(("database_connections", vec!["3".to_owned()]));
        }
        for (name, value) in settings {
            options.push((name, vec![(*value).to_owned()]));
        }
        let values = Values::gather(&options, |_| None, Path::new("/nonexistent")).unwrap();
        let config = Config::read(&values, dev).unwrap();
        let app = startup::build_app(config).await.unwrap();
        let admin = NewUser {
            email: "Ada@Example.com",
            name: "Ada",
            role: Role::Admin,
            password: PASSWORD,
        };
        let made = make_account(&app.stores.control, &app.secrets, "Acme", None, &admin)
            .await
            .unwrap();
        let now_ms = Arc::new(AtomicI64::new(1_800_000_000_000));
        let clock = if on_system_clock {
            Clock::System
        } else {
            Clock::Fixed(now_ms.clone())
        };
        let (app, service) = with_clock(app, clock);
        let this = Self {
            service,
            app,
            made,
            now_ms,
            _folder: folder,
        };
        this.refresh().await;
        this
    }

    /// Puts a second process on the same databases in the place of this one, as a restart would.
    pub async fn restart(&mut self) {
        let app = startup::build_app((*self.app.config).clone())
            .await
            .unwrap();
        (self.app, self.service) = with_clock(app, Clock::Fixed(self.now_ms.clone()));
    }

    /// Delivers what mail is due; gives all that was delivered to an address, newest first.
    pub async fn mail(&self, to: &str) -> Vec<KeptMail> {
        while weighbridge::workers::mail::run_once(&self.app).await > 0 {}
        let mut mails = self.app.mail_box.all();
        mails.retain(|mail| mail.to == to);
        mails
    }

    pub async fn refresh(&self) {
        let app = &self.app;
        app.directory
            .refresh(&app.stores.control, &app.secrets, &app.clock)
            .await
            .unwrap();
    }

    /// Runs a statement past Weighbridge, in `control`, `live` or `test`; gives the number of rows
    /// that it changed, or the database's refusal.
    pub fn by_the_back_door(&self, schema: &str, statement: &str) -> Result<u64, String> {
        let (control, live, test) = match &self.app.config.location {
            Location::Folder(folder) => {
                let file = rusqlite::Connection::open(folder.join(format!("{schema}.db"))).unwrap();
                let changed = file
                    .execute(statement, [])
                    .map_err(|error| error.to_string());
                return changed.map(|rows| rows as u64);
            }
            Location::Postgres {
                control,
                live,
                test,
                ..
            } => (control, live, test),
        };
        let url = match schema {
            "control" => control,
            "live" => live,
            "test" => test,
            _ => panic!("no schema {schema}"),
        };
        let (url, path) = (url.clone(), format!("SET search_path TO {schema}"));
        let statement = statement.to_owned();
        // The client blocks, which a thread of the runtime must not.
        std::thread::spawn(move || {
            let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            client.batch_execute(&path).unwrap();
            client
                .execute(&statement, &[])
                .map_err(|error| format!("{:?}", error.as_db_error()))
        })
        .join()
        .unwrap()
    }

    /// Another account, *Beta*, with an Admin of its own: beth@example.com.
    pub async fn add_account(&self) -> Made {
        let beth = NewUser {
            email: "beth@example.com",
            name: "Beth",
            role: Role::Admin,
            password: PASSWORD,
        };
        let control = &self.app.stores.control;
        let made = make_account(control, &self.app.secrets, "Beta", None, &beth)
            .await
            .unwrap();
        self.refresh().await;
        made
    }

    pub fn advance(&self, by_ms: i64) {
        self.now_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    pub async fn add_user(&self, email: &str, role: Role) -> UserId {
        let (time, random) = IdSource::default().next(self.app.clock.now_ms());
        let user_id = UserId::from_parts(time, random);
        let name = email.split('@').next().unwrap();
        let new = NewUser {
            email,
            name,
            role,
            password: PASSWORD,
        };
        let row = read_user(&self.app.secrets, self.made.account_id, user_id, &new).unwrap();
        self.app
            .stores
            .control
            .write(move |tx| users::insert(tx, &row, 0))
            .await
            .map_err(|error: StoreError| error)
            .unwrap();
        user_id
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.respond(request).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// An answer whose body is still to come.
    pub async fn respond(&self, mut request: Request<Body>) -> Response {
        if request.extensions().get::<Peer>().is_none() {
            let peer = Peer(([127, 0, 0, 1], 4711).into());
            request.extensions_mut().insert(peer);
        }
        let ready = self.service.clone();
        ready.oneshot(request).await.unwrap()
    }

    /// A client with the live key.
    pub fn live(&self) -> Client<'_> {
        self.client(self.made.live_api_key.expose())
    }

    /// A client with the test key.
    pub fn test(&self) -> Client<'_> {
        self.client(self.made.test_api_key.expose())
    }

    pub fn client(&self, key: &str) -> Client<'_> {
        Client {
            app: self,
            key: key.to_owned(),
        }
    }

    /// A person with this session's cookie.
    pub fn person(&self, cookie: &str) -> Person<'_> {
        Person {
            app: self,
            cookie: cookie.to_owned(),
        }
    }

    /// A person who has logged in.
    pub async fn log_in(&self, email: &str) -> Person<'_> {
        let body = json!({"email": email, "password": PASSWORD});
        let request = web_request(Method::POST, "/web/session", None, Some(&body));
        let answer = self.call(request).await;
        answer.expect(200);
        let cookie = answer
            .header("set-cookie")
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        Person { app: self, cookie }
    }
}

pub fn basic(user: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:")))
}

/// A program with a key.
pub struct Client<'a> {
    app: &'a TestApp,
    key: String,
}

impl Client<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", basic(&self.key))
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        self.app.call(request).await
    }
}

/// A request as the web app sends it.
pub fn web_request(
    method: Method,
    path: &str,
    cookie: Option<&str>,
    body: Option<&Value>,
) -> Request<Body> {
    let mut builder = Request::builder()
        .method(method)
        .uri(path)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json");
    if let Some(cookie) = cookie {
        builder = builder.header("cookie", cookie);
    }
    builder
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
        .unwrap()
}

/// A person in a browser.
pub struct Person<'a> {
    app: &'a TestApp,
    pub cookie: String,
}

impl Person<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.app
            .call(web_request(Method::GET, path, Some(&self.cookie), None))
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        self.app
            .call(web_request(method, path, Some(&self.cookie), Some(&body)))
            .await
    }
}
