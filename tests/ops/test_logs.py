"""What stands in the logs: who asked what and was refused, under one id; and never what people wrote."""

import json
import logging
import re

import httpx
import pytest

from logs import without_secrets
from models import SetupLink
from tests.bots.servers import fake_server, stream
from tests.people import PASSWORD, Customer, MemberClient, new_uuid
from tests.running import Server, eventually
from tests.web.edge import be_live, chat_screen, customer_screen, inbox_screen

SECRET = "Mein Geheimnis"


def records(server: Server) -> list[dict]:
    """The log of a server."""
    return [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]


def lines_of(server: Server, request_id: str) -> list[dict]:
    """What was logged of a request."""
    return [record for record in records(server) if record.get("request_id") == request_id]


def refusals(server: Server, request_id: str) -> list[dict]:
    """The lines that say that a request was refused, or failed."""
    return [line for line in lines_of(server, request_id) if line["event"].startswith("request ")]


@pytest.fixture
def talkative(own_desk):
    """A server that logs everything, with its desk."""
    return own_desk(LOG_LEVEL="debug")


def test_every_answer_names_its_request(server):
    first, second = (httpx.get(f"{server.url}/healthz").headers["X-Request-ID"] for _time in range(2))
    assert re.fullmatch("[0-9a-f]{16}", first) and first != second


def test_a_proxys_id_is_kept_if_it_is_a_sane_one(server):
    with httpx.Client(base_url=server.url) as connection:
        for given, is_kept in (("f4d2-17.A_b", True), ("x" * 64, True), ("x" * 65, False), ("a b", False),
                               ('{"level":"error"}', False), ("", False)):
            answered = connection.get("/nowhere", headers={"X-Request-ID": given}).headers["X-Request-ID"]
            assert (answered == given) == is_kept


def test_a_refusal_has_one_line_without_its_query(talkative):
    server, _desk = talkative
    for method, path, status in (("GET", "/nowhere", 404), ("POST", "/sign-in", 400), ("GET", "/sign-out", 405)):
        asked = httpx.request(method, f"{server.url}{path}?token=open-sesame").headers["X-Request-ID"]
        line, = eventually(lambda asked=asked: refusals(server, asked), what="the line is there")
        assert line["event"] == "request refused" and line["level"] == "info" and line["timestamp"]
        assert (line["method"], line["path"], line["status"]) == (method, path, status)
        assert 0 <= line["ms"] < 60_000
    assert "open-sesame" not in server.log.read_text()


def test_a_request_that_is_answered_has_none(talkative):
    server, _desk = talkative
    asked = httpx.get(f"{server.url}/healthz").headers["X-Request-ID"]
    last = httpx.get(f"{server.url}/nowhere").headers["X-Request-ID"]
    eventually(lambda: refusals(server, last))
    assert lines_of(server, asked) == []


def test_nothing_that_people_write_or_hold_is_logged(talkative):
    server, desk = talkative
    customer = Customer(server, desk.bot.key)
    be_live(customer)
    maya, noor = (MemberClient(server, member.email) for member in (desk.maya, desk.noor))
    screens = [customer_screen(server, customer, desk.bot.key), inbox_screen(server, maya, desk.bot.key),
               chat_screen(server, maya, desk.bot.key, customer.chat_id)]
    uuid = new_uuid()
    written = [f"{SECRET} {number}" for number in range(6)]
    customer.write(written[0], uuid=uuid)
    customer.write(written[1], uuid=uuid)
    maya.write(desk.bot.key, customer.chat_id, written[2])
    assert noor.write(desk.bot.key, customer.chat_id, written[3]).status_code == 409
    assert customer.write(written[4] + "x" * 5000).status_code == 413
    screens[0].say(typing=True)
    assert Customer(server, desk.bot.key).http.post("/chats", data={"text": SECRET}).status_code == 422
    assert maya.sign_in(desk.maya.email, f"{SECRET} password").status_code in (200, 422)
    customer.end(rating=1, comment=f"{SECRET} comment")
    assert customer.write(written[5]).status_code == 409
    assert customer.http.get("/chats/99999/entries").status_code == 404
    last = httpx.get(f"{server.url}/setup/{'s' * 43}").headers["X-Request-ID"]
    line, = eventually(lambda: refusals(server, last))
    assert line["path"] == "/setup/…"

    log = server.log.read_text()
    secrets = [SECRET, "Mein", PASSWORD, customer.token, maya.http.cookies["baton"], maya.csrf, "s" * 43,
               (server.data_dir / "secret_key").read_text(), desk.maya.email]
    assert [secret for secret in secrets if secret in log] == []
    assert len([record for record in records(server) if record["event"] == "request refused"]) >= 6


def test_neither_the_key_of_a_model_nor_what_it_is_asked_is_logged(talkative):
    server, desk = talkative
    anna = MemberClient(server, desk.anna.email)
    with fake_server(stream("Mein", " Rat.")) as model:
        anna.http.post(f"/settings/bots/{desk.bot.key}/engine", data={
            "engine": "model", "url": f"{model.url}/v1/open-sesame", "model": "tiny", "secret": "sesame-oil",
            "seconds": "9"})
        tried = anna.http.post(f"/settings/bots/{desk.bot.key}/engine/test", data={"ask": SECRET}).text
    assert "Mein Rat." in tried and model.asked[0].headers["authorization"] == "Bearer sesame-oil"
    log = server.log.read_text()
    assert [secret for secret in (SECRET, "Mein", "sesame") if secret in log] == []


def test_a_fault_is_logged_under_its_id_without_what_was_written(talkative, stack):
    server, desk = talkative
    customer = Customer(server, desk.bot.key)
    customer.start("Hello")
    break_messages()
    answer = customer.write(SECRET)
    assert answer.status_code >= 500
    line, = eventually(lambda: refusals(server, answer.headers["X-Request-ID"]), what="the fault is logged")
    assert (line["event"], line["level"]) == ("request failed", "warning")
    assert len(lines_of(server, answer.headers["X-Request-ID"])) > 1
    log = server.log.read_text()
    assert "no_room" in log, "the cause is told"
    assert SECRET not in log and "open-sesame" not in log


def break_messages() -> None:
    """Have the database refuse every new message, with words of the message in its complaint."""
    from models.database import engine, transaction

    with transaction() as session:
        if engine().dialect.name == "sqlite":
            session.connection().exec_driver_sql(
                "CREATE TRIGGER no_room BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no_room'); END")
        else:
            session.connection().exec_driver_sql(
                "ALTER TABLE messages ADD CONSTRAINT no_room CHECK (author <> 'customer') NOT VALID")


def test_what_looks_like_a_token_is_left_out_wherever_it_stands():
    token = SetupLink.__name__ + "x" * 40
    event = without_secrets(None, "info", {
        "event": f"Exception on /setup/{token} [GET]", "path": f"/setup/{token}/", "request_id": "x" * 50,
        "exception": f"Traceback\nDETAIL:  Failing row contains (1, {SECRET}).\nHINT: {token}"})
    assert event == {"event": "Exception on /setup/… [GET]", "path": "/setup/…/", "request_id": "x" * 50,
                     "exception": "Traceback\nDETAIL: …\nHINT: …"}


def test_the_libraries_that_know_parameters_are_kept_quiet():
    import logs

    root = logging.getLogger()
    kept = root.handlers[:], root.level
    try:
        logs.set_up_logs("debug")
        assert not logging.getLogger("sqlalchemy.engine.Engine").isEnabledFor(logging.INFO)
    finally:
        root.handlers[:], root.level = kept


def test_a_stop_with_connections_open_is_no_error(own_server):
    server = own_server()
    connections = [httpx.Client(base_url=server.url) for _number in range(5)]
    for connection in connections:
        connection.get("/healthz")
    assert server.stop() < 5
    assert [record for record in records(server) if record["level"] == "error"] == []
    for connection in connections:
        connection.close()
