"""docs/found.md, its scripts and the table of mistakes say the same; the run needs an index."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SCRIPTS = BENCHMARKS / "found"


@pytest.fixture(scope="module")
def found() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import found

        return found
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def sections(found: ModuleType) -> dict[str, str]:
    """The sections of the page by the script they name."""
    parts = re.split(r"^### ", found.PAGE.read_text(), flags=re.MULTILINE)[1:]
    named = {}
    for part in parts:
        (script,) = set(re.findall(r"\]\(\.\./benchmarks/found/(\w+)\.py\)", part))
        named[script] = part
    assert len(named) == len(parts)
    return named


def test_each_script_is_on_the_page_and_in_the_table(
    found: ModuleType, sections: dict[str, str]
) -> None:
    listed = [each.script for each in found.read()]
    assert sorted(listed) == sorted(path.stem for path in SCRIPTS.glob("*.py"))
    assert listed == list(sections)


def test_the_page_names_release_place_and_rule(found: ModuleType, sections: dict[str, str]) -> None:
    for mistake in found.read():
        heading, rule = sections[mistake.script].split("\n\n")[:2]
        name = mistake.package.replace("_", "-")
        assert heading.startswith(f"{name} {mistake.version}, `")
        place = re.search(r"`(\S+):(\d+)`", heading)
        assert place is not None
        assert f"/{mistake.path}".endswith(f"/{place[1]}")
        assert int(place[2]) == mistake.line
        assert rule.startswith(f"{mistake.code} ")


def test_the_page_quotes_the_line(found: ModuleType, sections: dict[str, str]) -> None:
    for mistake in found.read():
        quotes = found.read_quotes(sections[mistake.script])
        assert quotes, mistake.script
        assert {quote.path for quote in quotes} == {mistake.path}
        for quote in quotes:
            assert quote.text.count("\n") == quote.last - quote.first + 1
        lines = {
            quote.first + offset: line.strip()
            for quote in quotes
            for offset, line in enumerate(quote.text.splitlines())
        }
        assert lines[mistake.line] == mistake.source


def test_the_pins_are_the_releases_of_the_table(found: ModuleType) -> None:
    pinned = set()
    for name in ("requirements.txt", "alone.txt"):
        pinned |= set(re.findall(r"^(\S+)==(\S+)$", (SCRIPTS / name).read_text(), re.MULTILINE))
    assert {(each.package, each.version) for each in found.read()} <= pinned


def test_a_changed_line_is_seen(found: ModuleType) -> None:
    source = "if x:\n    a = 1\n    b = 2\n"
    assert found.Quote("p.py", 2, 3, "a = 1\nb = 2\n").holds(source)
    assert not found.Quote("p.py", 2, 3, "a = 1\nb = 3\n").holds(source)
    assert not found.Quote("p.py", 1, 2, "a = 1\nb = 2\n").holds(source)


def test_an_unknown_name_is_refused(found: ModuleType) -> None:
    command = [sys.executable, str(BENCHMARKS / "found.py"), "no_such_script"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "found.py: no mistake is called no_such_script\n"


@pytest.mark.releases
def test_every_mistake_is_shown_in_a_fresh_environment(found: ModuleType, shown_block) -> None:
    """Installs the releases and runs the scripts: several minutes."""
    command = shown_block(found.PAGE, "command").split()
    assert command == [".venv/bin/python", "benchmarks/found.py"]
    done = subprocess.run(
        [sys.executable, *command[1:]],
        cwd=BENCHMARKS.parent,
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
