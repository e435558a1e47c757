"""The way to the running server: its address, what proxies make of a request, and a real WebSocket."""

import json
import time
from statistics import median
from urllib.parse import urlsplit

from wsproto.utilities import RemoteProtocolError

from config import Config
from doctor import advice, ticket
from doctor.client import Rejected, Unreachable, WebSocket, get
from doctor.finding import Finding, bad, good

ARRIVAL = "/doctor/arrival"
ECHO = "/doctor/socket"
# The socket says so many frames, one after the other, with this pause between them.
FRAMES = 5
PAUSE_SECONDS = 0.15
ECHOES = 5
# Each is a connection of its own, so that it may meet another process.
ARRIVALS = 8


def examine(settings: Config) -> list[Finding]:
    """The address, then, if Baton is there, what lies on the way."""
    findings = [address(settings)]
    if findings[0].ok:
        try:
            arrivals = [arrive(settings) for _time in range(ARRIVALS)]
        except Rejected as rejected:
            return [*findings, another_key(rejected.status)]
        except Unreachable as error:
            return [*findings, bad("address", f"{settings.address} {error}, now and then.")]
        findings += [forwarding(settings, arrivals[0]), processes(settings, arrivals), *sockets(settings)]
    return findings


def address(settings: Config) -> Finding:
    """Baton answers where people look for it."""
    where = settings.address
    try:
        answer = get(where, "/healthz")
    except Unreachable as error:
        return bad("address", f"{where} {error}.", _lines_for_address(settings))
    if (answer.status, answer.text) == (200, "ok\n"):
        return good("address", f"Baton answers at {where}.")
    if answer.status in (301, 302, 303, 307, 308):
        return bad("address", f"{where} sends people on to {answer.headers.get('location', 'another address')}.",
                   f"{advice.environment('PUBLIC_URL', _origin(answer.headers.get('location', '')))}")
    if answer.status in (502, 503, 504):
        return bad("address", f"The proxy at {where} answers with {answer.status}: it does not reach Baton.",
                   f"bin/serve   # is it running?\nproxy_pass http://{settings.bind};")
    return bad("address", f"Something else than Baton answers at {where} (status {answer.status}).",
               _lines_for_address(settings))


def arrive(settings: Config) -> dict:
    """How a request looks to the process that gets it. Raises Rejected (no ticket of ours) or Unreachable."""
    answer = get(settings.address, ARRIVAL, {"Authorization": f"Bearer {ticket.issue(settings.secret_key)}"})
    if answer.status != 200:
        raise Rejected(answer.status)
    try:
        return json.loads(answer.text)
    except ValueError:
        raise Unreachable("answers with something else") from None


def another_key(status: int) -> Finding:
    """The running server does not take the ticket."""
    if status == 403:
        return bad("address", "The server that runs there has another secret key than this command.",
                   "# run the doctor with the environment of the server, DATA_DIR and SECRET_KEY above all")
    return bad("address", f"The server that runs there does not know the doctor (status {status}): is it an older "
                          "version?", "# restart Baton")


def forwarding(settings: Config, seen: dict) -> Finding:
    """Baton knows under which address, and by whom, it is asked."""
    name, trusted, hops = "proxy headers", settings.trusted_proxies, seen["hops"]
    if settings.public_url and hops > trusted:
        return bad(name, f"{_proxies(hops)} in front, but TRUSTED_PROXIES is {trusted}: everybody seems to come from "
                         "one address, and shares its limits.", advice.environment("TRUSTED_PROXIES", hops))
    if settings.public_url and hops < trusted:
        return bad(name, f"TRUSTED_PROXIES is {trusted}, but {_proxies(hops).lower()} tells where a request comes "
                         "from: anybody can claim any address.",
                   f"{advice.NGINX_FOR}\n# or, if there are not that many:\n"
                   f"{advice.environment('TRUSTED_PROXIES', hops)}")
    if seen["origin"] == settings.address:
        return good(name, f"Requests arrive as for {settings.address}.")
    return bad(name, f"Requests for {settings.address} arrive as if for {seen['origin']}.",
               _lines_for_origin(settings.address, seen["origin"]))


def processes(settings: Config, arrivals: list[dict]) -> Finding:
    """Several processes have a relay between them."""
    count = len({seen["process"] for seen in arrivals})
    if count > 1 and not arrivals[0]["relay"]:
        return bad("processes", f"At least {count} processes answer, and nothing carries pushes between them.",
                   "REDIS_URL=redis://…\n# or one process:\nWEB_CONCURRENCY=1")
    return good("processes", "One process answers." if count == 1 else f"{count} processes answer, with a relay.")


def sockets(settings: Config) -> list[Finding]:
    """A WebSocket opens on the public address, and its frames arrive one by one."""
    try:
        socket = WebSocket(settings.address, ECHO, ["baton", ticket.issue(settings.secret_key)])
    except Rejected as rejected:
        return [refused_socket(settings, rejected.status)]
    except Unreachable as error:
        return [bad("websocket", f"A WebSocket to {settings.address} {error}.", advice.NGINX_UPGRADE)]
    try:
        gaps = _gaps(socket)
        echo = _echo(socket)
    except TimeoutError:
        return [good("websocket", "A WebSocket opens."),
                bad("proxy buffering", "The WebSocket opens, but nothing comes through it: something on the way holds "
                                       "it back.", advice.NGINX_BUFFERING)]
    except (OSError, ValueError, RemoteProtocolError) as error:
        return [bad("websocket", f"A WebSocket opens, and then breaks: {error}.", advice.NGINX_UPGRADE)]
    finally:
        socket.close()
    return [good("websocket", f"A WebSocket opens; {echo:.1f} ms there and back."), buffering(gaps)]


def refused_socket(settings: Config, status: int) -> Finding:
    """Why the handshake got another status than 101."""
    if status == 403:
        return bad("websocket", "The WebSocket is refused (403): its page's address is not the one that Baton knows.",
                   advice.environment("PUBLIC_URL", settings.address))
    if status in (502, 503, 504):
        return bad("websocket", f"The proxy answers the WebSocket itself (status {status}).", advice.NGINX_UPGRADE)
    return bad("websocket", f"The proxy drops the Upgrade header (the WebSocket is answered with {status}, not 101).",
               advice.NGINX_UPGRADE)


def buffering(gaps: list[float]) -> Finding:
    """Frames that were sent one after the other also arrive so."""
    # The median: one late frame, or one held back behind the others, says nothing.
    if median(gaps) < PAUSE_SECONDS / 2:
        return bad("proxy buffering", f"{len(gaps) + 1} frames sent over {PAUSE_SECONDS * len(gaps):.1f} s arrive at "
                                      "once: something on the way collects them.", advice.NGINX_BUFFERING)
    return good("proxy buffering", "Frames arrive one by one, as they are sent.")


def _gaps(socket: WebSocket) -> list[float]:
    """The seconds between the frames that the server sends by itself."""
    came = [socket.receive()[1] for _frame in range(FRAMES)]
    return [after - before for before, after in zip(came, came[1:], strict=False)]


def _echo(socket: WebSocket) -> float:
    """The milliseconds there and back."""
    took = []
    for number in range(ECHOES):
        began = time.perf_counter()
        socket.send({"echo": number})
        took.append(socket.receive()[1] - began)
    return median(took) * 1000


def _lines_for_address(settings: Config) -> str:
    if settings.public_url:
        return f"PUBLIC_URL=…   # now {settings.public_url}; the proxy has to lead from there to {settings.bind}"
    return "bin/serve   # is it running?"


def _lines_for_origin(wanted: str, seen: str) -> str:
    lines = []
    if urlsplit(wanted).scheme != urlsplit(seen).scheme:
        lines.append(advice.NGINX_PROTO)
    if urlsplit(wanted).netloc != urlsplit(seen).netloc:
        lines.append(advice.NGINX_HOST)
    return "\n".join(lines)


def _origin(location: str) -> str:
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "…"


def _proxies(count: int) -> str:
    return {0: "No proxy", 1: "One proxy"}.get(count, f"{count} proxies")
