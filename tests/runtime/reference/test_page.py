"""Every block of docs/runtime.md runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "runtime.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_page_has_blocks():
    assert len(BLOCKS) >= 8


@pytest.mark.usefixtures("quick_compilation")
def test_the_blocks_run_in_order():
    session = {}
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"runtime.md block {number}", "exec"), session)
