"""What a file held, as a hash: how a cache knows that nothing has changed."""

from __future__ import annotations

import hashlib

MISSING = ""  # in the place of a hash: the file was looked for, and was not there


def content_hash(data: bytes) -> str:
    """The hash under which a file's content is remembered."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
