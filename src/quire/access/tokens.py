"""Bearer tokens: how they are made, and the form in which they are stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from quire.access.contract import LINK_PREFIX


def new_secret() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """Return the form in which a random secret is stored; a plain hash does for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derived(key: bytes, *parts: str | bytes) -> bytes:
    """Return a secret that the server can make again: HMAC-SHA256 of `parts` under its key."""
    joined = b"\0".join(part.encode() if isinstance(part, str) else part for part in parts)
    return hmac.new(key, joined, hashlib.sha256).digest()


def link_token(key: bytes, document: str, nonce: bytes) -> str:
    """Return the token of a document's link; its owner can copy it again, so it is derived and not kept."""
    return LINK_PREFIX + base64.urlsafe_b64encode(derived(key, "link", document, nonce)).decode().rstrip("=")


def links_of_another_key(key: bytes, links: Iterable[Sequence[Any]]) -> int:
    """Return how many of these links, each a document, a nonce and a hash, were made with another key."""
    return sum(hashed(link_token(key, document, nonce)) != made for document, nonce, made in links)
