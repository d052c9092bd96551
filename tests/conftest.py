"""What all end-to-end tests stand on: servers, a receiver, people, a browser."""

import itertools
import os
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect, sync_playwright

from app_client import AppClient
from callback_receiver import CallbackReceiver
from canary import CANARY
from server_process import ADMIN_EMAIL, BINARY, PASSWORD, REPOSITORY, ServerProcess

PICTURES = REPOSITORY / "target/end-to-end"
LABELER_EMAIL = "leo@example.com"
MEMBER_EMAIL = "mia@example.com"
DISK_BYTES = 6 * 1024 * 1024
NO_POSTGRES = "WEIGHBRIDGE_TEST_POSTGRES is not set: run this through scripts/with-postgres"

# Everything is on this machine: no proxy of the environment has a say.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
expect.set_options(timeout=15_000)

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def case_113_no_secret_is_found_anywhere():
    """After all tests: no key, password, token or session id that they used lies where it must not."""
    send = requests.Session.send

    def keep_errors(session, request, **options):
        response = send(session, request, **options)
        if response.status_code >= 400 and not options.get("stream"):
            CANARY.keep("error bodies", response.content)
        return response

    requests.Session.send = keep_errors
    yield
    requests.Session.send = send
    found = CANARY.find()
    assert not found, "secrets were found:\n  " + "\n  ".join(
        f"{place} ({times} times)" for place, times in found.items()
    )


@pytest.fixture(scope="session", autouse=True)
def binary():
    """The program under test."""
    assert BINARY.exists(), (
        f"{BINARY} is missing\n  Build it: cargo build -p weighbridge (or name one in WEIGHBRIDGE_BIN)"
    )
    return BINARY


@pytest.fixture(scope="session")
def fresh_database():
    """Makes empty PostgreSQL databases and gives their URLs; they are dropped at the end."""
    server_url = os.environ.get("WEIGHBRIDGE_TEST_POSTGRES")
    names = []

    def url_of(name):
        return urlsplit(server_url)._replace(path=f"/{name}").geturl()

    def make():
        if not server_url:
            pytest.fail(NO_POSTGRES)
        name = f"weighbridge_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        names.append(name)
        return url_of(name)

    yield make
    for name in names:
        CANARY.keep_database(url_of(name))
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def make_server(tmp_path_factory, fresh_database):
    """Starts servers, each with an account of its own; they are stopped after the module."""
    servers = []

    def make(engine="sqlite", options=()):
        database = fresh_database() if engine == "postgres" else None
        server = ServerProcess(tmp_path_factory.mktemp("server"), database)
        server.options = list(options)
        server.make_account()
        server.add_user(LABELER_EMAIL, "labeler")
        server.add_user(MEMBER_EMAIL, "member")
        server.start()
        servers.append(server)
        return server

    yield make
    exits = [(server, server.stop()) for server in servers if server.is_running]
    for server, code in exits:
        assert code == 0, f"the server ended with {code}:\n{server.log()}"


@pytest.fixture(scope="module")
def server(make_server):
    """A server on SQLite, for the tests of one module."""
    return make_server()


@pytest.fixture(scope="module")
def receiver():
    """A customer's callback receiver."""
    receiver = CallbackReceiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def live(server):
    """The official client in live mode."""
    return server.client("live")


@pytest.fixture(scope="module")
def test(server):
    """The official client in test mode."""
    return server.client("test")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes. Mounting needs root, which CI has."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"this machine lets nobody mount: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def unique():
    """Names that no other test uses."""
    return lambda word: f"{word} {next(_numbers)}"


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "Chromium is missing\n  Install it: scripts/setup-chromium"
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser, request):
    """Opens pages, each as another person's browser would. A page that logs an error of its own
    fails the test; where a test fails, a picture of each page is kept in target/end-to-end."""
    pages: list[Page] = []
    problems = []
    with_keys = []

    def remember_keys(response):
        is_of_keys = "/web/keys" in response.url or "/signing-secrets" in response.url
        if response.request.method == "POST" and is_of_keys:
            with_keys.append(response)

    def open_page(url="about:blank"):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: CANARY.keep("browser console", message.text))
        page.on("response", lambda response: remember_keys(response))
        page.goto(url)
        pages.append(page)
        return page

    yield open_page
    failed = any(report.failed for report in request.node.stash.get(_REPORTS, []))
    for number, page in enumerate(pages):
        if failed:
            PICTURES.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", request.node.name)
            page.screenshot(path=PICTURES / f"{name}-{number}.png", full_page=True)
        cookies = page.context.cookies()
        CANARY.add_cookies((cookie["name"], cookie["value"]) for cookie in cookies)
    for response in with_keys:
        try:
            CANARY.add_keys(response.text())
        except PlaywrightError:
            pass  # The page went on before the body was read.
    for page in pages:
        page.context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def log_in(new_page):
    """Logs a person in by the log-in page and gives the page they land on."""

    def log_in(server, email=ADMIN_EMAIL, password=PASSWORD):
        page = new_page(f"{server.url}/login")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(re.compile(r"/(live|test)(/|$)"))
        return page

    return log_in


@pytest.fixture(scope="module")
def admin(server):
    """The account's Admin, as the web app would call the server."""
    return AppClient(server.url, ADMIN_EMAIL, PASSWORD)


_REPORTS = pytest.StashKey[list]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Keeps how a test went for the fixtures that end after it."""
    outcome = yield
    item.stash.setdefault(_REPORTS, []).append(outcome.get_result())
