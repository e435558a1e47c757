"""The script that websites include (static/widget.js), as it is sent: lean, and with what bots have set in it."""

import re
from functools import cache

import rjsmin

from helpers import STATIC

_HEAD = re.compile(r"\A/\*.*?\*/\n", re.DOTALL)
_STYLE = re.compile(r"(?<=STYLE = `).*?(?=`)", re.DOTALL)
_INVITATIONS = re.compile(r"^ *// Sent only where.*?// End of invitations\.\n", re.DOTALL | re.MULTILINE)
_SPARE = re.compile(r"\s*([{};,])\s*|\s+")


def script() -> str:
    """The loader."""
    return _lean(invites=False)


@cache
def _lean(invites: bool) -> str:
    """The loader without what only people read, and without the part about invitations unless it `invites`."""
    source = _HEAD.sub("", (STATIC / "widget.js").read_text())
    if not invites:
        source = _INVITATIONS.sub("", source)
    return rjsmin.jsmin(_STYLE.sub(lambda style: _SPARE.sub(lambda found: found[1] or " ", style[0]), source))
