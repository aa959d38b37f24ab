"""benchmarks/REPORT.md and the README's figures are what report.py makes of its data."""

from __future__ import annotations

import importlib
import json
import platform
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
Load = Callable[[str], ModuleType]

# What benchmarks/precision.py prints, shortened, from a run on a machine with the names below.
PRECISION = """\
2 packages, 1 of them with findings
rule      true  false  debatable  unjudged  precision
RND101       3      1          0         0      75.0%
all          3      1          0         0      75.0%

findings without a verdict: 0

verdicts without a finding: 1
  package /home/somebody/a.py:3 RND101 was false: no
"""


@pytest.fixture(scope="module")
def load() -> Iterator[Load]:
    """Import a module of the benchmarks."""
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def report(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, writing to a folder of its own."""
    module = load("report")
    readme = (
        "# x\n\n<!-- figures from benchmarks/REPORT.md -->\nold\n<!-- end of the figures -->\n\ny\n"
    )
    (tmp_path / "README.md").write_text(readme)
    for name, file in (("DATA", "report.json"), ("PAGE", "REPORT.md"), ("README", "README.md")):
        monkeypatch.setattr(module, name, tmp_path / file)
    return module


def test_the_page_and_the_readme_are_made_from_the_data(load: Load) -> None:
    pages = load("report_page")
    data = json.loads((BENCHMARKS / "report.json").read_text())
    readme = (ROOT / "README.md").read_text()
    advice = "run `python benchmarks/report.py --page`"
    assert (BENCHMARKS / "REPORT.md").read_text() == pages.page(data), advice
    assert readme == pages.in_readme(readme, data), advice


def test_the_readme_quotes_the_page() -> None:
    quoted = (ROOT / "README.md").read_text().partition("<!-- figures from")[2]
    rows = re.findall(r"^\| .* \|$", quoted.partition("<!-- end of")[0], re.MULTILINE)
    page = (BENCHMARKS / "REPORT.md").read_text()
    assert len(rows) > 5
    assert [row for row in rows if row not in page] == []


def test_the_page_tells_no_date_path_or_host() -> None:
    page = (BENCHMARKS / "REPORT.md").read_text() + (BENCHMARKS / "report.json").read_text()
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b|(?<![\w.])/(home|root|tmp|work|usr|opt)\b", page)
    host = platform.node()
    assert not host or not re.search(rf"(?<![\w-]){re.escape(host)}(?![\w-])", page)


def test_a_part_is_read_from_a_folder_and_the_others_are_kept(
    report: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "precision.txt").write_text(PRECISION)
    (tmp_path / "linters.txt").write_text("tool   wall s\nlibcst 1.9.0  2.00 1.90 1.000 1.000\n")
    for part in ("linters", "precision"):
        words = ["report.py", "--only", part, "--from", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", words)
        assert report.main() == 0
    data = json.loads(report.DATA.read_text())
    assert list(data) == ["precision", "linters"]
    assert data["precision"]["tables"] == [
        [["RND101", "3", "1", "0", "0", "75.0%"], ["all", "3", "1", "0", "0", "75.0%"]]
    ]
    page, readme = report.PAGE.read_text(), report.README.read_text()
    assert "| RND101 | 3 | 1 | 0 | 0 | 75.0% |\n" in page
    assert "| libcst 1.9.0 | 2.00 | 1.90 | 1.000 | 1.000 |\n" in page
    assert "somebody" not in page
    assert "| precision on the findings in 2 public packages | 75.0% |\n" in readme
    assert readme.startswith("# x\n") and readme.endswith("-->\n\ny\n") and "old" not in readme


def test_output_without_the_figures_is_refused(
    report: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "memory.txt").write_text("Killed\n")
    monkeypatch.setattr(sys, "argv", ["report.py", "--only", "memory", "--from", str(tmp_path)])
    assert report.main() == 2
    assert capsys.readouterr().err == "report.py: memory: no line begins with 'checked +files'\n"
    assert not report.PAGE.exists()


def test_the_parts_read_what_their_benchmarks_print(
    load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = load("report_parts").PARTS
    precision, scale, speed = load("precision"), load("scale"), load("speed")
    place = precision.Place("package", "a.py", 3, "RND101")
    precision.print_table([place], {place: precision.Verdict("1", "true", "")})
    assert parts["precision"].tables[0].find(capsys.readouterr().out) == [
        ["RND101", "1", "0", "0", "0", "100.0%"],
        ["all", "1", "0", "0", "0", "100.0%"],
    ]
    titles = ("empty files, 100 in a folder", "empty files, all in one folder", "lines of real")
    for title, table in zip(titles, parts["scale"].tables, strict=True):
        scale.table(title, "file", lambda size: scale.Row(size, 1.0, 1.0, 2048 + size), [1, 2])
        rows = table.find(capsys.readouterr().out)
        assert [(row[0], row[4], row[5]) for row in rows] == [
            ("1", "2.0", ""),
            ("2", "2.0", "1024.0"),
        ]
    source = tmp_path / "a.py"
    source.write_text("x = 1\n")
    speed.whole_set(speed.read(tmp_path), 1)
    rows = parts["speed"].tables[0].find(capsys.readouterr().out)
    assert [row[0] for row in rows] == ["ast.parse", "pyflakes", "libcst.parse_module", "randlint"]


def test_the_recall_part_reads_both_tables(load: Load) -> None:
    part, mutate = load("report_parts").PARTS["recall"], load("mutate")
    seen = type("Outcome", (), {"flagged": True, "group": "parent"})
    missed = type("Outcome", (), {"flagged": False, "group": "discrete draw"})
    table = mutate.table([seen, seen, missed], lambda each: each.group)
    text = f"{table}\n{table}\nmissed: 1 known key\nflagged by the unused key alone (RND109): 0\n"
    figures = part.read(text)
    assert figures["tables"] == 2 * [
        [
            ["discrete draw", "1", "0", "0.0%"],
            ["parent", "2", "2", "100.0%"],
            ["all", "3", "2", "66.7%"],
        ]
    ]
    assert figures["sentences"][0].endswith(": 1 known key.")
    pages = load("report_page")
    assert pages.weakest({"recall": figures}) == "0.0% (discrete draw)"


def test_every_command_is_a_benchmark(load: Load) -> None:
    for part in load("report_parts").PARTS.values():
        program, script, *_ = part.command.split()
        assert program == "python"
        assert (ROOT / script).is_file()


def test_the_lists_of_packages_are_readable(load: Load) -> None:
    precision = load("precision")
    wheels = precision.read_packages(BENCHMARKS / "wheels.tsv")
    assert len(wheels) == 12
    assert {each.kind for each in wheels} == {"wheel"}
    assert len(precision.read_packages(BENCHMARKS / "packages.tsv")) >= 20
