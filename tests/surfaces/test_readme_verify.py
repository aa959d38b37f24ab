"""The README's finding, linted and then seen to happen; and the page of the runtime."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text().partition("## Is a finding true?")[2]
BLOCKS = dict(re.findall(r"<!-- (.*?) -->\n```\w+\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE))


def run(words, folder):
    path = os.pathsep.join(map(str, (ROOT, ROOT / "runtime")))
    env = {**os.environ, "PYTHONPATH": path, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    words = [sys.executable if word == "python" else word for word in words]
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_one_finding_goes_from_lint_to_confirmed(tmp_path):
    for name in ("model.py", "test_model.py"):
        (tmp_path / name).write_text(BLOCKS[name])
    shown = [(marker, text) for marker, text in BLOCKS.items() if "output of: " in marker]
    assert len(shown) == 2
    for marker, text in shown:
        done = run(shlex.split(marker.partition("output of: ")[2]), tmp_path)
        assert done.returncode == 1, done.stderr
        if marker.startswith("end of "):
            assert done.stdout.endswith(text)
        else:
            assert done.stdout == text


def test_the_page_of_the_runtime(tmp_path):
    (block,) = re.findall(
        r"^```python\n(.*?)^```$",
        (ROOT / "runtime" / "README.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    (tmp_path / "shown.py").write_text(block)
    assert run(["shown"], tmp_path).returncode == 0
    reused = block.replace("normal(first)", "normal(second)")  # what the last line is there for
    assert reused != block
    (tmp_path / "wrong.py").write_text(reused)
    done = run(["wrong"], tmp_path)
    assert done.returncode == 1 and "KeyReuseAssertionError" in done.stderr
