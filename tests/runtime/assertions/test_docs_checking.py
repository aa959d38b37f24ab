"""`docs/checking.md`, block by block: sessions, files and commands with their output."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "checking.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks():
    return FENCE.findall(PAGE.read_text())


def test_every_block_is_of_a_kind_that_is_executed():
    for language, text in blocks():
        assert language in ("python", "console")
        if language == "python":
            assert text.startswith((">>> ", "# file: "))


def test_sessions():
    session = "\n".join(text for language, text in blocks() if text.startswith(">>> "))
    options = doctest.ELLIPSIS
    test = doctest.DocTestParser().get_doctest(session, {}, PAGE.name, str(PAGE), 0)
    output = []
    runner = doctest.DocTestRunner(optionflags=options, verbose=False)
    runner.run(test, out=output.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(output)


def test_files_and_commands(tmp_path):
    path = os.pathsep.join(map(str, (ROOT, ROOT / "runtime")))
    env = {
        **os.environ,
        "PYTHONPATH": path,
        "PYTEST_ADDOPTS": "-p randlint_runtime.pytest_plugin",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # compiles several times faster
    }
    ran = 0
    for language, text in blocks():
        if text.startswith("# file: "):
            name = text.splitlines()[0].removeprefix("# file: ")
            (tmp_path / name).write_text(text)
        if language == "console":
            command, *expected = text.splitlines()
            words = shlex.split(command.removeprefix("$ "))
            words = [sys.executable if word == "python" else word for word in words]
            done = subprocess.run(
                words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
            )
            rest = done.stdout + done.stderr
            for line in expected:
                assert line in rest, f"{line!r} is not in the output, in order:\n{done.stdout}"
                rest = rest[rest.index(line) :]
            ran += 1
    assert ran == 2
