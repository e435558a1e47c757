"""Requests that no page of Baton's sends: each gets an answer, none gets through."""

import httpx
import pytest

from tests.people import new_uuid
from tests.web.edge import assert_refused, filled, nothing_changes, rules
from tests.web.test_customer_refusals import NOTHING_HERE, UNREADABLE

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NO_TEXT = [b"text=%ff%fe", b"text=\xff\xfe", b"text=%c3%28", b"text=%ed%a0%80", b"text=ok&%ff=1"]


def with_id(body: bytes) -> bytes:
    return body + b"&rating=5&seq=1&uuid=" + new_uuid().encode()


@pytest.fixture
def writes(desk, waiting, maya):
    """Posts a body to every write of both audiences; yields the answers."""

    def post(**request):
        for action in ("messages", "closure", "seen", "feedback", "visit"):
            yield waiting.http.post(f"/chats/{waiting.chat_id}/{action}", **request)
        yield waiting.http.post("/chats", **request)
        for action in ("messages", "closure", "seen"):
            yield maya.http.post(f"/bots/{desk.bot.key}/chats/{waiting.chat_id}/{action}", **request)

    return post


def test_a_form_that_is_no_text_is_refused(writes):
    with nothing_changes():
        for body in NO_TEXT:
            for answer in writes(content=with_id(body), headers=FORM):
                assert_refused(answer, 400, UNREADABLE)


def test_a_form_that_is_no_text_is_refused_in_pieces_too(waiting):
    with nothing_changes():
        answer = waiting.http.post(f"/chats/{waiting.chat_id}/messages", content=iter([with_id(NO_TEXT[0])]),
                                   headers=FORM)
        assert_refused(answer, 400, UNREADABLE)


def test_a_body_that_is_no_plain_form_is_refused(writes):
    fields = {"text": "Hello", "uuid": new_uuid(), "rating": "5", "seq": "1"}
    with nothing_changes():
        for request in ({"json": fields}, {"files": {name: (None, b"\xff") for name in fields}},
                        {"content": b"text=x", "headers": {"Content-Type": "text/plain"}}):
            for answer in writes(**request):
                assert_refused(answer, 400, UNREADABLE)


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_a_very_large_body_is_refused(writes, size):
    with nothing_changes():
        for answer in writes(data={"text": "x" * size, "uuid": new_uuid()}):
            assert_refused(answer, 413, "This is too long.")


def test_a_very_large_body_in_pieces_is_refused(waiting):
    with nothing_changes():
        answer = waiting.http.post(f"/chats/{waiting.chat_id}/messages", headers=FORM,
                                   content=(b"text=" + b"x" * 10_000 for _ in range(20)))
        assert_refused(answer, 413, "This is too long: at most 4000 characters.")


@pytest.mark.parametrize("path", ["/nowhere", "/bots", "/bots/", "/bots/x", "/widget", "/widget/", "/setup", "/static",
                                  "/static/../config.py", "/static/%2e%2e/config.py", "/static/nothing.js", "/.env",
                                  "/%00", "/%ff", "/widget/x/chats/1/nothing", "/console", "//evil.example/x"])
def test_an_unknown_address_is_not_found(server, path):
    for method in ("GET", "POST"):
        answer = httpx.request(method, server.url + path)
        assert answer.status_code in (404, 405), answer.text


def test_a_method_that_an_address_does_not_know_is_refused(server, desk, chatting, maya):
    with nothing_changes():
        for rule in rules(without="/static"):
            path = filled(rule, desk.bot.key, 1)
            known = set().union(*(other.methods for other in rules() if other.rule == rule.rule))
            for method in {"DELETE", "PUT", "PATCH", "TRACE", "XYZZY"} - known:
                answer = maya.http.request(method, path)
                assert answer.status_code == 405, (method, path)
                assert "This cannot be done here." in answer.text


def test_writes_do_not_answer_to_get(server, desk, waiting, maya):
    with nothing_changes():
        for action in ("messages", "closure", "seen"):
            assert maya.http.get(f"/bots/{desk.bot.key}/chats/{waiting.chat_id}/{action}").status_code == 405
        for action in ("messages", "closure", "seen", "feedback", "handoff", "visit"):
            assert waiting.http.get(f"/chats/{waiting.chat_id}/{action}").status_code == 405
        assert maya.http.get("/sign-out").status_code == 405


def test_a_missing_page_says_so_as_a_page_and_a_missing_fragment_in_its_place(maya):
    as_fragment = maya.http.get("/bots/nobody/chats")
    as_page = maya.http.get("/bots/nobody/chats", headers={"HX-Request": ""})
    assert as_fragment.text.startswith("<hx-partial hx-target='#notice'")
    assert as_page.text.startswith("<!doctype html>")
    for answer in (as_fragment, as_page):
        assert_refused(answer, 404, NOTHING_HERE)
