"""The doctor names the cause of what is wrong, and the lines to change."""

import httpx
import pytest

import config
from doctor import Finding, line, parts, ticket
from models import close_database, open_database
from tests.ops.proxies import adding, with_own_host, without_upgrade
from tests.running import Server, free_port
from tests.wsclient import WebSocketClient

ALL = ["database", "migrations", "clock", "relay", "address", "proxy headers", "processes", "websocket",
       "proxy buffering"]


def settings_of(server: Server, **environ: str) -> config.Config:
    """The settings of a server, some of them changed."""
    return config.load({**server.environ, **environ})


def on_the_line(server: Server, **environ: str) -> dict[str, Finding]:
    """What is wrong on the way to a server, for a doctor with other settings than it has."""
    return {found.name: found for found in line.examine(settings_of(server, **environ)) if not found.ok}


def test_a_healthy_deployment_has_nothing_to_change(server):
    done = server.baton("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert [words[:6] for words in done.stdout.splitlines()] == ["ok    "] * len(ALL)
    assert [words[6:].split(": ")[0] for words in done.stdout.splitlines()] == ALL


def test_what_is_wrong_comes_with_the_lines_to_change(server):
    done = Server(**{**server.environ, "PUBLIC_URL": "https://chat.invalid"}).baton("doctor")
    assert done.returncode == 1
    wrong = done.stdout.partition("FAIL  ")[2]
    assert wrong.startswith("address: https://chat.invalid is a name that this machine cannot look up.\n"
                            "          PUBLIC_URL=")


def test_a_server_that_does_not_run_is_named(server):
    found = on_the_line(server, PUBLIC_URL=f"http://127.0.0.1:{free_port()}")
    assert list(found) == ["address"] and "nothing listens there" in found["address"].sentence


def test_an_address_without_tls_is_named(server):
    found = on_the_line(server, PUBLIC_URL=f"https://127.0.0.1:{server.port}")
    assert "speaks no TLS" in found["address"].sentence


def test_a_server_with_another_key_is_named(server):
    found = on_the_line(server, SECRET_KEY="another key of at least 32 letters")
    assert list(found) == ["address"] and "another secret key" in found["address"].sentence


def test_a_proxy_that_drops_the_upgrade_is_named(server, proxy):
    found = on_the_line(server, PUBLIC_URL=proxy(server.port, without_upgrade).url)
    assert list(found) == ["websocket"]
    assert "drops the Upgrade header" in found["websocket"].sentence
    assert "answered with 400" in found["websocket"].sentence
    assert "proxy_set_header Upgrade    $http_upgrade;" in found["websocket"].lines


def test_a_proxy_that_does_not_reach_baton_is_named(server, proxy):
    found = on_the_line(server, PUBLIC_URL=proxy(server.port, status=502).url)
    assert list(found) == ["address"]
    assert "does not reach Baton" in found["address"].sentence
    assert f"proxy_pass http://127.0.0.1:{server.port};" in found["address"].lines


def test_a_proxy_that_collects_frames_is_named(server, proxy):
    found = on_the_line(server, PUBLIC_URL=proxy(server.port, hold_seconds=1).url)
    assert list(found) == ["proxy buffering"] and "arrive at once" in found["proxy buffering"].sentence


def test_a_proxy_that_holds_frames_back_is_named(server, proxy):
    found = on_the_line(server, PUBLIC_URL=proxy(server.port, hold_seconds=7).url)
    assert list(found) == ["proxy buffering"] and "nothing comes through" in found["proxy buffering"].sentence


def test_a_proxy_that_hides_the_address_is_named(server, proxy):
    found = on_the_line(server, PUBLIC_URL=proxy(server.port, with_own_host).url)
    assert list(found) == ["proxy headers", "websocket"]
    assert "arrive as if for http://127.0.0.1:1" in found["proxy headers"].sentence
    assert "proxy_set_header Host" in found["proxy headers"].lines
    assert "PUBLIC_URL=" in found["websocket"].lines


def test_a_proxy_that_is_not_counted_is_named(server, proxy):
    found = on_the_line(server, PUBLIC_URL=proxy(server.port, adding("X-Forwarded-For: 192.0.2.7")).url)
    assert list(found) == ["proxy headers"]
    assert "shares its limits" in found["proxy headers"].sentence
    assert found["proxy headers"].lines == "TRUSTED_PROXIES=1"


def test_trust_in_a_proxy_that_is_not_there_is_named(server, proxy):
    found = on_the_line(server, PUBLIC_URL=proxy(server.port).url, TRUSTED_PROXIES="1")
    assert list(found) == ["proxy headers"]
    assert "anybody can claim any address" in found["proxy headers"].sentence


def test_a_proxy_that_hides_https_is_named(server):
    settings = settings_of(server, PUBLIC_URL="https://chat.example.com", TRUSTED_PROXIES="1")
    found = line.forwarding(settings, {"origin": "http://chat.example.com", "hops": 1})
    assert not found.ok and found.lines.endswith("proxy_set_header X-Forwarded-Proto $scheme;")


def test_several_processes_without_a_relay_are_named(server):
    found = line.processes(settings_of(server), [{"process": name, "relay": False} for name in ("a", "b", "a")])
    assert not found.ok and "At least 2 processes" in found.sentence and "REDIS_URL=" in found.lines


def test_a_database_that_is_away_is_named_without_its_password(server):
    settings = settings_of(server, DATABASE_URL=f"postgresql://baton:open-sesame@127.0.0.1:{free_port()}/baton")
    open_database(settings.database_url)
    found = parts.database(settings)
    close_database()
    assert not found.ok and "Connection refused" in found.sentence and "DATABASE_URL" in found.sentence
    assert "open-sesame" not in found.sentence


def test_an_old_database_is_named(server, stack, tmp_path):
    settings = config.load(stack.environ(tmp_path))
    open_database(settings.database_url)
    wrong = [found for found in parts.examine(settings) if not found.ok]
    close_database()
    assert [(found.name, found.lines) for found in wrong] == [("migrations", "bin/baton prepare")]


def test_a_redis_that_is_away_is_named_without_its_password(server):
    found = parts.relay(settings_of(server, REDIS_URL=f"redis://:open-sesame@127.0.0.1:{free_port()}/0"))
    assert not found.ok and "refused" in found.sentence and "open-sesame" not in found.sentence


@pytest.mark.parametrize("forged", ["x", "x" * 43])
def test_the_doctors_addresses_are_for_ticket_holders(server, forged):
    assert httpx.get(f"{server.url}/doctor/arrival", headers={"Authorization": f"Bearer {forged}"}).status_code == 403
    offered = {"Origin": server.url, "Sec-WebSocket-Protocol": f"baton, {forged}"}
    assert WebSocketClient(server.port, "/doctor/socket", offered).status == 403


def test_a_ticket_opens_nothing_from_another_website(server):
    given = ticket.issue(settings_of(server).secret_key)
    offered = {"Origin": "https://evil.example", "Sec-WebSocket-Protocol": f"baton, {given}"}
    assert WebSocketClient(server.port, "/doctor/socket", offered).status == 403
