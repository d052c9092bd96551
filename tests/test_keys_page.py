"""The page API Keys in a real browser. Case numbers are those of the
reference on authentication, I numbers those of the reference on the interface."""

import re
import sqlite3
import time

import pytest
import requests
from playwright.sync_api import expect

from app_client import AppClient
from conftest import LABELER_EMAIL, MEMBER_EMAIL
from for_everyone import axe_problems
from server_process import ADMIN_EMAIL, PASSWORD

MANAGER_EMAIL = "max@example.com"
REFUSAL = (
    "Only Admins and Managers have access to API keys, for your security. Ask an Admin of your "
    "account to set your role to Manager on the team page. Admins: "
)
SHOWN_SECONDS = 60
GRANTED_SECONDS_MAX = 5
RECENT_MINUTES = 15
# Who uses a key is asked for every ten seconds.
USES_SECONDS_MAX = 20


@pytest.fixture(scope="module", autouse=True)
def people(server):
    """A Manager beside those that every account of the tests has."""
    server.add_user(MANAGER_EMAIL, "manager")


@pytest.fixture
def make_key(admin, unique):
    """Makes keys with names that no other test uses; gives the key and its text."""

    def make(environment="test"):
        answer = admin.request(
            "POST", "/keys", {"environment": environment, "name": unique("program")}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["key"], answer.json()["text"]

    return make


def open_keys(page, server, mode="test"):
    """Opens the page; its keys are there afterwards."""
    page.goto(f"{server.url}/{mode}/api-keys")
    expect(card(page, "Test API key")).to_be_visible()
    return page


def card(page, title):
    """The card of the first key of its kind."""
    return page.get_by_role("region", name=title, exact=True)


def card_of(page, key):
    """The card of a key by its name."""
    heading = page.get_by_role("heading", name=key["name"], exact=True)
    return page.get_by_role("region").filter(has=heading)


def press(where, name):
    """Presses a button by its whole name."""
    where.get_by_role("button", name=name, exact=True).click()


def status_of(server, key):
    return requests.get(f"{server.url}/v1/projects", auth=(key, ""), timeout=20)


def keep_traffic(page):
    """Every body that reaches a page from now on."""
    bodies = []

    def keep(response):
        if not response.url.endswith("/events"):
            try:
                bodies.append(response.text())
            except Exception:  # noqa: BLE001 - bodies of redirects and of pages left cannot be had
                pass

    page.on("response", keep)
    return bodies


def key_material(server):
    """All keys of the account and their hints."""
    texts = [text for name, text in server.bootstrap.items() if name.endswith("_key")]
    admin = AppClient(server.url, ADMIN_EMAIL, PASSWORD)
    keys = admin.get("/keys")
    hints = [key["hint"] for key in keys["api_keys"] + keys["callback_auth_keys"]]
    assert len(texts) == 4
    assert len(hints) >= 4
    return texts + hints


def set_role(server, email, role):
    """Changes a person's role as the Admin."""
    admin = AppClient(server.url, ADMIN_EMAIL, PASSWORD)
    people = admin.get("/team")["people"]
    user_id = next(person["user_id"] for person in people if person.get("email") == email)
    answer = admin.request("PUT", f"/team/people/{user_id}/role", {"role": role})
    assert answer.status_code == 200, answer.text



# --- Reveal ---


def test_case_51_both_modes_and_both_callback_auth_keys_are_there(server, log_in):
    page = open_keys(log_in(server), server, "live")
    for title in (
        "Live API key", "Test API key", "Live Callback Auth Key", "Test Callback Auth Key",
    ):
        expect(card(page, title)).to_be_visible()
    headings = page.get_by_role("heading", level=3).all_inner_texts()
    assert [heading.strip() for heading in headings] == [
        "Live API keys", "Test API keys", "Live Callback Auth Key", "Test Callback Auth Key",
    ]
    open_keys(page, server, "test")
    assert page.get_by_role("heading", level=3).first.inner_text().strip() == "Test API keys"


def test_case_52_i5_a_manager_reveals_a_key_for_60_seconds(server, log_in):
    page = log_in(server, MANAGER_EMAIL)
    bodies = keep_traffic(page)
    page.clock.install()
    open_keys(page, server)
    text = server.bootstrap["test_api_key"]
    assert text not in page.content()
    assert text not in "".join(bodies)
    test = card(page, "Test API key")
    with page.expect_response(re.compile("/reveal$")) as revealed:
        press(test, "Reveal")
    assert revealed.value.headers["cache-control"] == "no-store"
    expect(test).to_contain_text(text)
    assert status_of(server, text).headers["Weighbridge-Mode"] == "test"
    page.clock.fast_forward((SHOWN_SECONDS + 1) * 1000)
    expect(test).not_to_contain_text(text)
    assert text not in page.content()


def test_case_87_i5_a_live_key_asks_for_the_password_16_minutes_after_the_log_in(server, log_in):
    page = open_keys(log_in(server), server, "live")
    age_sessions(server, RECENT_MINUTES + 1)
    live = card(page, "Live API key")
    press(live, "Reveal")
    dialog = page.get_by_role("dialog", name="Confirm it is you")
    dialog.get_by_label("Password", exact=True).fill("not the password")
    press(dialog, "Confirm")
    expect(dialog.get_by_text(re.compile("wrong", re.I))).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    press(dialog, "Confirm")
    expect(live).to_contain_text(server.bootstrap["live_api_key"])
    expect(live).to_contain_text(
        "Anyone with this key can act for your account in live mode and cause charges. "
        "Keep it on servers."
    )


def test_case_87_a_test_key_and_revoking_a_live_one_ask_for_no_password(server, log_in, make_key):
    key, text = make_key("live")
    page = open_keys(log_in(server), server, "live")
    age_sessions(server, RECENT_MINUTES + 1)
    press(card(page, "Test API key"), "Reveal")
    expect(card(page, "Test API key")).to_contain_text(server.bootstrap["test_api_key"])
    revoke(page, key)
    assert status_of(server, text).json()["code"] == "revoked_api_key"


def age_sessions(server, minutes):
    """Makes every log-in as old as that."""
    with sqlite3.connect(server.data_dir / "control.db", timeout=20) as control:
        control.execute(
            "UPDATE sessions SET authenticated_at = authenticated_at - ?", (minutes * 60_000,)
        )


# --- Create, roll, suspend, revoke, import ---


def test_case_29_a_new_key_is_shown_once_made_and_works(server, log_in, unique):
    page = open_keys(log_in(server), server)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    name = unique("nightly import")
    press(page, "Create key")
    dialog = page.get_by_role("dialog")
    press(dialog, "Create")
    expect(dialog.get_by_text("Name is required.")).to_be_visible()
    dialog.get_by_label("Name").fill(name)
    expect(dialog.get_by_role("radio", name=re.compile("^Test"))).to_be_checked()
    press(dialog, "Create")
    text = dialog.get_by_text(re.compile("^test_wb")).inner_text()
    expect(dialog).to_contain_text("In force in 1 of 1 server.")
    press(dialog, "Copy")
    page.wait_for_function("async text => (await navigator.clipboard.readText()) === text", arg=text)
    assert status_of(server, text).status_code == 200
    press(dialog, "Done")
    expect(card_of(page, {"name": name})).to_contain_text("ada")
    assert text not in page.content()


def test_a_key_is_renamed_in_place(server, log_in, make_key, unique):
    key, _ = make_key()
    page = open_keys(log_in(server), server)
    name = unique("renamed")
    press(card_of(page, key), "Rename")
    field = page.get_by_label("Name")
    expect(field).to_be_focused()
    field.fill(name)
    press(page, "Save")
    expect(card_of(page, {"name": name})).to_contain_text(key["hint"])


def test_case_36_37_roll_shows_who_uses_the_old_key_and_ends_it_early(server, log_in, make_key):
    key, old = make_key()
    page = open_keys(log_in(server), server)
    press(card_of(page, key), "Roll")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="in 24 hours")).to_be_checked()
    press(dialog, "Roll key")
    new = dialog.get_by_text(re.compile("^test_wb")).inner_text()
    expect(dialog).to_contain_text(re.compile(r"The old key works until \d+ \w+, \d\d:\d\d, then stops\."))
    press(dialog, "Done")
    assert status_of(server, new).status_code == 200
    assert "Weighbridge-Key-Expires" in status_of(server, old).headers
    rolled = card_of(page, key).filter(has_text="Programs that still use it:")
    expect(rolled).to_contain_text(
        "Programs that still use it: 1 address in the last hour.", timeout=USES_SECONDS_MAX * 1000
    )
    expect(rolled).to_contain_text("127.0.0.1")
    expect(rolled.get_by_role("button", name="Roll", exact=True)).to_have_attribute(
        "aria-disabled", "true"
    )
    press(rolled, "Extend")
    dialog.get_by_role("radio", name=re.compile("^in 7 days")).check()
    press(dialog, "Extend")
    expect(page.get_by_text(re.compile(f"Key {key['hint']} works until"))).to_be_visible()
    press(rolled, "End now")
    expect(page.get_by_text(re.compile(f"Key {key['hint']} has ended"))).to_be_visible()
    assert status_of(server, old).json()["code"] == "expired_api_key"
    assert status_of(server, new).status_code == 200


def test_case_37_roll_with_overlap_now_ends_the_old_key_at_once(server, log_in, make_key):
    key, old = make_key()
    page = open_keys(log_in(server), server)
    press(card_of(page, key), "Roll")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="now", exact=True).check()
    expect(dialog).to_contain_text("Requests with the old key fail at once.")
    press(dialog, "Roll key")
    expect(dialog).to_contain_text("The old key has ended.")
    assert status_of(server, old).json()["code"] == "expired_api_key"


def test_i8_a_key_is_rolled_by_the_keyboard_alone(server, log_in, make_key):
    key, old = make_key()
    page = open_keys(log_in(server), server)
    button = card_of(page, key).get_by_role("button", name="Roll", exact=True)
    for _ in range(300):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    submit = dialog.get_by_role("button", name="Roll key")
    for _ in range(20):
        page.keyboard.press("Tab")
        if submit.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    new = dialog.get_by_text(re.compile("^test_wb")).inner_text()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert [status_of(server, text).status_code for text in (old, new)] == [200, 200]


def test_case_30_revoke_wants_the_last_four_and_is_in_force_at_once(server, log_in, make_key):
    key, text = make_key()
    page = open_keys(log_in(server), server)
    press(card_of(page, key), "Revoke")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Requests with this key fail at once.")
    field = dialog.get_by_label("Type the last four characters of the key")
    expect(field).to_be_focused()
    field.fill("0000")
    press(dialog, "Revoke key")
    expect(dialog.get_by_text("That is not it.")).to_be_visible()
    assert status_of(server, text).status_code == 200
    press(dialog, "Cancel")
    revoke(page, key)
    assert status_of(server, text).json()["code"] == "revoked_api_key"
    page.locator("summary").filter(has_text="Ended keys").click()
    expect(page.get_by_role("row").filter(has_text=key["name"])).to_contain_text("revoked")


def revoke(page, key):
    """Revokes a key and waits for the receipt."""
    press(card_of(page, key), "Revoke")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type the last four characters of the key").fill(key["hint"][-4:])
    press(dialog, "Revoke key")
    expect(page.get_by_text(f"Key {key['hint']} is revoked. In force in 1 of 1 server.")).to_be_visible()


def test_case_26_a_suspended_key_is_refused_until_it_is_resumed(server, log_in, make_key):
    key, text = make_key()
    page = open_keys(log_in(server), server)
    press(card_of(page, key), "Suspend")
    expect(card_of(page, key).get_by_text("suspended", exact=True)).to_be_visible()
    assert status_of(server, text).json()["code"] == "suspended_api_key"
    press(card_of(page, key), "Resume")
    expect(card_of(page, key).get_by_role("button", name="Suspend")).to_be_visible()
    assert status_of(server, text).status_code == 200


def test_case_01_an_imported_key_goes_on_working_and_cannot_be_shown(server, log_in, unique):
    page = open_keys(log_in(server), server)
    name, text = unique("from before"), f"test_{time.time_ns()}-abcdefgh"
    press(page, "Import an existing key")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Key", exact=True).fill("test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDO")
    press(dialog, "Import")
    expect(dialog.get_by_text(re.compile("cut off"))).to_be_visible()
    dialog.get_by_label("Key", exact=True).fill(text)
    press(dialog, "Import")
    imported = card_of(page, {"name": name})
    expect(imported).to_contain_text("An imported key cannot be shown")
    expect(imported.get_by_role("button", name="Reveal")).to_have_attribute("aria-disabled", "true")
    assert status_of(server, text).status_code == 200


def test_the_callback_auth_key_is_rolled_and_both_are_there(server, log_in):
    page = open_keys(log_in(server), server, "live")
    press(card(page, "Live Callback Auth Key"), "Roll")
    dialog = page.get_by_role("dialog")
    press(dialog, "Roll key")
    new = dialog.get_by_text(re.compile("^live_wc")).inner_text()
    press(dialog, "Done")
    press(card(page, "Live Callback Auth Key"), "Reveal")
    expect(card(page, "Live Callback Auth Key")).to_contain_text(new)
    assert new != server.bootstrap["live_callback_auth_key"]
    old = page.get_by_role("region", name=re.compile("^Live Callback Auth Key .+"))
    expect(old).to_contain_text("The old key works until")


@pytest.fixture
def own_server(make_server):
    """A server whose keys no other test needs."""
    return make_server()


def test_all_test_keys_are_revoked_together_and_live_ones_stay(own_server, log_in):
    page = open_keys(log_in(own_server), own_server)
    press(page, "Revoke all test keys")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("revoke all test keys")
    press(dialog, "Revoke them")
    expect(page.get_by_text("1 test key revoked.")).to_be_visible()
    expect(page.get_by_text("No key of test mode works.")).to_be_visible()
    bootstrap = own_server.bootstrap
    assert status_of(own_server, bootstrap["test_api_key"]).json()["code"] == "revoked_api_key"
    assert status_of(own_server, bootstrap["live_api_key"]).status_code == 200


def test_case_65_show_keys_once_hides_every_key_for_good(own_server, log_in):
    page = open_keys(log_in(own_server), own_server)
    switch = page.get_by_role("switch", name="Show keys once")
    expect(switch).not_to_be_checked()
    switch.click()
    dialog = page.get_by_role("dialog", name="Show keys once?")
    press(dialog, "Show keys once")
    expect(dialog.get_by_text("Type it to confirm.")).to_be_visible()
    dialog.get_by_role("textbox").fill("show keys once")
    press(dialog, "Show keys once")
    expect(switch).to_be_checked()
    expect(card(page, "Test API key").get_by_role("button", name="Reveal")).to_have_attribute(
        "aria-disabled", "true"
    )
    admin = AppClient(own_server.url, ADMIN_EMAIL, PASSWORD)
    key_id = admin.get("/keys")["api_keys"][0]["key_id"]
    answer = admin.request("POST", f"/keys/{key_id}/reveal")
    assert (answer.status_code, answer.json()["code"]) == (410, "key_not_revealable")
    assert status_of(own_server, own_server.bootstrap["test_api_key"]).status_code == 200


def test_only_an_admin_sees_the_rules_for_all_keys(server, log_in):
    page = open_keys(log_in(server, MANAGER_EMAIL), server)
    expect(page.get_by_role("switch", name="Show keys once")).to_have_count(0)


# --- Who has no access ---


@pytest.mark.parametrize("email", [MEMBER_EMAIL, LABELER_EMAIL])
def test_case_53_54_no_key_and_no_hint_reaches_who_has_no_access(server, log_in, new_page, email):
    page = new_page()
    bodies = keep_traffic(page)
    page.goto(f"{server.url}/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile("/live"))
    expect(page.get_by_role("link", name="API Keys", exact=True)).to_have_count(0)
    for mode in ("live", "test"):
        page.goto(f"{server.url}/{mode}/api-keys")
        expect(page.get_by_role("main")).to_contain_text(f"{REFUSAL}ada")
        expect(page.get_by_role("button", name="Ask an Admin")).to_be_visible()
    assert bodies
    traffic = "".join(bodies) + page.content()
    assert [text for text in key_material(server) if text in traffic] == []
    if email == LABELER_EMAIL:
        assert ADMIN_EMAIL not in traffic


def test_case_55_i4_a_member_asks_and_the_open_page_shows_the_keys(own_server, log_in):
    page = log_in(own_server, MEMBER_EMAIL)
    page.goto(f"{own_server.url}/live/api-keys")
    page.get_by_label("Note to the Admins (optional)").fill("for the nightly import")
    press(page, "Ask an Admin")
    expect(page.get_by_text(re.compile("^You asked at .*; again after 24 h"))).to_be_visible()
    expect(page.get_by_role("button", name="Ask an Admin")).to_have_count(0)
    page.reload()
    expect(page.get_by_text(re.compile("^You asked at"))).to_be_visible()
    admin = AppClient(own_server.url, ADMIN_EMAIL, PASSWORD)
    (asked,) = admin.get("/team")["requests"]
    assert asked["note"] == "for the nightly import"
    start = time.monotonic()
    answer = admin.request("POST", f"/access-requests/{asked['request_id']}/grant")
    assert answer.status_code == 200, answer.text
    expect(card(page, "Live API key")).to_be_visible()
    assert time.monotonic() - start < GRANTED_SECONDS_MAX
    expect(page.get_by_role("link", name="API Keys", exact=True)).to_be_visible()


def test_case_55_a_page_without_news_shows_the_keys_within_5_seconds(own_server, log_in):
    page = log_in(own_server, MEMBER_EMAIL)
    page.route("**/events", lambda route: route.abort())
    page.goto(f"{own_server.url}/live/api-keys")
    expect(page.get_by_role("button", name="Ask an Admin")).to_be_visible()
    set_role(own_server, MEMBER_EMAIL, "manager")
    start = time.monotonic()
    expect(card(page, "Live API key")).to_be_visible()
    assert time.monotonic() - start < GRANTED_SECONDS_MAX


def test_case_56_keys_leave_the_open_page_with_the_role(own_server, log_in):
    own_server.add_user(MANAGER_EMAIL, "manager")
    page = open_keys(log_in(own_server, MANAGER_EMAIL), own_server)
    hint = own_server.bootstrap["test_api_key"][-4:]
    expect(page.get_by_role("main")).to_contain_text(hint)
    set_role(own_server, MANAGER_EMAIL, "member")
    expect(page.get_by_role("main")).to_contain_text("Only Admins and Managers")
    assert hint not in page.get_by_role("main").inner_text()


# --- Test / Live toggle ---


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mode", ["live", "test"])
@pytest.mark.parametrize("email", [ADMIN_EMAIL, MEMBER_EMAIL])
def test_i7_i9_axe_finds_nothing_at_any_width(server, log_in, scheme, mode, email):
    page = log_in(server, email)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for path in ("", "/api-keys"):
        page.goto(f"{server.url}/{mode}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("load")
        for width in (1280, 1000, 320):
            page.set_viewport_size({"width": width, "height": 720})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert axe_problems(page) == []


@pytest.mark.parametrize("button", ["Create key", "Import an existing key", "Revoke all test keys"])
def test_i7_axe_finds_nothing_in_the_dialogs(server, log_in, button):
    page = open_keys(log_in(server), server)
    press(page, button)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_problems(page) == []


def test_i6_the_page_tells_of_a_failure_and_tries_again(server, log_in):
    page = log_in(server)
    page.route(
        "**/web/keys",
        lambda route: route.fulfill(
            status=500,
            json={"status_code": 500, "error": "It broke.", "request_id": "reference-1"},
        ),
    )
    page.goto(f"{server.url}/live/api-keys")
    expect(page.get_by_text("The keys could not be loaded.")).to_be_visible()
    expect(page.get_by_text("reference-1")).to_be_visible()
    page.unroute("**/web/keys")
    press(page, "Try again")
    expect(card(page, "Live API key")).to_be_visible()
