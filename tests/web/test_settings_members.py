"""The team on the settings pages: who is invited, who joins, who may change whom, and how access ends."""

import html
import re

import httpx
import pytest

from models import Bot, Event, Invite, Member, ResetLink, SignIn, now, reading, transaction
from tests.mailbox import Mailbox
from tests.people import PASSWORD, MemberClient, token_in
from tests.web.edge import assert_refused, chat_now, inbox_screen, nothing_changes
from tests.web.test_customer_refusals import NOTHING_HERE

PAGE = "/settings/members"
OWNERS_ONLY = "Only an owner can make, change or remove an owner."
BEYOND = "This member sees bots that you do not see: ask somebody who sees them all."


@pytest.fixture
def browser(server):
    """Somebody who is not signed in."""
    with httpx.Client(base_url=server.url, timeout=20, verify=False, follow_redirects=True) as browser:
        yield browser


def address() -> str:
    """An e-mail address that nobody has."""
    return f"lena-{now().timestamp()}@example.com"


def link_in(page: str) -> str:
    """The path of the link that a page shows."""
    return re.search(r'<code id="link">https?://[^/]+(/[^<]+)</code>', page)[1]


def invite(client: MemberClient, email: str, **form) -> httpx.Response:
    return client.http.post(PAGE, data={"email": email, "role": "member", **form})


def join(browser: httpx.Client, link: str, **form) -> httpx.Response:
    form = {"name": "Lena Fischer", "password": PASSWORD, **form}
    return browser.post(link, data={**form, "csrf_token": token_in(browser.get("/sign-in").text)})


def beside(field: str, sentence: str) -> str:
    return f'<span class="field__error" id="{field}_error">{html.escape(sentence)}</span>'


def with_email(email: str) -> Member:
    with reading() as session:
        return Member.with_email(session, email)


def events(action: str, member: Member) -> list[dict]:
    with reading() as session:
        return [event.particulars for event in session.query(Event).filter_by(action=action, member_id=member.id)]


# Inviting, and joining


def test_who_is_invited_joins_with_the_link_and_sees_the_bots_that_were_chosen(desk, anna, browser):
    email = address()
    page = invite(anna, email, bots=desk.bot.key).text
    assert "The invite is ready" in page and f"Pass this link on to {email}." in html.unescape(page)
    joined = join(browser, link_in(page))
    assert str(joined.url).endswith(f"/bots/{desk.bot.key}/chats"), "signed in at once"
    lena = with_email(email)
    assert (lena.name, lena.role, lena.all_bots) == ("Lena Fischer", "member", False)
    assert browser.get(f"/bots/{desk.other_bot.key}/chats").status_code == 404
    assert [event["member"] for event in events("member_joined", lena)] == [lena.id]
    assert email not in [each.email for each in waiting(desk)]


def waiting(desk) -> list[Invite]:
    with reading() as session:
        return Invite.waiting(session, desk.anna)


def test_a_link_is_good_for_one_use(desk, anna, browser, server):
    link = link_in(invite(anna, address(), bots=desk.bot.key).text)
    join(browser, link)
    with nothing_changes(), httpx.Client(base_url=server.url, verify=False) as other:
        for answer in (other.get(link), join(other, link, name="Mallory")):
            assert_refused(answer, 410, "This invite was used already. Sign in with your e-mail and password.")
            assert '<a class="button" href="/sign-in">Sign in</a>' in answer.text


def test_a_link_that_is_too_old_is_refused_until_it_is_renewed(desk, anna, browser):
    email = address()
    link = link_in(invite(anna, email, bots=desk.bot.key).text)
    with transaction() as session:
        session.query(Invite).filter_by(email=email).update({"expires_at": now()})
    assert_refused(join(browser, link), 410, "This invite is too old. Ask who invited you for a new one.")
    page = anna.http.get(PAGE).text
    assert "the link is too old" in page
    renewed = link_in(anna.http.post(f"{PAGE}/invites/{invite_id(email)}/link").text)
    assert_refused(browser.get(link), 404, NOTHING_HERE)
    assert join(browser, renewed).status_code == 200 and with_email(email)


def invite_id(email: str) -> int:
    with reading() as session:
        return session.query(Invite).filter_by(email=email).order_by(Invite.id.desc()).first().id


def test_an_invite_that_was_taken_back_is_refused(desk, anna, browser):
    email = address()
    link = link_in(invite(anna, email, bots=desk.bot.key).text)
    assert "Saved." in anna.http.post(f"{PAGE}/invites/{invite_id(email)}/removal").text
    assert_refused(join(browser, link), 410, "This invite was taken back. Ask who invited you for a new one.")
    assert_refused(anna.http.post(f"{PAGE}/invites/{invite_id(email)}/removal"), 404, NOTHING_HERE)
    assert invite(anna, email, bots=desk.bot.key).status_code == 200, "and can be made anew"


def test_a_forged_link_is_nothing(desk, browser):
    with nothing_changes():
        for token in ("x", "x" * 43, "%00", "é"):
            assert_refused(browser.get(f"/invites/{token}"), 404, NOTHING_HERE)
            assert_refused(join(browser, f"/invites/{token}"), 404, NOTHING_HERE)


@pytest.mark.parametrize(("form", "field", "sentence"), [
    ({"name": " "}, "name", "Please fill this in."), ({"name": "x" * 121}, "name", "At most 120 characters."),
    ({"password": "short"}, "password", "A password has 10 to 200 characters."),
])
def test_who_joins_is_told_what_is_wrong_and_may_try_again(desk, anna, browser, form, field, sentence):
    link = link_in(invite(anna, address(), bots=desk.bot.key).text)
    with nothing_changes():
        answer = join(browser, link, **form)
    assert answer.status_code == 422 and beside(field, sentence) in answer.text
    assert join(browser, link).status_code == 200


@pytest.mark.parametrize(("form", "field", "sentence"), [
    ({"email": "lena"}, "email", "This is no e-mail address."),
    ({"email": ""}, "email", "Please fill this in."),
    ({"role": "emperor"}, "role", "Not a valid choice."),
    ({"role": "owner"}, "role", "Not a valid choice."),
    ({"bots": []}, "bots", "Please choose at least one bot."),
])
def test_an_invite_that_cannot_be_is_refused_beside_its_field(desk, anna, form, field, sentence):
    with nothing_changes():
        answer = invite(anna, **{"email": "lena@example.com", "bots": desk.bot.key, **form})
    assert answer.status_code == 422 and beside(field, sentence) in answer.text
    assert 'value="lena@example.com"' in answer.text or field == "email", "what was typed is still there"


def test_a_foreign_bot_and_every_bot_are_not_for_an_admin_of_some_to_give(desk, anna):
    with nothing_changes():
        for key in (desk.other_bot.key, "all", "nobodys"):
            answer = invite(anna, "lena@example.com", bots=[desk.bot.key, key])
            assert answer.status_code == 422 and 'id="bots_error"' in answer.text


def test_nobody_is_invited_twice(desk, anna):
    email = address()
    invite(anna, email, bots=desk.bot.key)
    with nothing_changes():
        again = invite(anna, f" {email.upper()} ", bots=desk.bot.key)
        here = invite(anna, desk.noor.email, bots=desk.bot.key)
    assert beside("email", "This address is invited already: make a new link below.") in again.text
    assert beside("email", "Somebody with this address is in the team already.") in here.text


def test_an_admin_gets_no_link_to_what_an_owner_has_offered(desk, owner, anna):
    email = address()
    page = invite(owner, email, role="owner").text
    assert link_in(page)
    with nothing_changes():
        for deed in ("link", "removal"):
            assert_refused(anna.http.post(f"{PAGE}/invites/{invite_id(email)}/{deed}"), 403, OWNERS_ONLY)
    assert invite_id(email)


def test_an_invite_is_mailed_where_there_is_a_mail_server(desk, owner, anna, browser):
    email = address()
    with Mailbox() as mailbox:
        owner.http.post("/settings/mail", data=mailbox.settings())
        page = invite(anna, email, bots=desk.bot.key).text
        mail = mailbox.first_to(email)
        owner.http.post("/settings/mail/removal")
    assert f"A mail to {email} is on its way." in html.unescape(page)
    assert mail["Subject"] == "Anna Silva invites you to Harbor Goods"
    link = re.search(r"https?://[^/\s]+(/invites/\S+)", mail.get_content())[1]
    assert link == link_in(page) and join(browser, link).status_code == 200


# Changing, and shutting out


def change(client: MemberClient, who: Member, **form) -> httpx.Response:
    return client.http.post(f"{PAGE}/{who.id}", data=form)


def test_who_loses_a_bot_no_longer_finds_it_and_its_chats_wait(desk, owner, maya, noor, server, waiting_chat):
    maya.write(desk.bot.key, waiting_chat, "I am here")
    inbox = inbox_screen(server, noor, desk.bot.key)
    assert "Saved." in change(owner, desk.maya, role="member", bots=desk.other_bot.key).text
    assert chat_now(waiting_chat).is_waiting
    assert "#unassigned_chats" in [push.target for push in inbox.pushes()]
    assert_refused(maya.http.get(f"/bots/{desk.bot.key}/chats"), 404, NOTHING_HERE)
    assert maya.http.get(f"/bots/{desk.other_bot.key}/chats").status_code == 200


@pytest.fixture
def waiting_chat(waiting) -> int:
    return waiting.chat_id


def test_a_disabled_member_is_out_at_once_and_can_come_back(desk, anna, maya, server, waiting_chat):
    maya.write(desk.bot.key, waiting_chat, "I am here")
    assert "Saved." in anna.http.post(f"{PAGE}/{desk.maya.id}/pause").text
    assert chat_now(waiting_chat).is_waiting
    assert maya.http.get(f"/bots/{desk.bot.key}/chats").status_code == 401
    assert "disabled" in anna.http.get(f"{PAGE}/{desk.maya.id}").text
    assert "Saved." in anna.http.post(f"{PAGE}/{desk.maya.id}/return").text
    assert MemberClient(server, desk.maya.email).http.get(f"/bots/{desk.bot.key}/chats").status_code == 200


def test_a_removed_member_is_gone_from_the_list_and_can_be_invited_again(desk, anna, maya):
    answer = anna.http.post(f"{PAGE}/{desk.maya.id}/removal")
    assert "Maya Okafor is no longer in the team." in answer.text
    assert f'href="{PAGE}/{desk.maya.id}"' not in answer.text
    assert maya.http.get("/settings/profile").status_code == 401
    assert_refused(anna.http.get(f"{PAGE}/{desk.maya.id}"), 404, NOTHING_HERE)
    assert invite(anna, desk.maya.email, bots=desk.bot.key).status_code == 200


def test_an_admin_cannot_touch_an_owner_nor_who_sees_more(desk, owner, anna):
    with reading() as session:
        olivia = session.query(Member).filter_by(role="owner", name="Olivia Owen").one()
    for who, sentence in ((olivia, OWNERS_ONLY), (desk.olga, BEYOND)):
        page = anna.http.get(f"{PAGE}/{who.id}").text
        assert "Remove…" not in page and "Save" not in page
        with nothing_changes():
            for deed in ("pause", "return", "removal", "link"):
                answer = anna.http.post(f"{PAGE}/{who.id}/{deed}")
                assert answer.status_code == 422 and sentence in answer.text
            answer = change(anna, who, role="member", bots=desk.bot.key)
            assert answer.status_code == 422 and sentence in answer.text


def test_the_last_owner_stays_owner(desk, owner):
    with reading() as session:
        olivia = session.query(Member).filter_by(role="owner").one()
    with nothing_changes():
        answer = change(owner, olivia, role="admin", bots="all")
        assert beside("role", "This is the only owner. Make somebody else an owner first.") in answer.text
        for deed in ("pause", "removal"):
            answer = owner.http.post(f"{PAGE}/{olivia.id}/{deed}")
            assert answer.status_code == 422 and "You cannot shut yourself out." in answer.text


def test_a_member_of_another_workspace_or_none_is_not_found(desk, anna):
    with nothing_changes():
        for number in ("0", "999999999", "x"):
            assert_refused(anna.http.get(f"{PAGE}/{number}"), 404, NOTHING_HERE)
            assert_refused(anna.http.post(f"{PAGE}/{number}/removal"), 404, NOTHING_HERE)


# New passwords


def reset(browser: httpx.Client, link: str, password: str = "another long password") -> httpx.Response:
    return browser.post(link, data={"password": password, "csrf_token": token_in(browser.get("/sign-in").text)})


def ask_for_reset(browser: httpx.Client, email: str) -> httpx.Response:
    form = token_in(browser.get("/sign-in").text)
    return browser.post("/password-reset", data={"email": email, "csrf_token": form})


OVER = "This link was used already, or is too old. Ask for a new one."


def test_a_link_that_an_admin_makes_leads_to_a_new_password(desk, anna, maya, browser, server):
    link = link_in(anna.http.post(f"{PAGE}/{desk.maya.id}/link").text)
    refused = reset(browser, link, "short")
    assert refused.status_code == 422 and beside("password", "A password has 10 to 200 characters.") in refused.text
    assert str(reset(browser, link).url).endswith(f"/bots/{desk.bot.key}/chats"), "signed in at once"
    assert maya.http.get("/settings/profile").status_code == 401, "and everywhere else signed out"
    assert MemberClient(server, desk.maya.email, "another long password")
    with nothing_changes():
        assert_refused(reset(browser, link), 410, OVER)


def test_a_link_that_is_over_leads_on_to_a_new_one_or_to_the_chats_of_who_is_signed_in(anna, browser):
    over = browser.get("/password-reset/used")
    assert_refused(over, 410, OVER)
    assert '<a class="button" href="/password-reset">Ask for a new link</a>' in over.text
    assert '<a class="button" href="/">Go to your chats</a>' in anna.http.get("/password-reset/used").text


def test_a_newer_link_replaces_the_older_and_neither_outlives_an_hour(desk, anna, browser):
    older, newer = (link_in(anna.http.post(f"{PAGE}/{desk.maya.id}/link").text) for _nth in range(2))
    assert_refused(browser.get(older), 410, OVER)
    assert browser.get(newer).status_code == 200
    with transaction() as session:
        session.query(ResetLink).update({"expires_at": now()})
    assert_refused(reset(browser, newer), 410, OVER)


@pytest.mark.parametrize("deed", ["promotion", "own password"])
def test_a_link_ends_with_what_the_member_was(desk, anna, maya, owner, browser, deed):
    link = link_in(anna.http.post(f"{PAGE}/{desk.maya.id}/link").text)
    if deed == "promotion":
        assert "Saved." in owner.http.post(f"{PAGE}/{desk.maya.id}", data={"role": "owner"}).text
    else:
        form = {"current": PASSWORD, "new": "another long password"}
        assert "Your password is changed." in maya.http.post("/settings/profile/password", data=form).text
    with nothing_changes():
        assert_refused(reset(browser, link), 410, OVER)


def test_a_link_to_a_new_password_is_mailed_to_members_and_the_answer_tells_nobody_who_is_one(desk, owner, browser):
    with Mailbox() as mailbox:
        owner.http.post("/settings/mail", data=mailbox.settings())
        answers = [ask_for_reset(browser, email) for email in (desk.maya.email, "nobody@example.com")]
        link = re.search(r"https?://[^/\s]+(/password-reset/\S+)", mailbox.first_to(desk.maya.email).get_content())[1]
        ask_for_reset(browser, desk.maya.email)
        with reading() as session:
            assert session.query(ResetLink).filter_by(member_id=desk.maya.id).count() == 1, "not one after the other"
        owner.http.post("/settings/mail/removal")
    texts = [re.sub(r"\S+@example.com|value=\"[^\"]*\"|nonce-?=?\S+", "", answer.text) for answer in answers]
    assert texts[0] == texts[1] and "a mail with a link is on its way" in texts[0]
    assert mailbox.to("nobody@example.com") == []
    assert reset(browser, link).status_code == 200


def test_without_a_mail_server_whoever_forgot_is_told_whom_to_ask(desk, browser):
    assert "Ask an owner or admin of your team" in browser.get("/password-reset").text
    with nothing_changes():
        ask_for_reset(browser, desk.maya.email)


# One's own profile


def test_everybody_changes_their_own_name(desk, noor, maya, waiting_chat, server):
    noor.write(desk.bot.key, waiting_chat, "I am here")
    inbox = inbox_screen(server, maya, desk.bot.key)
    assert "Saved." in noor.http.post("/settings/profile", data={"name": "  Nour Haddad "}).text
    assert any("Nour" in push.html for push in inbox.pushes()), "her chats show it at once"
    refused = noor.http.post("/settings/profile", data={"name": " "})
    assert refused.status_code == 422 and beside("name", "Please fill this in.") in refused.text


def test_a_new_password_signs_out_other_browsers_alone(desk, noor, server):
    elsewhere = MemberClient(server, desk.noor.email)
    form = {"current": PASSWORD, "new": "another long password"}
    assert "Your password is changed." in noor.http.post("/settings/profile/password", data=form).text
    assert noor.http.get("/settings/profile").status_code == 200
    assert elsewhere.http.get("/settings/profile").status_code == 401
    assert MemberClient(server, desk.noor.email, "another long password")


@pytest.mark.parametrize(("form", "field", "sentence"), [
    ({"current": "wrong password"}, "current", "This is not your current password."),
    ({"current": ""}, "current", "This is not your current password."),
    ({"new": "short"}, "new", "A password has 10 to 200 characters."),
])
def test_a_password_that_cannot_be_changed_says_why(desk, noor, form, field, sentence):
    with nothing_changes():
        answer = noor.http.post("/settings/profile/password", data={"current": PASSWORD, "new": PASSWORD * 2, **form})
    assert answer.status_code == 422 and beside(field, sentence) in answer.text


def test_other_browsers_can_be_signed_out(desk, noor, server):
    elsewhere = MemberClient(server, desk.noor.email)
    assert "Other browsers are signed out." in noor.http.post("/settings/profile/sign-outs").text
    assert elsewhere.http.get("/settings/profile").status_code == 401
    with reading() as session:
        assert len(SignIn.living_of(session, desk.noor)) == 1


def test_who_is_no_administrator_finds_nothing_but_their_own_page(desk, noor):
    page = noor.http.get("/settings/profile").text
    assert "/settings/members" not in page and "/settings/mail" not in page and "/settings/bots" not in page


def test_a_switched_off_bot_can_be_shared_too(desk, anna):
    with transaction() as session:
        session.get(Bot, desk.bot.id).switched_off_at = now()
    assert invite(anna, address(), bots=desk.bot.key).status_code == 200
