"""Origins of websites: what stands before the path of an address, as in "https://shop.example.com"."""

import re
from urllib.parse import urlsplit

LONGEST = 200
PORTS = {"http": 80, "https": 443}

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidOrigin(ValueError):
    """Not an origin. Its text is what was written."""


def clean_origin(text: str, wildcard: bool = False) -> str:
    """`text` as browsers spell an origin: lower case, no path, no usual port; "https" where none is named.

    With `wildcard` it may begin with "*.", for every name below. Raises InvalidOrigin.
    """
    written = text.strip()
    try:
        parts = urlsplit(written if "://" in written else f"https://{written}")
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        raise InvalidOrigin(text) from None
    names = host.removeprefix("*.").split(".") if wildcard else host.split(".")
    whole = parts.scheme in PORTS and parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    if not whole or len(written) > LONGEST or not all(_NAME.fullmatch(name) for name in names):
        raise InvalidOrigin(text)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, PORTS[parts.scheme]) else "")


def origin_of(address: str) -> str | None:
    """The origin of a page's address; None for one that has none."""
    if not (address.isascii() and address.isprintable()):
        return None
    try:
        parts = urlsplit(address)
        return clean_origin(f"{parts.scheme}://{parts.netloc}") if parts.netloc else None
    except ValueError:
        return None
