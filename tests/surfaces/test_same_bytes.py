"""The same input gives the same bytes: whatever the hash seed, the processes or the cache."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from randlint.engine import Checker, FileReport
from randlint.findings import Confidence
from randlint.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(8)
FORMATS = ("text", "sarif", "github")

_SECONDS = re.compile(rb"checked in \d+\.\d+ s")


def jax_folder() -> Path:
    """Where jax is installed."""
    found = importlib.util.find_spec("jax")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def run(paths: Sequence[Path], folder: Path, seed: int, jobs: int, form: str) -> bytes:
    """What a run in `folder`, whose cache it uses, prints: all findings, and the statistics."""
    arguments = ["--min-confidence", "low", "--select", "RND", "--statistics"]
    arguments += ["--output-format", form, "--jobs", str(jobs)]
    done = subprocess.run(
        [sys.executable, "-m", "randlint", "check", *arguments, *map(str, paths)],
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
    )
    assert done.returncode == 1, done.stderr.decode()
    return _SECONDS.sub(b"checked", done.stdout + done.stderr)


def printed(paths: Sequence[Path], folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Runs with every hash seed, on one process and two, with an empty cache and a full one.

    Each is (format, what was special about the run, what it printed).
    """
    (folder / "pyproject.toml").write_text("[tool.randlint]\n")  # no other settings hold
    for seed in SEEDS:
        place = folder / str(seed)
        place.mkdir()
        cold, warm = (1, 2) if seed % 2 else (2, 1)
        form = FORMATS[seed % len(FORMATS)]
        yield "json", f"seed {seed}, {cold} jobs, cold", run(paths, place, seed, cold, "json")
        yield "json", f"seed {seed}, {warm} jobs, warm", run(paths, place, seed, warm, "json")
        yield form, f"seed {seed}, {warm} jobs, warm", run(paths, place, seed, warm, form)


def digests(paths: Sequence[Path], folder: Path) -> dict[str, dict[str, list[str]]]:
    """For each format the digests that were seen, with the runs that had them."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for form, how, output in printed(paths, folder):
        assert output.count(b"RND") > len(paths), output
        found[form][sha256(output).hexdigest()[:12]].append(how)
    return found


def assert_one_digest(paths: Sequence[Path], folder: Path) -> None:
    found = digests(paths, folder)
    assert set(found) == {"json", *FORMATS}
    several = {form: dict(seen) for form, seen in found.items() if len(seen) != 1}
    assert not several


def test_fixtures_examples_and_a_package_have_one_digest(tmp_path: Path) -> None:
    jax = jax_folder()
    paths = [ROOT / "tests" / "fixtures", ROOT / "examples", jax / "example_libraries"]
    assert_one_digest(paths, tmp_path)


@pytest.mark.slow
def test_whole_packages_have_one_digest(tmp_path: Path) -> None:
    paths = [jax_folder(), ROOT / "runtime", ROOT / "tests" / "runtime", ROOT / "benchmarks"]
    assert_one_digest(paths, tmp_path)


# --- what was checked before


def checked(files: Sequence[Path]) -> dict[Path, FileReport]:
    """The reports of these files, checked in this order by one process."""
    checker = Checker(Settings(ROOT, select=("RND",), min_confidence=Confidence.LOW))
    return {path: checker.check_bytes(path.read_bytes(), str(path)) for path in files}


def test_findings_do_not_depend_on_the_files_checked_before() -> None:
    files = sorted([*(ROOT / "tests" / "runtime").rglob("*.py"), *(ROOT / "examples").glob("*.py")])
    forwards, backwards = checked(files), checked(files[::-1])
    assert sum(len(each.findings) for each in forwards.values()) > 100
    for path in files:
        assert forwards[path].findings == backwards[path].findings


def test_another_file_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is checked before under an absolute name, or only read on the way."""
    drawing = tmp_path / "drawing.py"
    drawing.write_text("import jax\n\n\ndef draw(key, x):\n    return jax.random.poisson(key, x)\n")
    using = tmp_path / "using.py"
    using.write_text(
        "import jax\nfrom drawing import draw\n\n\n"
        "def slope(x, key):\n    return jax.grad(lambda x: draw(key, x) * 1.0)(x)\n"
    )
    monkeypatch.chdir(tmp_path)
    alone, after = checked([using])[using], checked([drawing, using])[using]
    assert [each.code for each in alone.findings] == ["RND201"]
    assert {each.location.filename for each in alone.findings[0].related} == {"drawing.py"}
    assert after.findings == alone.findings
