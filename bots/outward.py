"""Asking servers elsewhere: only such as are outside of the host's own network, or named by its settings.

The address is looked at when it is connected to: what a name means may change between a check and a connection.
Redirects are not followed, proxies of the environment not used, and no answer is read without a bound.
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx

from bots.engine import EngineFailed

CONNECT_SECONDS = 5
# Of httpx's answers, only those whose bytes come as they were sent: a packed one could be unpacked to any size.
PLAIN = {"Accept-Encoding": "identity", "User-Agent": "Baton"}
# An IPv4 address is in their last 32 bits: NAT64, IPv4-compatible, IPv4-translated.
_WRAPPING = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
# NAT64 of one network alone, and only that knows where in it the IPv4 address is.
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
TROUBLE_BY_STATUS = {401: "refused", 403: "refused", 404: "missing", 405: "missing", 429: "busy"}


class InsideNetwork(Exception):
    """An address inside the host's own network that is not named by its settings."""


class NotThere(Exception):
    """A name that means no address."""


class NotTaken(EngineFailed):
    """A server that reads requests, but does not take one like this."""


class GuardedTransport(httpx.HTTPTransport):
    """Connects to an address that it has looked at, whatever the name may mean a moment later."""

    def __init__(self, internal_hosts: frozenset[str]):
        super().__init__(verify=_tls(), retries=0)
        self._internal_hosts = internal_hosts

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Try each address of the host in turn. Raises InsideNetwork, NotThere or httpx.TransportError."""
        name, port = request.url.host, request.url.port or {"http": 80, "https": 443}[request.url.scheme]
        request.extensions["sni_hostname"] = name  # the certificate has to be the name's
        failure: httpx.ConnectError | None = None
        for address in addresses_of(name, port, self._internal_hosts):
            request.url = request.url.copy_with(host=address)
            try:
                return super().handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or NotThere(name)


def addresses_of(name: str, port: int, internal_hosts: frozenset[str]) -> list[str]:
    """The addresses that `name` means now. Raises InsideNetwork if one of them is not for us, or NotThere."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise NotThere(name) from error
    named = {name.lower(), f"{name.lower()}:{port}"} & internal_hosts
    if not named and not all(is_public(address) for address in found):
        raise InsideNetwork(name)
    return sorted(found, key=lambda address: ":" in address)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet's, also where it is wrapped into another."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = ip.version == 6 and (ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]) or _translated(ip))
    return ip.is_global and not ip.is_multicast and ip not in _LOCAL_NAT64 and (not inner or is_public(str(inner)))


@contextmanager
def asking(url: str, body: bytes, headers: dict[str, str], seconds: float,
           internal_hosts: frozenset[str]) -> Iterator[httpx.Response]:
    """POST `body`, and read the answer inside. Raises EngineFailed, also for what goes wrong while it is read.

    A client for each request: connections of another name, kept by address, would skip the check of the certificate.
    """
    timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
    try:
        with (httpx.Client(transport=GuardedTransport(internal_hosts), timeout=timeout, trust_env=False) as client,
              client.stream("POST", url, content=body, headers={**PLAIN, **headers}) as response):
            _refuse_status(response.status_code)
            yield response
    except InsideNetwork as error:
        raise EngineFailed("inside") from error
    except (NotThere, httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise EngineFailed("unreachable") from error
    except httpx.TimeoutException as error:
        raise EngineFailed("slow") from error
    except httpx.TransportError as error:
        raise EngineFailed("cut") from error


def bounded(response: httpx.Response, most: int) -> Iterator[bytes]:
    """The bytes of an answer as they come; raises EngineFailed when there are more than `most`."""
    total = 0
    for piece in response.iter_raw():
        total += len(piece)
        if total > most:
            raise EngineFailed("nonsense")
        yield piece


def lines_of(response: httpx.Response, most: int) -> Iterator[str]:
    """The lines of an answer as they come, the last one also without an end."""
    rest = b""
    for piece in bounded(response, most):
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode("utf-8", "replace").rstrip("\r") for line in lines)
    yield rest.decode("utf-8", "replace")


def _refuse_status(status: int) -> None:
    if 300 <= status < 400:
        raise EngineFailed("redirected")
    if status == 400:
        raise NotTaken("failing")
    if status >= 400:
        raise EngineFailed(TROUBLE_BY_STATUS.get(status, "failing"))


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside of one that a gateway may translate."""
    inside = any(ip in network for network in _WRAPPING)
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if inside else None


@cache
def _tls() -> ssl.SSLContext:
    # Once: reading the certificates takes 30 ms.
    return httpx.create_ssl_context(trust_env=False)
