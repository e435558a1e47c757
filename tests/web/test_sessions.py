"""Signing in and out: who gets in, where they land, and how access ends."""

import httpx
import pytest

from models import Event, SignIn, now, reading, transaction
from tests.people import PASSWORD, MemberClient, token_in
from tests.web.edge import assert_refused, nothing_changes

WRONG = "This e-mail and password do not match."
ELSEWHERE = ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
             "/\t\\evil.example", "/\n/evil.example", " //evil.example", "javascript:alert(1)", "//[",
             "/x\r\nSet-Cookie: a=b"]


@pytest.fixture
def browser(server):
    """A browser that follows nothing by itself."""
    with httpx.Client(base_url=server.url, timeout=20) as browser:
        yield browser


def sign_in(browser: httpx.Client, email: str, password: str = PASSWORD, **form: str) -> httpx.Response:
    csrf = token_in(browser.get("/sign-in").text)
    return browser.post("/sign-in", data={"email": email, "password": password, "csrf_token": csrf, **form})


def test_a_right_password_opens_the_dashboard(desk, browser):
    answer = sign_in(browser, f"  {desk.maya.email.upper()} ")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert browser.get("/").headers["Location"] == f"/bots/{desk.bot.key}/chats"
    assert browser.get("/sign-in").headers["Location"] == "/"


def test_a_wrong_sign_in_says_one_thing_only_and_keeps_the_e_mail(desk, browser):
    with nothing_changes():
        for email, password in ((desk.maya.email, "wrong password"), ("nobody@example.com", PASSWORD),
                                (desk.maya.email, ""), ("", ""), ("a\0@example.com", "\0"), ("x" * 3000, "x" * 30_000)):
            answer = sign_in(browser, email, password)
            assert answer.status_code == 422 and WRONG in answer.text
            assert f'value="{email}"' in answer.text
            assert not password or f'value="{password}"' not in answer.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(desk, browser):
    cookie = sign_in(browser, desk.maya.email).headers["Set-Cookie"]
    assert cookie.startswith("baton=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie, "over plain HTTP the browser would drop it"


def test_under_https_the_cookie_never_travels_in_the_clear(public_server):
    cookie = httpx.get(f"{public_server.url}/sign-in").headers["Set-Cookie"]
    assert "; Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_page_that_asked_for_the_sign_in_is_shown_after_it(desk, browser):
    wanted = f"/bots/{desk.bot.key}/chats?x=1"
    form = browser.get(browser.get(wanted).headers["Location"])
    assert f'name="next" value="{wanted}"' in form.text
    assert sign_in(browser, desk.maya.email, next=wanted).headers["Location"] == wanted


def test_nobody_is_sent_to_another_site(desk, browser):
    for wanted in ELSEWHERE:
        answer = sign_in(browser, desk.maya.email, next=wanted)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/"), wanted
        browser.cookies.clear()


def test_signing_out_ends_the_sign_in_itself(desk, server, maya):
    stolen = dict(maya.http.cookies)
    maya.http.post("/sign-out")
    for cookies in (stolen, dict(maya.http.cookies)):
        answer = httpx.get(f"{server.url}/bots/{desk.bot.key}/chats", cookies=cookies)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in?next=/bots/{desk.bot.key}/chats")


def test_signing_out_leaves_other_browsers_signed_in(desk, server, maya):
    elsewhere = MemberClient(server, desk.maya.email)
    maya.http.post("/sign-out")
    assert elsewhere.http.get(f"/bots/{desk.bot.key}/chats").status_code == 200


def test_a_page_that_is_still_open_says_that_it_is_signed_out(desk, waiting, maya):
    with transaction() as session:
        SignIn.revoke_all(session, desk.maya)
    with nothing_changes():
        answer = maya.write(desk.bot.key, waiting.chat_id, "Hello")
        assert_refused(answer, 401, "You are signed out. Your text is kept: sign in again.")


def test_a_disabled_member_is_out_at_the_next_request_and_stays_out(server, desk, waiting, maya, noor, browser):
    done = server.baton("member", "disable", desk.maya.email)
    assert done.returncode == 0, done.stderr
    with nothing_changes():
        answer = maya.write(desk.bot.key, waiting.chat_id, "Hello")
        assert_refused(answer, 401, "You are signed out. Your text is kept: sign in again.")
        page = maya.http.get(f"/bots/{desk.bot.key}/chats", headers={"HX-Request": ""}, follow_redirects=False)
        assert page.headers["Location"].startswith("/sign-in")
        assert WRONG in sign_in(browser, desk.maya.email).text
    assert noor.http.get(f"/bots/{desk.bot.key}/chats").status_code == 200


def test_a_sign_in_ends_on_its_day(desk, maya):
    with transaction() as session:
        session.query(SignIn).filter_by(member_id=desk.maya.id).update({"expires_at": now()})
    assert maya.http.get(f"/bots/{desk.bot.key}/chats").status_code == 401


def test_a_forged_cookie_is_nobody(server, desk, maya):
    real = maya.http.cookies["baton"]
    for forged in ("", "x", real[:-3] + "xxx", "." + real, real.swapcase()):
        answer = httpx.get(f"{server.url}/bots/{desk.bot.key}/chats", headers={"Cookie": f"baton={forged}"})
        assert answer.status_code == 302, forged


def test_the_cookie_of_another_server_is_nobody(desk, maya, public_server):
    answer = httpx.get(f"{public_server.url}/bots/{desk.bot.key}/chats", cookies=dict(maya.http.cookies))
    assert answer.status_code == 302


def test_a_member_without_a_bot_is_told_so(desk, maya):
    with transaction() as session:
        session.merge(desk.bot).switched_off_at = now()
    answer = maya.http.get("/")
    assert answer.status_code == 200 and "No bot is shared with you yet." in answer.text


def test_signing_in_and_out_is_kept_on_record(desk, maya):
    maya.http.post("/sign-out")
    with reading() as session:
        actions = [event.action for event in session.query(Event).filter_by(member_id=desk.maya.id)]
    assert actions == ["signed_in", "signed_out"]
