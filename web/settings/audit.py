"""The audit page: who changed what, and when."""

from flask import request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from models import Member, reading
from models.audit import KINDS, audit
from web.access import member
from web.forms import number
from web.settings.deeds import sentence
from web.settings.pages import page, resource

bp = resource("audit")

KIND_NAMES = {"bots": _l("Bots"), "team": _l("The team"), "workspace": _l("The workspace"), "sign_ins": _l("Sign-ins")}


@bp.get("/audit")
def index():
    """A page of it: filtered by `by` (a member's id) and `kind`, older than the event `before`."""
    kind = request.args.get("kind")
    chosen = {"by_id": _number("by"), "kind": kind if kind in KINDS else None, "before": _number("before")}
    with reading() as session:
        found = audit(session, member(), **chosen)
        everybody = session.scalars(select(Member).where(Member.workspace_id == member().workspace_id)
                                    .order_by(Member.name, Member.id)).all()
    deeds = [(event, sentence(event, found)) for event in found.events]
    return page("audit.html", deeds=deeds, older=found.older, everybody=everybody, kinds=KIND_NAMES, **chosen)


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return number(text) if text else None
