"""Getting in, the team, and one's own security in a real browser, on `weighbridge dev`: its mail is
at `/dev/mail`. Case numbers are those of the reference on authentication."""

import csv
import io
import json
import re
import time
from types import SimpleNamespace

import pytest
import requests
from playwright.sync_api import expect

from app_client import AppClient
from for_everyone import axe_problems, check_for_everyone
from server_process import dev_server

ADMIN = "admin@example.com"
LABELER = "labeler@example.com"
DEV_PASSWORD = "weighbridge-demo"
SECRET = "seven green lorries"
MAIL_SECONDS_MAX = 15


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    """A developer's server with its demo account."""
    with dev_server(tmp_path_factory.mktemp("dev")) as (url, _):
        yield SimpleNamespace(url=url)


@pytest.fixture(scope="module")
def admin(dev):
    """The demo account's Admin without a browser."""
    return AppClient(dev.url, ADMIN, DEV_PASSWORD)


@pytest.fixture
def address(unique):
    """Mail addresses that no other test uses."""
    return lambda name: f"{unique(name).replace(' ', '')}@yard.example"


@pytest.fixture
def join(dev, admin, address):
    """Makes a person of the demo account by an invitation; gives their address."""

    def join(role, name):
        email = address(name.lower())
        assert admin.request("POST", "/team/invitations", {"email": email, "role": role}).status_code == 201
        token = mailed_link(dev, email, "invite").partition("#")[2]
        body = {"token": token, "name": name, "password": SECRET}
        answer = post(dev, "/invitation/accept", body)
        assert answer.status_code == 201, answer.text
        return email

    return join


def post(dev, path, body):
    """One request of somebody who is not logged in."""
    return requests.post(f"{dev.url}/web{path}", json=body, headers={"Origin": dev.url}, timeout=30)


def mails(dev, to):
    """What was sent to an address, the newest first."""
    sent = requests.get(f"{dev.url}/dev/mail.json", timeout=10).json()
    return [mail["text"] for mail in sent if mail["to"] == to]


def mailed(dev, to, pattern):
    """The first match of a pattern in the newest mail that has one; waits for the mail."""
    deadline = time.monotonic() + MAIL_SECONDS_MAX
    while time.monotonic() < deadline:
        for text in mails(dev, to):
            if found := re.search(pattern, text):
                return found.group()
        time.sleep(0.05)
    raise AssertionError(f"no mail to {to} with {pattern}; there are {mails(dev, to)}")


def mailed_link(dev, to, page):
    """The link to a page, with its token."""
    return mailed(dev, to, rf"https?://\S+/{page}#[\w-]+")


def sign_up(page, dev, email, company="Yard Ltd", password=SECRET):
    """Fills in the sign-up page and sends it."""
    page.goto(f"{dev.url}/signup")
    page.get_by_label("Company").fill(company)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign up").click()


def fill_log_in(page, email, password):
    """Fills in the log-in page and sends it."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def row(page, name):
    """The row of a table that is about somebody."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(name)))


def signed_out(page, dev):
    """Whether the page's browser has no session (any more)."""
    return page.context.request.get(f"{dev.url}/web/session").status == 401


# --- Sign-up and confirming ---


def test_case_104_sign_up_confirm_log_in(dev, new_page, address):
    email = address("nora")
    page = new_page(f"{dev.url}/login")
    page.get_by_role("link", name="Sign up").click()
    expect(page.get_by_role("heading", name="Sign up")).to_be_visible()
    sign_up(page, dev, email)
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    expect(page.get_by_text(email)).to_be_visible()
    expect(page.get_by_role("link", name="Open the mail of this server")).to_have_attribute(
        "href", "/dev/mail"
    )
    link = mailed_link(dev, email, "confirm")
    token = link.partition("#")[2]

    # What scanners do: opening, even with scripts, uses nothing up.
    for _ in range(3):
        requests.get(link, timeout=10)
        requests.head(link, timeout=10)
    scanner = new_page(link)
    expect(scanner.get_by_role("button", name="Confirm address")).to_be_visible()

    page.goto(link)
    button = page.get_by_role("button", name="Confirm address")
    expect(button).to_be_visible()
    assert page.url == f"{dev.url}/confirm"
    assert token not in page.content()
    button.click()
    expect(page.get_by_text(f"{email} is confirmed")).to_be_visible()

    scanner.get_by_role("button", name="Confirm address").click()
    expect(scanner.get_by_text(re.compile("already used|used already"))).to_be_visible()

    page.get_by_role("link", name="Log in").click()
    fill_log_in(page, email, SECRET)
    page.wait_for_url(re.compile(r"/live(/|$)"))
    expect(page.get_by_text("Yard Ltd")).to_be_visible()
    page.get_by_role("link", name="Team", exact=True).click()
    expect(page.get_by_text("Only you so far.")).to_be_visible()


def test_case_70_before_the_confirmation_the_log_in_fails_as_any_other(dev, new_page, address):
    email = address("una")
    page = new_page()
    sign_up(page, dev, email)
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    page.goto(f"{dev.url}/login")
    fill_log_in(page, email, SECRET)
    expect(page.get_by_role("alert").filter(has_text="password is wrong")).to_be_visible()


def test_case_107_a_taken_address_gets_the_same_page(dev, new_page):
    page = new_page()
    sign_up(page, dev, ADMIN)
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    mailed(dev, ADMIN, "(?i)sign up")


def test_case_66_a_short_password_is_refused_at_its_field(dev, new_page, address):
    page = new_page()
    sign_up(page, dev, address("kim"), password="fourteen chars")
    field = page.get_by_label("Password", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    described = field.get_attribute("aria-describedby").split()
    texts = [page.locator(f"#{name}").inner_text() for name in described]
    assert any("15" in text for text in texts), texts
    expect(field).to_have_value("fourteen chars")


def test_case_76_the_password_field(dev, new_page):
    page = new_page(f"{dev.url}/signup")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    field = page.get_by_label("Password", exact=True)
    expect(field).to_have_attribute("autocomplete", "new-password")
    page.evaluate("text => navigator.clipboard.writeText(text)", SECRET)
    field.focus()
    page.keyboard.press("Control+V")
    expect(field).to_have_value(SECRET)
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")
    # Another field fails: the secret goes, the rest stays.
    page.get_by_label("Company").fill("Yard Ltd")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Email is required.")).to_be_visible()
    expect(field).to_have_value("")
    expect(page.get_by_label("Company")).to_have_value("Yard Ltd")
    page.goto(f"{dev.url}/login")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute(
        "autocomplete", "current-password"
    )
    expect(page.get_by_label("Email")).to_have_attribute("autocomplete", "username")


def test_i8_sign_up_by_keyboard_alone(dev, new_page, address):
    page = new_page(f"{dev.url}/signup")
    expect(page.get_by_label("Company")).to_be_focused()
    for text in ("Yard Ltd", address("kay"), SECRET):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show password")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()


# --- Reset ---


def test_case_105_a_reset_tells_nobody_who_is_known(dev, new_page, join):
    known = join("labeler", "Rita")
    texts = []
    for email in (known, "nobody@yard.example"):
        page = new_page(f"{dev.url}/login")
        page.get_by_role("link", name="Forgot password?").click()
        page.get_by_label("Email").fill(email)
        page.get_by_role("button", name="Send a link").click()
        expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
        texts.append(page.get_by_role("main").inner_text().replace(email, "…"))
    assert texts[0] == texts[1]
    assert mailed_link(dev, known, "reset").startswith(dev.url)
    assert mails(dev, "nobody@yard.example") == []


def test_case_106_a_reset_ends_sessions_and_its_link_works_once(dev, new_page, log_in, join):
    email = join("labeler", "Rosa")
    logged_in = log_in(dev, email, SECRET)
    assert post(dev, "/password-reset", {"email": email}).status_code == 202
    link = mailed_link(dev, email, "reset")
    page = new_page(link)
    field = page.get_by_label("New password")
    expect(field).to_be_visible()
    assert page.url == f"{dev.url}/reset"
    field.fill("eight brown wagons")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Password set")).to_be_visible()
    assert signed_out(logged_in, dev)
    page.get_by_role("link", name="Log in").click()
    fill_log_in(page, email, "eight brown wagons")
    page.wait_for_url(re.compile("/live/label"))

    again = new_page(link)
    again.get_by_label("New password").fill("nine yellow trailers")
    again.get_by_role("button", name="Set password").click()
    expect(again.get_by_text(re.compile("already used|used already"))).to_be_visible()
    expect(again.get_by_label("Email")).to_be_visible()


# --- Invitations ---


def test_case_108_an_invitation_from_the_team_page_to_the_first_task(dev, new_page, log_in, address):
    email = address("lena")
    team = log_in(dev, ADMIN, DEV_PASSWORD)
    team.get_by_role("link", name="Team", exact=True).click()
    team.get_by_label("Email").fill(email)
    team.get_by_label("Role").select_option(label="Labeler")
    team.get_by_role("button", name="Invite", exact=True).click()
    expect(row(team, email)).to_contain_text("open")

    link = mailed_link(dev, email, "invite")
    page = new_page(link)
    expect(page.get_by_role("button", name="Open the invitation")).to_be_visible()
    assert page.url == f"{dev.url}/invite"
    page.get_by_role("button", name="Open the invitation").click()
    expect(page.get_by_label("Email")).to_have_value(email)
    expect(page.get_by_role("main")).to_contain_text("Labeler")
    page.get_by_label("Name").fill("Lena")
    page.get_by_label("Password", exact=True).fill(SECRET)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(re.compile("/live/label"))
    session = page.context.request.get(f"{dev.url}/web/session").json()
    assert (session["user"]["name"], session["user"]["role"]) == ("Lena", "labeler")

    team.reload()
    expect(row(team, "Lena")).to_contain_text("Labeler")
    expect(row(team, email)).to_have_count(0)  # of the invitations
    second = new_page(link)
    second.get_by_role("button", name="Open the invitation").click()
    expect(second.get_by_text("Ask whoever invited you")).to_be_visible()


def test_case_108_withdrawn_and_sent_anew(dev, new_page, log_in, admin, address):
    withdrawn, resent = address("wim"), address("ren")
    for email in (withdrawn, resent):
        body = {"email": email, "role": "member"}
        assert admin.request("POST", "/team/invitations", body).status_code == 201
    first = {email: mailed_link(dev, email, "invite") for email in (withdrawn, resent)}
    team = log_in(dev, ADMIN, DEV_PASSWORD)
    team.goto(f"{dev.url}/settings/team")
    row(team, withdrawn).get_by_role("button", name="Withdraw").click()
    expect(row(team, withdrawn)).to_have_count(0)
    row(team, resent).get_by_role("button", name="Resend").click()
    expect(team.get_by_text(f"A new link is on its way to {resent}")).to_be_visible()
    for link in first.values():
        page = new_page(link)
        page.get_by_role("button", name="Open the invitation").click()
        expect(page.get_by_text("Ask whoever invited you")).to_be_visible()


def test_case_108_the_roles_that_a_manager_may_invite_to(dev, log_in, join):
    page = log_in(dev, join("manager", "Max"), SECRET)
    page.goto(f"{dev.url}/settings/team")
    expect(page.get_by_label("Role").locator("option")).to_have_text(["Member", "Labeler"])
    expect(row(page, "Ada Admin").get_by_role("button")).to_have_count(0)
    expect(row(page, "Leo Labeler").get_by_role("button", name="Deactivate")).to_be_visible()


# --- Team ---


def test_case_55_a_request_leads_from_the_mail_to_the_team_page(dev, log_in, join):
    email = join("member", "Mia")
    mia = AppClient(dev.url, email, SECRET)
    assert mia.request("POST", "/access-requests", {"note": "For the gates."}).status_code == 201
    link = mailed(dev, ADMIN, rf"https?://\S+/settings/team\?person={mia.session['user']['id']}")
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.goto(link)
    request = page.get_by_role("listitem").filter(has_text="For the gates.")
    expect(request).to_have_attribute("aria-current", "true")
    expect(row(page, "Mia").and_(page.locator("[aria-current]"))).to_be_in_viewport()
    request.get_by_role("button", name="Make Manager").click()
    expect(page.get_by_text("Mia is Manager now.")).to_be_visible()
    # Without a new log-in.
    assert mia.get("/session")["user"]["role"] == "manager"
    assert mia.request("GET", "/keys").status_code == 200


def test_case_55_declined(dev, log_in, join):
    email = join("member", "Dora")
    dora = AppClient(dev.url, email, SECRET)
    assert dora.request("POST", "/access-requests", {"note": "Please, Dora"}).status_code == 201
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.goto(f"{dev.url}/settings/team")
    page.get_by_role("listitem").filter(has_text="Please, Dora").get_by_role(
        "button", name="Decline"
    ).click()
    expect(page.get_by_text("The request of Dora is declined.")).to_be_visible()
    assert dora.get("/session")["user"]["role"] == "member"
    assert dora.get("/access-requests/mine")["state"] == "declined"


def test_case_110_a_role_is_changed_and_holds_at_once(dev, log_in, join):
    email = join("labeler", "Cora")
    cora = AppClient(dev.url, email, SECRET)
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.goto(f"{dev.url}/settings/team")
    row(page, "Cora").get_by_role("button", name="Change role").click()
    page.get_by_role("radio", name=re.compile("^Member")).check()
    page.get_by_role("button", name="Make Cora Member").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, "Cora")).to_contain_text("Member")
    assert cora.get("/session")["user"]["role"] == "member"


def test_case_109_the_only_admin_stays_admin(dev, new_page, address):
    email = address("solo")
    page = new_page()
    sign_up(page, dev, email, company="Solo Ltd")
    page.goto(mailed_link(dev, email, "confirm"))
    page.get_by_role("button", name="Confirm address").click()
    page.get_by_role("link", name="Log in").click()
    fill_log_in(page, email, SECRET)
    page.wait_for_url(re.compile("/live"))
    page.goto(f"{dev.url}/settings/team")
    page.get_by_role("button", name="Change role").click()
    page.get_by_role("radio", name=re.compile("^Member")).check()
    page.get_by_role("button", name="Make me Member").click()
    expect(page.get_by_role("alert")).to_have_text(
        "You are the only Admin. Make someone else Admin first."
    )


def test_case_86_deactivating_ends_the_session_and_names_the_keys(dev, log_in, join):
    email = join("manager", "Gus")
    gus = AppClient(dev.url, email, SECRET)
    key = next(key for key in gus.get("/keys")["api_keys"] if key["environment"] == "live")
    assert gus.request("POST", f"/keys/{key['key_id']}/reveal").status_code == 200
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.goto(f"{dev.url}/settings/team")
    row(page, "Gus").get_by_role("button", name="Deactivate").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate", exact=True).click()
    dialog = page.get_by_role("dialog", name="Gus is deactivated")
    expect(dialog).to_contain_text(key["hint"])
    assert gus.request("GET", "/session").status_code == 401
    dialog.get_by_role("button", name="Done").click()
    expect(row(page, "Gus")).to_contain_text("deactivated")
    row(page, "Gus").get_by_role("button", name="Reactivate").click()
    expect(row(page, "Gus")).not_to_contain_text("deactivated")
    AppClient(dev.url, email, SECRET)


def test_case_54_others_see_no_addresses(dev, new_page, join):
    for email, password in ((join("member", "Tim"), SECRET), (LABELER, DEV_PASSWORD)):
        page = new_page(f"{dev.url}/login")
        texts = []
        page.route("**/web/**", keep_texts(texts))
        fill_log_in(page, email, password)
        page.wait_for_url(re.compile("/live"))
        page.goto(f"{dev.url}/settings/team")
        expect(page.get_by_role("heading", name="Team")).to_be_visible()
        if email == LABELER:
            expect(page.get_by_role("main")).to_contain_text("Admins: ")
            expect(page.get_by_role("link", name="Team", exact=True)).to_have_count(0)
        else:
            expect(page.get_by_role("columnheader")).to_have_text(["Name", "Role"])
        page.wait_for_load_state("networkidle")
        assert email in page.content()
        assert ADMIN not in page.content()
        assert any(email in text for text in texts)
        assert [text for text in texts if ADMIN in text] == []
        page.unroute_all(behavior="wait")


def keep_texts(texts):
    """Lets requests through and keeps what is answered. The stream of news never ends; it says
    what changed and nothing of it."""

    def keep(route):
        if route.request.resource_type == "eventsource":
            route.continue_()
            return
        answer = route.fetch()
        texts.append(answer.text())
        route.fulfill(response=answer)

    return keep


# --- One's own security ---


def test_case_75_changing_the_password(dev, new_page, log_in, join):
    email = join("labeler", "Pia")
    other, page = log_in(dev, email, SECRET), log_in(dev, email, SECRET)
    page.get_by_role("link", name="Security").click()
    current, wanted = page.get_by_label("Current password"), page.get_by_label("New password")
    current.fill("not this one at all")
    wanted.fill("eight brown wagons")
    page.get_by_role("button", name="Change password").click()
    expect(current).to_have_attribute("aria-invalid", "true")
    expect(wanted).to_have_value("")
    assert not signed_out(other, dev)

    def session_cookie():
        return next(cookie["value"] for cookie in page.context.cookies() if "session" in cookie["name"])

    before = session_cookie()
    current.fill(SECRET)
    wanted.fill("eight brown wagons")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    assert signed_out(other, dev)
    assert not signed_out(page, dev)
    assert session_cookie() != before
    AppClient(dev.url, email, "eight brown wagons")


def test_case_82_sessions_are_listed_and_ended(dev, log_in, join):
    email = join("labeler", "Sam")
    page, second, third = (log_in(dev, email, SECRET) for _ in range(3))
    page.get_by_role("link", name="Security").click()
    rows = page.get_by_role("table", name="Sessions").get_by_role("row")
    expect(rows.filter(has_text="This one")).to_have_count(1)
    # The head, three browsers, and what accepted the invitation.
    count = rows.count()
    assert count == 5, page.get_by_role("main").inner_text()
    page.get_by_role("button", name=re.compile("^End the session")).first.click()
    expect(rows).to_have_count(count - 1)
    page.get_by_role("button", name="End all others").click()
    expect(page.get_by_text("No other browser is logged in as you.")).to_be_visible()
    assert signed_out(second, dev)
    assert signed_out(third, dev)
    assert not signed_out(page, dev)


def test_the_name_in_the_profile(dev, log_in, join):
    page = log_in(dev, join("labeler", "Nel"), SECRET)
    page.get_by_role("link", name="Profile").click()
    page.get_by_label("Name").fill("Nelly Bly")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("navigation", name="Main")).to_contain_text("Nelly Bly")


def test_the_account_is_renamed_by_admins_alone(dev, log_in, join):
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.get_by_role("link", name="Account").click()
    name = page.get_by_label("Company").input_value()
    page.get_by_label("Company").fill(f"{name} renamed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_contain_text(f"{name} renamed")
    manager = log_in(dev, join("manager", "Mo"), SECRET)
    manager.goto(f"{dev.url}/settings/account")
    expect(manager.get_by_text("Only Admins change the account.")).to_be_visible()


# --- Audit ---


def test_the_audit_log_is_read_and_exported(dev, log_in, join):
    email = join("labeler", "Ike")
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.get_by_role("link", name="Audit").click()
    table = page.get_by_role("table", name="Audit log")
    expect(table).to_be_visible()
    expect(table.get_by_role("rowheader").filter(has_text=re.compile("invit", re.I)).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename == "audit.csv"
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert any("invit" in str(line).lower() for line in rows)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export NDJSON").click()
    lines = download.value.path().read_text().splitlines()
    assert len([json.loads(line) for line in lines]) >= len(rows)
    labeler = log_in(dev, email, SECRET)
    labeler.goto(f"{dev.url}/settings/audit")
    expect(labeler.get_by_text("Not for your role")).to_be_visible()


# --- Addresses, access ---


def test_case_60_log_in_leads_back_to_the_person(dev, new_page):
    page = new_page(f"{dev.url}/settings/team?person=nobody")
    fill_log_in(page, ADMIN, DEV_PASSWORD)
    page.wait_for_url(f"{dev.url}/settings/team?person=nobody")
    expect(page.get_by_role("heading", name="Team")).to_be_visible()


def test_pages_without_a_mode_keep_the_one_last_used(dev, log_in):
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.goto(f"{dev.url}/test/tasks")
    page.get_by_role("link", name="Team", exact=True).click()
    expect(page.get_by_role("heading", name="Team")).to_be_visible()
    expect(page.get_by_role("switch", name="Live mode")).not_to_be_checked()
    page.get_by_role("link", name="Home").click()
    page.wait_for_url(f"{dev.url}/test")


BEFORE_LOG_IN = ["/login", "/signup", "/reset", "/reset#x", "/confirm", "/confirm#x", "/invite", "/invite#x"]
BEHIND_LOG_IN = [
    "/profile", "/settings/security", "/settings/team", "/settings/account", "/settings/audit"
]


def test_i7_i9_pages_before_the_log_in_are_for_everyone(dev, new_page):
    page = new_page()
    for path in BEFORE_LOG_IN:
        check_page(page, f"{dev.url}{path}")


@pytest.mark.parametrize("email", [ADMIN, LABELER])
def test_i7_i9_pages_of_the_account_are_for_everyone(dev, log_in, email):
    page = log_in(dev, email, DEV_PASSWORD)
    for path in BEHIND_LOG_IN:
        check_page(page, f"{dev.url}{path}")


def test_i7_dialogs_are_for_everyone(dev, log_in, join):
    join("member", "Zoe")
    page = log_in(dev, ADMIN, DEV_PASSWORD)
    page.goto(f"{dev.url}/settings/team")
    for name in ("Change role", "Deactivate"):
        row(page, "Zoe").get_by_role("button", name=name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert axe_problems(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(row(page, "Zoe").get_by_role("button", name=name)).to_be_focused()


def check_page(page, url):
    """The page at an address, opened afresh, is for everyone."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("about:blank")
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    check_for_everyone(page)
