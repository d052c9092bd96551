"""Every page of the app for everyone: its states, axe, the keyboard alone, narrow and enlarged. Numbers
are those of the reference on the interface; pages before the log-in and of the account are in
test_people_pages.py, the docs in test_docs.py."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect
from scaleapi.tasks import TaskType

from app_client import AppClient
from conftest import LABELER_EMAIL, MEMBER_EMAIL
from for_everyone import axe_problems, check_for_everyone
from server_process import ADMIN_EMAIL, PASSWORD
from workspace_page import WorkspacePage

PROJECT = "gate cameras"
NOWHERE = "66b0c4d1e5a7f30912ab34cd"
TABS_MAX = 120


@pytest.fixture(scope="module", autouse=True)
def content(server, live, test):
    """A project with tasks of every kind in each mode; some live ones are answered or canceled."""
    photo = server.sample_photos()[0]
    for client in (live, test):
        client.create_project(PROJECT, TaskType.Categorization, params={"categories": ["a", "b"]})
        client.create_batch(PROJECT, "june")
        for number in range(4):
            client.create_task(
                TaskType.Categorization, project=PROJECT, attachment=photo, attachment_type="image",
                instruction="Is it *a* or **b**?", unique_id=f"gate-{number}", tags=["night"],
                metadata={"lane": number},
            )
    labeler = AppClient(server.url, LABELER_EMAIL, PASSWORD)
    claim = labeler.post("/live/claims")["claim"]
    labeler.post(
        f"/live/claims/{claim['claim_id']}/submit",
        {"epoch": claim["epoch"], "response": {"category": "a"}},
    )


@pytest.fixture(scope="module")
def cookies(server):
    """The cookies of a log-in, by person."""
    kept = {}

    def of(email):
        if email not in kept:
            kept[email] = AppClient(server.url, email, PASSWORD).cookies()
        return [{"name": name, "value": value, "url": server.url} for name, value in kept[email]]

    return of


@pytest.fixture
def page_of(new_page, cookies):
    """A page of somebody who is logged in."""

    def open_page(email=ADMIN_EMAIL):
        page = new_page()
        page.context.add_cookies(cookies(email))
        return page

    return open_page


def open_at(page, server, path):
    """Opens an address; gives the page once it shows all it has."""
    page.goto(f"{server.url}{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(re.compile("^Loading "))).to_have_count(0)
    if "/tasks/" in path and NOWHERE not in path:
        expect(page.get_by_role("main").locator("img, canvas").first).to_be_visible()
    return page


def task_of(client, status):
    """The id of a task in a status."""
    return client.tasks(status=status).docs[0].id


# --- I7 and I9: axe, 320 px, 200 % zoom ---


@pytest.mark.parametrize(
    "path",
    [
        "", "/projects", f"/projects/{PROJECT}", "/projects/nobody", "/tasks", "/tasks?status=error",
        "/tasks/{completed}", f"/tasks/{NOWHERE}", "/usage", "/api-keys", "/label", "/no-such-page",
    ],
)
def test_i7_i9_pages_of_a_mode_are_for_everyone(server, live, test, page_of, path):
    page = page_of()
    for mode, client in (("live", live), ("test", test)):
        whole = f"/{mode}{path}".replace("{completed}", task_of(client, "completed"))
        check_for_everyone(open_at(page, server, whole))
        page.set_viewport_size({"width": 1280, "height": 800})


def test_i7_i9_a_task_to_cancel_and_its_dialog_are_for_everyone(server, live, page_of):
    page = open_at(page_of(), server, f"/live/tasks/{task_of(live, 'pending')}")
    page.get_by_role("button", name="Cancel task").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check_for_everyone(page)


def test_i7_i9_search_and_the_list_of_keys_are_for_everyone(server, page_of):
    page = open_at(page_of(), server, "/live/no-such-page")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    check_for_everyone(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check_for_everyone(page)


def test_i7_i9_the_open_side_is_for_everyone_where_it_is_a_drawer(server, page_of):
    page = open_at(page_of(), server, "/test/tasks")
    for width in (1000, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.get_by_role("button", name="Open menu").click()
        expect(page.get_by_role("link", name="Profile")).to_be_visible()
        assert axe_problems(page) == []
        page.get_by_role("button", name="Close menu").click()


@pytest.mark.parametrize("path", ["/live", "/live/usage", "/test/api-keys", "/settings/audit"])
def test_i7_i9_what_a_member_sees_is_for_everyone(server, page_of, path):
    check_for_everyone(open_at(page_of(MEMBER_EMAIL), server, path))


def test_i7_i9_the_work_page_and_the_workspace_are_for_everyone(server, page_of):
    page = open_at(page_of(LABELER_EMAIL), server, "/live/label")
    check_for_everyone(page)
    WorkspacePage.start(page)
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    expect(page.get_by_role("img", name="Attachment")).to_be_visible()
    check_for_everyone(page)


# --- I6: loading, empty, error, no permission ---


@dataclass
class Asking:
    """A page, what it asks the server for, and how it tells of it."""

    path: str
    asked: str
    what: str
    shown: str


ASKING = [
    Asking("/live", "/live/home", "the numbers", "Tasks by status"),
    Asking("/live/projects", "/live/projects", "the projects", "categorization"),
    Asking(f"/live/projects/{PROJECT}", "/live/projects/[^/]+", "the project", "Parameters"),
    Asking(f"/live/projects/{PROJECT}", "/live/batches", "the batches", "june"),
    Asking("/live/tasks", "/live/tasks", "the tasks", "gate-0"),
    Asking("/live/tasks/{task}", "/live/tasks/[0-9a-f]+", "the task", "gate-3"),
    Asking("/live/usage", "/live/usage", "the charges", "Days are in UTC"),
    Asking("/live/api-keys", "/keys", "the keys", "Live API keys"),
    Asking("/live/label", "/live/queue", "the queue", "Done today"),
    Asking("/settings/team", "/team", "the team", "Labeler"),
    Asking("/settings/security", "/sessions", "the sessions", "This one"),
    Asking("/settings/audit", "/audit", "the audit log", "logged in"),
    Asking("/settings/callbacks", "/callback-settings", "the settings", "Plain http to a public address"),
]


class Gate:
    """Stands between a page and one address of the server."""

    def __init__(self, page, pattern):
        self._held = []
        self._let = self._held.append
        page.route(re.compile(rf"/web{pattern}(\?.*)?$"), lambda route: self._let(route))

    def break_answers(self):
        """Answers what waits and what comes with a fault of the server."""
        self._let = lambda route: route.fulfill(
            status=500, json={"status_code": 500, "error": "It broke.", "request_id": "reference-1"}
        )
        for route in self._held:
            self._let(route)

    def cut(self):
        """There is no connection any more."""
        self._let = lambda route: route.abort("connectionfailed")

    def open(self):
        """Everything passes."""
        self._let = lambda route: route.continue_()


def test_i6_every_page_loads_fails_and_recovers(server, live, page_of):
    context = page_of().context
    # All at once: each waits for its tries.
    opened = []
    for asking in ASKING:
        page = context.new_page()
        # A stream that never opens: nothing is asked for in between.
        page.route("**/web/*/events", lambda _: None)
        gate = Gate(page, asking.asked)
        task = live.tasks(unique_id="gate-3").docs[0].id
        page.goto(f"{server.url}{asking.path.replace('{task}', task)}", wait_until="commit")
        opened.append((asking, page, gate))

    for asking, page, _ in opened:
        loading = page.get_by_role("main").get_by_role("status").filter(has_text=f"Loading {asking.what}…")
        expect(loading.locator("div").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert axe_problems(page) == [], asking
    for _, page, gate in opened:
        gate.break_answers()
        page.emulate_media(color_scheme="dark")
    for asking, page, gate in opened:
        alert = page.get_by_role("main").get_by_role("alert")
        expect(alert).to_contain_text(f"{asking.what.capitalize()} could not be loaded.")
        expect(alert).to_contain_text("It broke.")
        expect(alert).to_contain_text("reference-1")
        assert axe_problems(page) == [], asking
        gate.cut()
        # By key: tabs in the background draw too seldom for the mouse.
        alert.get_by_role("button", name="Try again").press("Enter")
    for _, page, gate in opened:
        alert = page.get_by_role("main").get_by_role("alert")
        expect(alert).to_contain_text("No connection to the server.")
        gate.open()
        alert.get_by_role("button", name="Try again").press("Enter")
    for asking, page, _ in opened:
        expect(page.get_by_role("main")).to_contain_text(asking.shown)
        expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)


def test_i6_i7_empty_pages_say_what_they_are_for(make_server, new_page):
    server = make_server()
    server.client("live").create_project("new one", TaskType.Categorization)
    page = new_page()
    admin = AppClient(server.url, ADMIN_EMAIL, PASSWORD)
    page.context.add_cookies(
        [{"name": name, "value": value, "url": server.url} for name, value in admin.cookies()]
    )
    for path, said in (
        ("/live/tasks", "No tasks yet in live mode."),
        ("/live/projects/new%20one", "No tasks yet in live mode."),
        ("/live/projects/new%20one", "No batches. Tasks may come without one."),
        ("/live/usage", "No charges in this period."),
        ("/live/label", "Nothing to label now."),
        ("/test/projects", "No projects yet in test mode."),
        ("/test/usage", "Test mode is never charged."),
        ("/test/label", "No work in test mode."),
    ):
        page.set_viewport_size({"width": 1280, "height": 800})
        expect(open_at(page, server, path).get_by_role("main")).to_contain_text(said)
        check_for_everyone(page)


def test_i6_an_account_of_one_person_says_so(server, page_of):
    page = page_of()

    def alone(route):
        answer = route.fetch()
        team = answer.json()
        route.fulfill(json={**team, "people": [person for person in team["people"] if person["you"]]})

    page.route("**/web/team", alone)
    expect(open_at(page, server, "/settings/team").get_by_role("main")).to_contain_text("Only you so far.")


@pytest.mark.parametrize(
    ("email", "path", "said"),
    [
        (MEMBER_EMAIL, "/live/api-keys", "Only Admins and Managers have access to API keys"),
        (MEMBER_EMAIL, "/live/usage", "does not permit this"),
        (MEMBER_EMAIL, "/settings/account", "Only Admins change the account"),
        (MEMBER_EMAIL, "/settings/audit", "does not permit this"),
        (MEMBER_EMAIL, "/settings/callbacks", "Only Admins and Managers change callback settings"),
        (LABELER_EMAIL, "/live/tasks", "does not permit this"),
        (LABELER_EMAIL, "/live/projects", "does not permit this"),
        (LABELER_EMAIL, f"/live/projects/{PROJECT}", "does not permit this"),
        (LABELER_EMAIL, f"/live/tasks/{NOWHERE}", "does not permit this"),
        (LABELER_EMAIL, "/live/usage", "does not permit this"),
        (LABELER_EMAIL, "/settings/team", "does not permit this"),
    ],
)
def test_i6_whoever_may_not_see_a_page_reads_who_can_change_that(server, page_of, email, path, said):
    main = open_at(page_of(email), server, path).get_by_role("main")
    expect(main).to_contain_text("Not for your role")
    expect(main).to_contain_text(said)
    expect(main).to_contain_text(re.compile("Admins: .*ada", re.I))


# --- I8: the keyboard alone ---


class Keyboard:
    """Somebody without a pointer: what has the focus is always seen."""

    def __init__(self, page):
        self._page = page

    def type(self, text):
        self._page.keyboard.type(text)

    def press(self, *keys):
        for key in keys:
            self._page.keyboard.press(key)

    def reach(self, control):
        """Goes to a control by Tab."""
        expect(control).to_be_visible()
        for _ in range(TABS_MAX):
            if control.evaluate("element => element === document.activeElement"):
                assert self._page.evaluate(FOCUS_IS_SEEN), control
                return self
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {control}")


# WCAG 2.4.7 and 2.4.11: a ring around it, and nothing over it.
FOCUS_IS_SEEN = """() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const top = document.elementFromPoint(x, y);
  const style = getComputedStyle(element);
  return (element.contains(top) || top?.closest('label')?.contains(element) === true)
    && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
}"""


def test_i8_by_keyboard_from_log_in_to_a_rolled_key_and_a_canceled_task(server, live, new_page):
    page = new_page(f"{server.url}/login")
    hand = Keyboard(page)
    hand.reach(page.get_by_label("Email")).type(ADMIN_EMAIL)
    hand.reach(page.get_by_label("Password", exact=True)).type(PASSWORD)
    hand.press("Enter")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()

    # A key: made, then rolled.
    hand.press("g", "k")
    expect(page.get_by_role("heading", name="API Keys", level=1)).to_be_focused()
    hand.reach(page.get_by_role("button", name="Create key")).press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    hand.type("night shift")
    hand.press("Enter")
    dialog = page.get_by_role("dialog", name="Key night shift is made")
    hand.reach(dialog.get_by_role("button", name="Done")).press("Enter")
    expect(page.get_by_role("button", name="Create key")).to_be_focused()
    card = page.get_by_role("region").filter(
        has=page.get_by_role("heading", name="night shift", exact=True)
    )
    roll = card.get_by_role("button", name="Roll", exact=True)
    hand.reach(roll).press("Enter")
    dialog = page.get_by_role("dialog", name=re.compile("^Roll "))
    hand.reach(dialog.get_by_role("radio").and_(dialog.locator(":checked"))).press("ArrowUp")
    hand.reach(dialog.get_by_role("button", name="Roll key")).press("Enter")
    dialog = page.get_by_role("dialog", name="The new key")
    expect(dialog).to_contain_text("live_")
    hand.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("rolled", exact=True)).to_be_visible()

    # A task: found, then canceled.
    task = live.tasks(unique_id="gate-2").docs[0].id
    hand.press("Control+k")
    expect(page.get_by_role("combobox", name="Page, project or task id")).to_be_focused()
    hand.type(task)
    hand.press("Enter")
    expect(page.get_by_role("heading", name="Task", level=1)).to_be_focused()
    hand.reach(page.get_by_role("button", name="Cancel task")).press("Enter")
    dialog = page.get_by_role("dialog", name="Cancel this task?")
    hand.reach(dialog.get_by_role("button", name="Cancel task")).press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("Canceled")
    assert live.get_task(task).status == "canceled"


def test_i8_the_skip_link_leads_past_the_menu(server, page_of):
    page = open_at(page_of(), server, "/live/tasks")
    hand = Keyboard(page)
    hand.reach(page.get_by_role("link", name="Skip to the page")).press("Enter", "Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")
    # Without a pointer a row opens as well.
    hand.press("Escape", "j", "Enter")
    expect(page.get_by_role("heading", name="Task", level=1)).to_be_visible()
