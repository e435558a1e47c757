"""Baton asks no server inside its host's own network, whatever a name means and whenever it changes its mind."""

import socket

import pytest

from bots.engine import EngineFailed
from bots.outward import InsideNetwork, NotThere, addresses_of, asking, is_public
from tests.bots.servers import Reply, fake_server, says


@pytest.mark.parametrize("address", [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:db8::1", "198.18.0.1",
    "64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::", "64:ff9b:1::909:909", "::10.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1",
    "::ffff:0:a00:1",
])
def test_addresses_inside_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::909:909",
                                     "::9.9.9.9", "::ffff:0:9.9.9.9"])
def test_addresses_outside_are_public(address):
    assert is_public(address)


def ask(url: str, allowed: frozenset[str] = frozenset()) -> bytes:
    with asking(url, b"{}", {}, 2, allowed) as response:
        return b"".join(response.iter_raw())


@pytest.mark.parametrize("name", [
    "127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_no_spelling_of_an_address_inside_is_connected_to(name):
    with fake_server(says(text="Secret")) as server:
        with pytest.raises(EngineFailed) as refused:
            ask(f"http://{name}:{server.server_port}/")
        assert (refused.value.trouble in ("inside", "unreachable"), server.asked) == (True, [])


def test_a_name_that_means_an_address_inside_when_it_is_connected_to_is_refused(monkeypatch):
    meanings = iter(["93.184.215.14", "127.0.0.1"])

    def resolve(host, port, **_more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(meanings), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with fake_server(says(text="Secret")) as server:
        assert addresses_of("rebind.example", server.server_port, frozenset()) == ["93.184.215.14"]
        with pytest.raises(EngineFailed, match="inside"):
            ask(f"http://rebind.example:{server.server_port}/")
        assert server.asked == []


def test_a_name_with_one_address_inside_is_refused_as_a_whole(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("9.9.9.9", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(InsideNetwork):
        addresses_of("both.example", 80, frozenset())


def test_what_the_settings_name_is_allowed_by_that_name_alone():
    with fake_server(says(text="Hello")) as server:
        port = server.server_port
        assert ask(f"http://127.0.0.1:{port}/", frozenset({"127.0.0.1"})) == b'{"text": "Hello"}'
        assert ask(f"http://LOCALHOST:{port}/", frozenset({f"localhost:{port}"})) == b'{"text": "Hello"}'
        for allowed in ("localhost", "127.0.0.1:1", "127.0.0"):
            with pytest.raises(EngineFailed, match="inside"):
                ask(f"http://127.0.0.1:{port}/", frozenset({allowed}))
        assert server.asked[1].headers["host"] == f"localhost:{port}"


def test_a_redirect_leads_nowhere():
    with fake_server() as server:
        server.replies = [Reply([b""], status=302, headers={"Location": f"{server.url}/x"}), says(text="Secret")]
        with pytest.raises(EngineFailed, match="redirected"):
            ask(server.url, frozenset({"127.0.0.1"}))
        assert len(server.asked) == 1


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    with fake_server(says(text="Hello")) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        assert ask(server.url, frozenset({"127.0.0.1"})) == b'{"text": "Hello"}'


def test_a_name_that_means_nothing_is_not_there():
    with pytest.raises(NotThere):
        addresses_of("nowhere.invalid", 80, frozenset())
