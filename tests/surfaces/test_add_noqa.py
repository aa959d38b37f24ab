"""`--add-noqa`: comments where findings are, once, and not a byte more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

HEAD = "import jax\nkey = jax.random.key(0)\nx = jax.random.normal(key)\n"


@pytest.fixture
def silence(randlint: Run, tmp_path: Path) -> Callable[..., bytes]:
    """The bytes of a file after `--add-noqa`, which must leave nothing to find or to add."""

    def run(data: bytes, *options: str, name: str = "a.py") -> bytes:
        path = tmp_path / name
        path.write_bytes(data)
        outcome = randlint("check", "--add-noqa", *options, name)
        assert (outcome.code, outcome.err) == (0, "")
        after = path.read_bytes()
        assert randlint("check", *options, name).code == 0
        assert randlint("check", "--add-noqa", *options, name).code == 0
        assert path.read_bytes() == after
        return after

    return run


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("y = jax.random.normal(key)", "y = jax.random.normal(key)  # noqa: RND101"),
        ("y = jax.random.normal(key)  ", "y = jax.random.normal(key)  # noqa: RND101  "),
        (
            "y = jax.random.normal(key)  # paired",
            "y = jax.random.normal(key)  # paired  # noqa: RND101",
        ),
        (
            "y = jax.random.normal(key)  # noqa: E501 because",
            "y = jax.random.normal(key)  # noqa: E501, RND101 because",
        ),
        (
            "y = jax.random.normal(key)  # randlint: ignore[RND109] no",
            "y = jax.random.normal(key)  # randlint: ignore[RND109] no  # noqa: RND101",
        ),
        (
            "y = jax.random.normal(\n    key,\n)",
            "y = jax.random.normal(  # noqa: RND101\n    key,\n)",
        ),
        (
            "y = jax.random.normal(key), '''\ntext'''",
            "y = jax.random.normal(key), '''\ntext'''  # noqa: RND101",
        ),
        (
            "y = 1 + \\\n    jax.random.normal(key) + \\\n    2",
            "y = 1 + \\\n    jax.random.normal(key) + \\\n    2  # noqa: RND101",
        ),
        (
            "y = f'''{jax.random.normal(key)}\n'''",
            "y = f'''{jax.random.normal(key)}\n'''  # noqa: RND101",
        ),
        (
            "y = jax.random.normal(key)  # ends in \\",
            "y = jax.random.normal(key)  # ends in \\  # noqa: RND101",
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_where_the_comment_goes(
    silence: Callable[..., bytes], row: str, expected: str, end: str
) -> None:
    before = f"{HEAD}{row}\nz = 2".replace("\n", end).encode()
    after = f"{HEAD}{expected}\nz = 2".replace("\n", end).encode()
    assert silence(before) == after


def test_encoding_and_byte_order_mark_stay(silence: Callable[..., bytes]) -> None:
    latin = f"# coding: latin-1\n{HEAD}y = jax.random.normal(key), 'é'\n".encode("latin-1")
    expected = latin.replace(b"'\xe9'", b"'\xe9'  # noqa: RND101")
    assert silence(latin) == expected
    marked = b"\xef\xbb\xbf" + f"{HEAD}y = jax.random.normal(key)".encode()
    assert silence(marked) == marked + b"  # noqa: RND101"


def test_several_codes_share_a_comment(silence: Callable[..., bytes]) -> None:
    text = "import jax\n\n\ndef f(key=jax.random.key(0)):\n    a, b = jax.random.split(key)\n"
    text += "    return jax.random.normal(key), jax.random.normal(key)\n"
    after = silence(text.encode(), "--select", "RND1").decode().splitlines()
    assert after[3].endswith(":  # noqa: RND107")
    assert after[4].endswith(")  # noqa: RND109")
    assert after[5].endswith(")  # noqa: RND101")


def test_a_notebook(silence: Callable[..., bytes]) -> None:
    def cell(source: str) -> dict[str, Any]:
        lines = source.splitlines(keepends=True)
        outputs = [{"output_type": "stream", "name": "stdout", "text": "y ="}]
        return {"cell_type": "code", "metadata": {}, "outputs": outputs, "source": lines}

    cells = [cell(HEAD), cell("%time y = jax.random.normal(key)\nz = 'é'")]
    data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=1).encode()
    expected = data.replace(
        b'normal(key)\\n",\n    "z', b'normal(key)  # noqa: RND101\\n",\n    "z'
    )
    assert expected != data
    assert silence(data, name="a.ipynb") == expected


def test_a_page(silence: Callable[..., bytes]) -> None:
    page = f"- x\n\n  ```python\n  {HEAD.strip()}\n  ```\n".replace("\n", "\n  ").encode()
    page += b"\n```python\ny = jax.random.normal(key)\n```\n"
    expected = page.replace(
        b"y = jax.random.normal(key)", b"y = jax.random.normal(key)  # noqa: RND101"
    )
    assert silence(page, name="a.md") == expected


def test_what_no_comment_silences_is_left_and_said(
    randlint: Run, tmp_path: Path, reuse: str
) -> None:
    (tmp_path / "a.py").write_text("x = = 1\n")
    (tmp_path / "b.py").write_text(reuse)
    outcome = randlint("check", "--add-noqa")
    assert outcome.code == 1
    assert "a.py:1:5: RND900" in outcome.out
    assert "Silenced 1 finding in 1 file.\n" in outcome.out
    assert (tmp_path / "a.py").read_text() == "x = = 1\n"


def test_a_file_that_cannot_be_written_is_left(randlint: Run, tmp_path: Path, reuse: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(
        b"# coding: utf-7\n" + reuse.replace("+ y", "- y").encode() + b"# +AGE-\n"
    )  # or plain `a`
    outcome = randlint("check", "--add-noqa")
    assert outcome.code == 2
    assert "a.py: cannot be changed: its encoding is ambiguous" in outcome.err


def test_standard_input(spawn: Run, tmp_path: Path, reuse: str) -> None:
    outcome = spawn("randlint", "check", "--add-noqa", "-", cwd=tmp_path, stdin=reuse.encode())
    assert outcome.out == reuse.replace("uniform(key, (3,))", "uniform(key, (3,))  # noqa: RND101")
    assert "Silenced 1 finding" in outcome.err
