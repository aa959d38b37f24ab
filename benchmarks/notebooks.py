"""Whether the notebooks of public packages pass through without a crash, and what is found in them.

    python benchmarks/notebooks.py [PACKAGE...] [--keep FOLDER]

Downloads the source archives of PACKAGE (default: JupyterLab, its format and converter, and more
that ship notebooks) with pip and checks every .ipynb file in them. For each one: the check
ends without an error of randlint's own, an empty change gives the same bytes back, and `--add-noqa`
changes nothing but the code. One row per package; a notebook that fails is named below the table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from randlint.cli._add_noqa import noqa_edits
from randlint.documents import BrokenDocument, rewrite_notebook
from randlint.documents.notebook import code_cells
from randlint.engine import Checker, FileReport
from randlint.settings import Settings

PACKAGES = ("jupyterlab", "nbconvert", "nbformat", "papermill", "brax", "tinygp", "nbclient")
# What building those archives needs: pip asks each for its name before it lets go of it.
BACKENDS = ("setuptools", "wheel", "hatchling", "hatch-jupyter-builder", "hatch-vcs", "flit_core")
CHECKER = Checker(Settings(root=Path.cwd()))


@dataclass(slots=True)
class Row:
    """What the notebooks of one package came to."""

    notebooks: int = 0
    cells: int = 0
    seconds: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def download(packages: list[str], folder: Path) -> None:
    """The source archives, unpacked; one that pip does not give is said and left out."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(folder / "venv" / "bin" / "pip"), "-q", "--no-input"]
    subprocess.run([*pip, "install", *BACKENDS], check=True)
    options = ["--no-deps", "--no-build-isolation", "--no-binary", ":all:", "-d", str(folder)]
    for package in packages:
        done = subprocess.run([*pip, "download", *options, package], check=False)
        if done.returncode:
            print(f"{package}: no source archive", file=sys.stderr)
    for archive in sorted(folder.glob("*.tar.gz")):
        target = folder / "unpacked" / archive.name.removesuffix(".tar.gz")
        with tarfile.open(archive) as opened:
            members = [each for each in opened.getmembers() if each.name.endswith(".ipynb")]
            opened.extractall(target, members, filter="data")


def examine(path: Path, row: Row) -> None:
    """Check one notebook and add what came out."""
    data = path.read_bytes()
    row.notebooks += 1
    started = time.perf_counter()
    try:
        report = CHECKER.check_bytes(data, str(path))
        row.seconds += time.perf_counter() - started
        row.codes.update(finding.code for finding in report.findings)
        row.failures += [f"{path}: {said}" for said in wrong(data, path, report, row)]
    except Exception as error:
        row.failures.append(f"{path}: {type(error).__name__}: {error}")


def wrong(data: bytes, path: Path, report: FileReport, row: Row) -> Iterator[str]:
    """What does not hold for one notebook."""
    try:
        before = json.loads(data)
        numbers = [cell.number for cell in code_cells(before)]
        same = rewrite_notebook(data, {})
    except (ValueError, BrokenDocument):
        if not any(finding.code == "RND900" for finding in report.findings):
            yield "is broken, and nobody says so"
        return
    row.cells += len(numbers)
    if same != data:
        yield "an empty change changes bytes"
    findings = [each for each in report.findings if not each.code.startswith("RND9")]
    edits = noqa_edits(data, str(path), findings)
    changed = rewrite_notebook(data, {cell: some for cell, some in edits.items() if cell})
    after = json.loads(changed)
    for number in numbers if before["nbformat"] == 4 else []:
        for document in (before, after):
            document["cells"][number - 1]["source"] = ""
    if before["nbformat"] == 4 and before != after:
        yield "more than code changed"
    left = CHECKER.check_bytes(changed, str(path)).findings
    if any(not each.code.startswith("RND9") for each in left):
        yield "a finding survived its comment"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="*", default=list(PACKAGES))
    parser.add_argument("--keep", type=Path, help="download to this folder and leave it there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        if not (folder / "unpacked").is_dir():
            folder.mkdir(exist_ok=True)
            download(arguments.packages, folder)
        rows: dict[str, Row] = {}
        for path in sorted((folder / "unpacked").rglob("*.ipynb")):
            package = path.relative_to(folder / "unpacked").parts[0]
            examine(path, rows.setdefault(package, Row()))
    print(f"{'package':<24}{'notebooks':>10}{'cells':>7}{'seconds':>9}{'failed':>8}  findings")
    for package, row in rows.items():
        found = ", ".join(f"{count} {code}" for code, count in sorted(row.codes.items())) or "-"
        line = f"{package:<24}{row.notebooks:>10}{row.cells:>7}{row.seconds:>9.2f}"
        print(f"{line}{len(row.failures):>8}  {found}")
    failures = [said for row in rows.values() for said in row.failures]
    print(*failures, sep="\n", end="\n" if failures else "")
    return 1 if failures or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
