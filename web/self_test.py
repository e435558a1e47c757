"""The self-test page, and the two addresses over which the doctor looks at the way to this server."""

import secrets

from flask import Blueprint, abort, current_app, jsonify, request
from flask_login import login_required
from flask_sock import Sock

import doctor
from doctor import line, ticket
from realtime.connection import refuse_compression
from realtime.echo import echo
from web.access import bearer, member
from web.settings.pages import page
from web.sockets import own_page_or_refuse

bp = Blueprint("self_test", __name__)
sock = Sock()

# Tells this process from the others behind the same address.
PROCESS = secrets.token_hex(8)


@bp.get("/settings/self-test")
@login_required
def show():
    """What the doctor finds from in here, and what this browser finds."""
    if not member().is_administrator:
        abort(403)
    settings = current_app.config["BATON"]
    return page("self_test.html", findings=doctor.examine(settings), path=line.ECHO,
                ticket=ticket.issue(settings.secret_key), frames=line.FRAMES, pause=line.PAUSE_SECONDS)


@bp.get(line.ARRIVAL)
def arrival():
    """How this request looks in here, for who holds a ticket."""
    _ticket_or_refuse()
    hops = [hop for hop in request.environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    return jsonify(origin=request.host_url.rstrip("/"), hops=len(hops), process=PROCESS,
                   relay=bool(current_app.config["BATON"].redis_url))


@sock.route(line.ECHO, bp=bp, endpoint="socket")
def socket(ws):
    """An echo, for who holds a ticket."""
    echo(ws, line.FRAMES, line.PAUSE_SECONDS)


@bp.before_request
def _authorise_socket() -> None:
    """Before the handshake, as with every socket."""
    if request.endpoint == "self_test.socket":
        own_page_or_refuse()
        _ticket_or_refuse()
        refuse_compression(request.environ)


def _ticket_or_refuse() -> None:
    if not ticket.is_good(bearer(), current_app.config["BATON"].secret_key):
        abort(403)
