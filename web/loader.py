"""The script that websites include (static/widget.js), as it is sent: lean, and with what bots have set in it."""

import contextlib
import json
import re
import time
from functools import cache
from itertools import groupby

import rcssmin
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from helpers import STATIC, launcher_of
from languages import chosen, spoken, translator
from models import Bot, Invitation, reading
from web.packing import lean

_HEAD = re.compile(r"\A/\*.*?\*/\n", re.DOTALL)
_STYLE = re.compile(r"(?<=STYLE = `).*?(?=`)", re.DOTALL)
_INVITATIONS = re.compile(r"^ *// Sent only where.*?// End of invitations\.\n", re.DOTALL | re.MULTILINE)
_NOTHING_SET = "({})"

LABELS = ("Open chat", "Close chat")

LOOKED_UP_SECONDS = 1


class Settings:
    """What bots have set, by their keys; looked up at most once a second, for every visitor of a website asks."""

    def __init__(self):
        self.known: dict[str, dict] = {}
        self.looked_up = -LOOKED_UP_SECONDS

    def now(self) -> dict[str, dict]:
        """The settings; while the database is away, those that were known last."""
        if time.monotonic() - self.looked_up >= LOOKED_UP_SECONDS:
            with contextlib.suppress(DBAPIError, NoConnectionLeft):
                self.known = _look_up()
            self.looked_up = time.monotonic()
        return self.known


settings = Settings()


def script(language: str) -> str:
    """The loader, for a browser that prefers `language`."""
    found = settings.now()
    written = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    invites = any("invitations" in each for each in found.values())
    program, _, end = _speaking(language, lean_script(invites)).rpartition(_NOTHING_SET)
    return f"{program}({written}){end}"


def _speaking(language: str, source: str) -> str:
    for label in LABELS:
        source = source.replace(f'"{label}"', json.dumps(translator(language)(label), ensure_ascii=False), 1)
    return source


def _look_up() -> dict[str, dict]:
    with reading() as session:
        in_order = session.scalars(select(Invitation).order_by(Invitation.place, Invitation.id)).all()
        invitations = {bot_id: list(its) for bot_id, its in
                       groupby(sorted(in_order, key=lambda each: each.bot_id), lambda each: each.bot_id)}
        found = {bot.key: _settings_of(bot, invitations.get(bot.id)) for bot in session.scalars(select(Bot))}
    return {key: its for key, its in found.items() if its}


def _settings_of(bot: Bot, invitations: list[Invitation] | None) -> dict:
    """What differs from what the loader does by itself."""
    if not bot.is_on:
        return {"off": True}
    its = launcher_of(bot)
    with spoken(chosen(bot.widget_language)):
        if bot.widget_language:
            its = {"openLabel": gettext("Open chat"), "closeLabel": gettext("Close chat"), **its}
        if invitations:
            its["invitations"] = [_rule_of(bot, each) for each in invitations]
    return its


def _rule_of(bot: Bot, invitation: Invitation) -> dict:
    pages = ".*".join(re.sub(r"[^\w/-]", r"\\\g<0>", part) for part in re.split(r"\*+", invitation.pages))
    return {"id": invitation.id, "text": invitation.text, "author": bot.name, "dismiss": gettext("Dismiss"),
            "path": f"^{pages}$" if pages else "", "seconds": invitation.seconds, "scroll": invitation.scroll,
            "returning": invitation.returning_only}


@cache
def lean_script(invites: bool) -> str:
    """The loader without what only people read."""
    return lean(file_name(invites), written(invites))


def file_name(invites: bool) -> str:
    """What `static/lean` calls the loader."""
    return "inviting-loader.js" if invites else "loader.js"


def written(invites: bool) -> str:
    """The loader as it is written, but for its style, and without the part about invitations unless it `invites`."""
    source = _HEAD.sub("", (STATIC / "widget.js").read_text())
    if not invites:
        source = _INVITATIONS.sub("", source)
    return _STYLE.sub(lambda style: rcssmin.cssmin(style[0]), source)
