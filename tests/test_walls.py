"""What the browser is kept from: other origins, frames, dialogs of its own, pages made of customers'
files (authentication.md 2.7, 3.5). Every page of the app is visited."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect
from scaleapi.tasks import TaskType

from app_client import AppClient
from conftest import LABELER_EMAIL
from server_process import ADMIN_EMAIL, PASSWORD, REPOSITORY

PROJECT = "a/b %2F ü 🐄 c"
SCRIPT = "fetch('/ran'); document.title = 'ran';"
PAGE = f"<!doctype html><title>page</title><script>{SCRIPT}</script>"
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    f"<script>{SCRIPT}</script><rect width='9' height='9'/></svg>"
)


class Elsewhere:
    """Another site: pages and pictures of a customer, or of somebody who means no good."""

    def __init__(self):
        self.files = {}
        self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):
                self.asked.append(handler.path)
                media_type, body = self.files.get(handler.path, ("text/plain", b"nothing"))
                handler.send_response(200)
                handler.send_header("Content-Type", media_type)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(handler, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path, media_type, text):
        """Serves a file; gives its address."""
        self.files[path] = (media_type, text.encode())
        return self.url + path

    def close(self):
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def elsewhere():
    """Another site."""
    site = Elsewhere()
    yield site
    site.close()


@pytest.fixture(scope="module")
def task(live):
    """A live task of a project whose name is hard on addresses."""
    live.create_project(PROJECT, TaskType.Categorization, params={"categories": ["a", "b"]})
    return live.create_task(
        TaskType.Categorization, project=PROJECT, attachment="x", attachment_type="text"
    )


def all_pages(task, claim_id):
    """Every address of the web app, as its router and its entry names them."""
    router = (REPOSITORY / "web/src/router.tsx").read_text()
    entry = (REPOSITORY / "web/src/main.ts").read_text()
    paths = re.findall(r"^  path: '([^']+)'", router, re.MULTILINE)
    entries = re.findall(r"^  '(/\w+)':", entry, re.MULTILINE)
    assert len(paths) >= 18 and len(entries) == 5
    values = {
        "$mode": "live", "$project": requests.utils.quote(PROJECT, safe=""), "$taskId": task.id,
        "$claimId": claim_id, "$guide": "callbacks",
    }
    below = {"settings": "/", "profile": "/", "docs": "/", "$guide": "/docs/", "reference": "/docs/"}
    pages = ["/", "/live", "/test", "/live/no-such-page", *entries]
    for path in paths:
        first = path.split("/")[0]
        if path in ("/", "$mode"):
            continue
        base = below.get(first, "/live/")
        filled = "/".join(values.get(segment, segment) for segment in path.split("/"))
        pages.append(base + filled)
        if base == "/live/":
            pages.append("/test/" + filled)
    return pages


def watch(page):
    """Keeps what a page asks for, what its policy forbids, and what would open the browser's own
    log-in dialog."""
    asked, dialogs, violations = [], [], []
    page.expose_function("noteViolation", lambda text: violations.append(text))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', event =>"
        " noteViolation(`${event.violatedDirective} ${event.blockedURI}`));"
    )
    page.on("request", lambda request: asked.append(request.url))
    cdp = page.context.new_cdp_session(page)

    def cancel(event):
        dialogs.append(event["request"]["url"])
        cdp.send(
            "Fetch.continueWithAuth",
            {"requestId": event["requestId"], "authChallengeResponse": {"response": "CancelAuth"}},
        )

    cdp.on("Fetch.authRequired", cancel)
    cdp.on(
        "Fetch.requestPaused",
        lambda event: cdp.send("Fetch.continueRequest", {"requestId": event["requestId"]}),
    )
    cdp.send("Fetch.enable", {"handleAuthRequests": True})
    return asked, dialogs, violations


@pytest.mark.parametrize("who", ["admin", "labeler", "nobody"])
def test_cases_84_91_i11_no_page_breaks_the_policy_asks_elsewhere_or_opens_a_dialog(
    server, task, log_in, new_page, who
):
    labeler = AppClient(server.url, LABELER_EMAIL, PASSWORD)
    claim = labeler.post("/live/claims")["claim"]
    page = {
        "admin": lambda: log_in(server),
        "labeler": lambda: log_in(server, LABELER_EMAIL),
        "nobody": new_page,
    }[who]()
    asked, dialogs, violations = watch(page)
    pages = all_pages(task, claim["claim_id"])
    if who != "nobody":
        # These lead whoever is logged in on to the app.
        pages = [path for path in pages if path not in ("/login", "/signup")]
    for path in pages:
        page.goto(f"{server.url}{path}")
        expect(page.locator("h1").first).to_be_visible()
        assert violations == [], path
    assert len(asked) > len(pages)
    assert [url for url in asked if not url.startswith((f"{server.url}/", "data:", "blob:"))] == []
    assert dialogs == []
    # The proof that both would have been seen.
    page.evaluate("fetch('/v1/tasks', { credentials: 'same-origin' }).then(() => undefined)")
    assert dialogs == [f"{server.url}/v1/tasks"]
    page.evaluate(
        "Promise.all([new Promise(noted => addEventListener('securitypolicyviolation', () => noted())),"
        " fetch('http://127.0.0.1:9/').catch(() => undefined)]).then(() => noteViolation('the end'))"
    )
    assert violations == ["connect-src http://127.0.0.1:9/", "the end"]


def test_case_92_a_page_in_a_foreign_frame_does_not_show(server, elsewhere, new_page):
    frames = "".join(
        f'<iframe src="{server.url}{path}"></iframe>'
        for path in ("/login", "/docs", "/web/welcome", "/nope.js")
    )
    page = new_page(elsewhere.put("/framing", "text/html", f"<!doctype html>{frames}"))
    page.wait_for_load_state("load")
    inner = page.frames[1:]
    assert len(inner) == 4
    for frame in inner:
        assert frame.url.startswith("chrome-error://"), frame.url
        assert frame.locator("input").count() == 0


@pytest.mark.parametrize(
    ("name", "media_type", "text"),
    [("x.html", "text/html", PAGE), ("x.svg", "image/svg+xml", PICTURE), ("x.png", "image/png", PAGE)],
)
def test_case_93_a_customers_page_is_no_page_of_ours(
    server, live, elsewhere, log_in, name, media_type, text
):
    url = elsewhere.put(f"/{name}", media_type, text)
    task = live.create_task(
        TaskType.Categorization, attachment=url, attachment_type="image", categories=["a", "b"]
    )
    page = log_in(server)
    address = f"{server.url}/web/live/tasks/{task.id}/attachments/0"
    answer = page.context.request.get(address)
    assert answer.status == 200, answer.text()
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-type"] == "application/octet-stream"
    ran = []
    page.on("request", lambda request: request.url.endswith("/ran") and ran.append(request.url))
    # It is taken as a file to keep, which Playwright reports as a page that did not open.
    with page.expect_download() as download, pytest.raises(PlaywrightError, match="[Dd]ownload"):
        page.goto(address)
    assert download.value.path().read_text() == text
    page.goto(f"{server.url}/live/tasks/{task.id}")
    page.evaluate(
        "address => new Promise(done => { const frame = document.createElement('iframe');"
        " frame.onload = done; setTimeout(done, 2000); frame.src = address; document.body.append(frame) })",
        address,
    )
    assert ran == [] and "/ran" not in elsewhere.asked
    # Who is not logged in gets nothing of it.
    assert requests.get(address, timeout=30).status_code == 401


def test_case_83_going_back_after_the_log_out_shows_nothing(server, task, log_in):
    page = log_in(server)
    page.goto(f"{server.url}/live/tasks")
    expect(page.get_by_role("link", name=re.compile(task.id))).to_be_visible()
    cookies = page.context.cookies()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Password")).to_be_visible()
    assert task.id not in page.content()
    saved = {cookie["name"]: cookie["value"] for cookie in cookies}
    answer = requests.get(f"{server.url}/web/session", cookies=saved, timeout=30)
    assert answer.status_code == 401


@pytest.mark.parametrize("address", ["//evil.example", "https:evil", "/\\evil", "/\t/evil.example"])
def test_case_60_no_log_in_leads_elsewhere(server, new_page, address):
    page = new_page(f"{server.url}/login?next={requests.utils.quote(address, safe='')}")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Email").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(re.escape(server.url) + "/(live|test)"))
    assert [url for url in asked if "evil" in url.replace(page.url, "") and "login" not in url] == []


def test_i18_a_hard_project_name_works_on_reload(server, live, task, log_in):
    page = log_in(server)
    page.goto(f"{server.url}/live/projects")
    page.get_by_role("main").get_by_role("link", name=PROJECT).click()
    address = f"{server.url}/live/projects/{requests.utils.quote(PROJECT, safe='')}"
    for _ in range(2):
        expect(page.get_by_role("heading", name=PROJECT)).to_be_visible()
        expect(page.get_by_role("link", name=re.compile(task.id))).to_be_visible()
        assert requests.utils.unquote(page.url) == requests.utils.unquote(address)
        page.reload()
    page.goto(address)
    expect(page.get_by_role("heading", name=PROJECT)).to_be_visible()
    assert live.get_project(PROJECT).name == PROJECT


def test_i17_a_new_version_is_told_in_the_workspace_and_keeps_the_work(server, live, log_in):
    live.create_task(
        TaskType.Categorization, attachment="x", attachment_type="text", categories=["apple", "pear"]
    )
    page = log_in(server, LABELER_EMAIL)
    page.clock.install()
    page.goto(f"{server.url}/live/label")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile(r"/live/label/[0-9a-f]{24}$"))
    expect(page.get_by_role("radio").first).to_be_visible()
    page.keyboard.press("1")
    chosen = page.get_by_role("radio", checked=True)
    expect(chosen).to_have_count(1)
    banner = page.get_by_text("A new version is ready.")
    expect(banner).to_have_count(0)
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))

    # From now on the server starts pages with another script.
    start = requests.get(f"{server.url}/", timeout=30).text
    newer = re.sub(r"/assets/index-[\w-]+\.js", "/assets/index-new.js", start)
    assert newer != start
    page.route(f"{server.url}/", lambda route: route.fulfill(content_type="text/html", body=newer))
    page.clock.fast_forward(61_000)
    expect(banner).to_be_visible()
    expect(chosen).to_have_count(1)
    page.clock.fast_forward(10 * 60_000)
    assert loads == [], "the page was loaded anew by itself"
    page.get_by_role("button", name="Reload").click()
    page.unroute(f"{server.url}/")
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)
    expect(banner).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_i7_i9_every_page_is_accessible_and_fits_320_pixels(server, task, log_in, scheme):
    labeler = AppClient(server.url, ADMIN_EMAIL, PASSWORD)
    claim = labeler.post("/live/claims")["claim"]
    page = log_in(server)
    page.emulate_media(color_scheme=scheme)
    problems = []
    for path in all_pages(task, claim["claim_id"]):
        if path.startswith("/docs"):
            continue  # test_docs.py has them.
        page.goto(f"{server.url}{path}")
        expect(page.locator("h1").first).to_be_visible()
        page.wait_for_load_state("networkidle") if "/label/" not in path else None
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 720})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                problems.append(f"{path}: {wide} pixels wide at {width}")
            problems += [f"{path} at {width}: {problem}" for problem in axe_problems(page)]
        page.set_viewport_size({"width": 1280, "height": 720})
    assert problems == []


def axe_problems(page):
    """What axe finds, in a line each."""
    page.evaluate((REPOSITORY / "web/node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"][:3]
    ]


def test_i8_log_in_and_find_a_task_by_keyboard_alone(server, task, new_page):
    page = new_page(f"{server.url}/login")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type(ADMIN_EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/live"))
    expect(page.locator("h1")).to_be_visible()
    page.keyboard.press("Control+k")
    search = page.get_by_role("dialog")
    expect(search).to_be_visible()
    page.keyboard.type(task.id)
    expect(search.get_by_text(task.id).first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}/live/tasks/{task.id}")
    expect(page.get_by_role("main")).to_contain_text(task.id)


@pytest.mark.parametrize(("path", "kilobytes"), [("/login", 60), ("/live", 200)])
def test_i10_the_first_load_weighs_no_more_than_its_budget(server, log_in, new_page, path, kilobytes):
    page = new_page() if path == "/login" else log_in(server)
    scripts = set()
    page.on("response", lambda answer: answer.url.endswith(".js") and scripts.add(answer.url))
    page.goto(f"{server.url}{path}")
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    weight = 0
    for script in scripts:
        answer = requests.get(script, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30)
        # Small ones are sent as they are.
        assert answer.headers.get("Content-Encoding") == "gzip" or len(answer.content) < 2048, script
        answer = requests.get(script, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30)
        weight += len(answer.raw.read())
    assert scripts
    assert weight <= kilobytes * 1024
