"""The team by the official client: its three calls and what a key may not do (api-v1.md 5.4,
authentication.md 2.4)."""

import pytest
from scaleapi.exceptions import ScaleInvalidRequest
from scaleapi.teams import TeammateRole

from conftest import LABELER_EMAIL, MEMBER_EMAIL
from server_process import ADMIN_EMAIL


def roles(teammates):
    """Role by address; nobody is listed twice."""
    by_email = {teammate.email: teammate.role for teammate in teammates}
    assert len(by_email) == len(teammates)
    return by_email


@pytest.fixture
def new_email(unique):
    """Addresses that no other test uses."""
    return lambda: unique("nia").replace(" ", "") + "@example.com"


def test_list_teammates_is_never_empty(test, live):
    team = roles(test.list_teammates())
    assert team[ADMIN_EMAIL] == "admin"
    assert team[LABELER_EMAIL] == "labeler"
    assert team == roles(live.list_teammates()), "the team is the account's, whatever the mode"
    (ada,) = [mate for mate in test.list_teammates() if mate.email == ADMIN_EMAIL]
    assert (ada.company, ada.first_name, ada.expiry) == ("Acme", "ada", None)


def test_invite_teammates_answers_the_whole_team(test, new_email):
    before = roles(test.list_teammates())
    first, second = new_email(), new_email()
    after = test.invite_teammates([first, second.upper(), ADMIN_EMAIL], TeammateRole.Member)
    assert roles(after) == before | {first: "member", second: "member"}
    assert all(mate.expiry for mate in after if mate.email in (first, second))
    again = test.invite_teammates([first], TeammateRole.Member)
    assert [mate.as_dict() for mate in again] == [mate.as_dict() for mate in after]


def test_update_teammates_role(test, live):
    changed = live.update_teammates_role([LABELER_EMAIL], TeammateRole.Member)
    assert roles(changed)[LABELER_EMAIL] == "member"
    (leo,) = [mate for mate in test.list_teammates() if mate.email == LABELER_EMAIL]
    leo.update_teammate_role(TeammateRole.Labeler)
    assert roles(test.list_teammates())[LABELER_EMAIL] == "labeler"


def test_case_110_a_manager_by_key_waits_for_an_admin(test, admin):
    answered = test.update_teammates_role([MEMBER_EMAIL], TeammateRole.Manager)
    assert roles(answered)[MEMBER_EMAIL] == "member"
    (request,) = [one for one in admin.get("/team")["requests"] if one["name"] == "mia"]
    assert request["origin"] == "key"
    admin.post(f"/access-requests/{request['request_id']}/grant")
    assert roles(test.list_teammates())[MEMBER_EMAIL] == "manager"
    test.update_teammates_role([MEMBER_EMAIL], TeammateRole.Member)


@pytest.mark.parametrize(
    ("emails", "role", "said"),
    [
        ([MEMBER_EMAIL], TeammateRole.Admin, "admin"),
        ([ADMIN_EMAIL], TeammateRole.Member, "Admin"),
        (["nobody@example.com"], TeammateRole.Member, "nobody@example.com"),
        (["no address"], TeammateRole.Member, "emails[0]"),
        ([], TeammateRole.Member, "emails"),
    ],
)
def test_case_110_what_a_key_may_not_set_is_refused(test, emails, role, said):
    before = roles(test.list_teammates())
    with pytest.raises(ScaleInvalidRequest) as refused:
        test.update_teammates_role(emails, role)
    assert said in str(refused.value)
    assert roles(test.list_teammates()) == before


def test_case_110_no_key_invites_an_admin(test, new_email):
    with pytest.raises(ScaleInvalidRequest):
        test.invite_teammates([new_email()], TeammateRole.Admin)
