"""What every template can use: element ids, asset addresses, icons, times, links."""

import hashlib
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from flask_babel import gettext as _
from markupsafe import Markup, escape

from models import Event, Message
from models.text import COMMENT_LIMIT, MESSAGE_LIMIT

STATIC = Path(__file__).parent / "static"

_PATH = re.compile(r'<path d="(.+?)"')
_CIRCLE = re.compile(r'<circle cx="(.+?)" cy="(.+?)" r="(.+?)"')
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)


def dom_id(thing, prefix: str | None = None) -> str:
    """The id of the element that shows `thing`: "chat_42", with a prefix "row_chat_42".

    A message that a browser made has the id of the copy in that browser, so that one replaces the other.
    """
    if isinstance(thing, Message) and thing.client_uuid:
        own = f"message_{thing.client_uuid}"
    elif isinstance(thing, Message | Event):
        own = f"entry_{thing.chat_id}_{thing.seq}"
    else:
        own = f"{type(thing).__name__.lower()}_{thing.id}"
    return f"{prefix}_{own}" if prefix else own


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for ever."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={version}"


@cache
def icon(name: str) -> Markup:
    """A decorative icon as inline SVG."""
    svg = (STATIC / "vendor" / "lucide" / f"{name}.svg").read_text()
    svg = re.sub(r"<!--.*?-->|\s+class=\"[^\"]*\"", "", svg, flags=re.DOTALL)
    return Markup(svg.replace("<svg", '<svg class="icon" aria-hidden="true" focusable="false"', 1).strip())


@cache
def outline(icon: str) -> str:
    """An icon as one path."""
    svg = (STATIC / "vendor" / "lucide" / f"{icon}.svg").read_text()
    circles = ("M{0} {1}m-{2} 0a{2} {2} 0 1 0 {3} 0a{2} {2} 0 1 0-{3} 0".format(x, y, r, 2 * float(r))
               for x, y, r in _CIRCLE.findall(svg))
    return "".join([*_PATH.findall(svg), *circles])


def launcher_of(bot) -> dict:
    """How the launcher on the host's page differs from one that nobody has changed, its icon as a path."""
    its = bot.launcher()
    return its | ({"icon": outline(its["icon"])} if "icon" in its else {})


def customer_name(customer) -> str:
    """How members read a customer's name, who may not have given one."""
    return customer.name or _("Visitor %(code)s", code=customer.code)


def iso(instant: datetime) -> str:
    """An instant as HTML wants it: "2026-11-22T10:42:00Z"."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def millis(instant: datetime) -> int:
    """An instant as milliseconds since 1970."""
    return int(instant.timestamp() * 1000)


def linked(text: str) -> Markup:
    """`text` escaped, its web addresses clickable. Everything else stays text."""
    pieces, end = [], 0
    for match in _LINK.finditer(text):
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>').format(match[0])
        pieces += [escape(text[end:match.start()]), link]
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])


def register(app) -> None:
    """Make all of it known to the templates of `app`."""
    app.jinja_env.globals.update(dom_id=dom_id, asset=asset, icon=icon, customer_name=customer_name,
                                 launcher_of=launcher_of,
                                 message_limit=MESSAGE_LIMIT, comment_limit=COMMENT_LIMIT)
    app.jinja_env.filters.update(iso=iso, millis=millis, linked=linked)


def compile_templates(app) -> None:
    """Compile every template now: at the first handoff after a restart it would take most of a second."""
    for name in app.jinja_env.list_templates(extensions=["html"]):
        template = app.jinja_env.get_template(name)
        # Jinja keeps them in layers, and puts these together for each rendering: a third of its time.
        template.globals = dict(template.globals)
