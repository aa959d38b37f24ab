"""What a file held, as a hash: how a cache knows that nothing has changed."""

from __future__ import annotations

import hashlib

MISSING = ""  # in the place of a hash: the file was looked for, and was not there


def content_hash(data: bytes) -> str:
    """The hash under which a file's content is remembered."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


# Bytes of source that are read as a program: its trees take up to 300 times the memory of the text
# (measured: 0.8 to 0.9 GB for as much as this), and what is larger was written by a program.
LARGEST = 3_000_000
