"""Secrets that people hold and the database does not: it keeps only their SHA-256."""

import hashlib
import re
import secrets

# 256 random bits as unpadded base64url.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A fresh random token: 43 characters of base64url."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether `text` has the form of a token (which says nothing about whether it is known)."""
    return bool(_TOKEN.fullmatch(text))


def digest(token: str) -> str:
    """What the database keeps of `token`: 64 hexadecimal digits. A random 256-bit token needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
