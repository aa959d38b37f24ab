"""How many findings on public packages are true, replayed from benchmarks/verdicts.tsv.

    python benchmarks/precision.py [FOLDER] [--verdicts FILE] [--select RND2,RND3]

FOLDER holds one folder per package with its unpacked wheel or source distribution; without it,
those listed in benchmarks/packages.tsv are downloaded with pip and unpacked in a cache folder.
Every finding of the default level is looked up by package, path, line (of a notebook: `path#cell`
and the line in the cell) and code. Printed are the precision per rule and over all, the findings
that nobody has judged, and the verdicts whose finding is gone: most of these are false alarms of
the time when the code was first read. `--select` prints the precision of some rules alone. The exit
code is 1 if there are findings without a verdict.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from randlint.runner import check_files
from randlint.settings import Settings
from randlint.source.discovery import discover

COLUMNS = ("package", "version", "path", "line", "code", "verdict", "reason")
VERDICTS = ("true", "false", "debatable")
KINDS = {"wheel": ".whl", "sdist": ".tar.gz"}
HERE = Path(__file__).resolve().parent
CACHE = Path.home() / ".cache" / "randlint-benchmarks"


class Place(NamedTuple):
    """What a verdict is about."""

    package: str
    path: str
    line: int
    code: str


class Verdict(NamedTuple):
    """What somebody who read the code says."""

    version: str
    verdict: str
    reason: str


class VerdictsError(Exception):
    """The file of verdicts is not what it should be."""


def read_verdicts(path: Path) -> dict[Place, Verdict]:
    """The verdicts by place; raises VerdictsError naming the row that is wrong."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise VerdictsError(f"{path}:1: the columns must be {', '.join(COLUMNS)}")
    verdicts: dict[Place, Verdict] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS) or not row[3].isdigit() or row[5] not in VERDICTS:
            raise VerdictsError(f"{path}:{number}: not a verdict: {row}")
        package, version, name, line, code, verdict, reason = row
        place = Place(package, name, int(line), code)
        if place in verdicts:
            raise VerdictsError(f"{path}:{number}: judged twice: {place}")
        verdicts[place] = Verdict(version, verdict, reason)
    return verdicts


class Package(NamedTuple):
    """What is judged: one release, as a wheel or as the source distribution with its tests."""

    name: str
    version: str
    kind: str


def read_packages(path: Path) -> list[Package]:
    """The list of packages; raises VerdictsError naming the row that is wrong."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(Package._fields) or row[2] not in KINDS:
            raise VerdictsError(f"{path}:{number}: not a package: {row}")
    return [Package(*row) for row in rows[1:]]


def download(packages: Iterable[Package], cache: Path) -> Path:
    """Fetch and unpack the packages."""
    root = cache / "unpacked"
    for package in packages:
        target = root / package.name
        marker = target / ".version"
        if marker.is_file() and marker.read_text() == package.version:
            continue
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(cache)]
        only = "--no-binary=:all:" if package.kind == "sdist" else "--only-binary=:all:"
        subprocess.run([*pip, only, f"{package.name}=={package.version}"], check=True)
        stem = f"{package.name.replace('-', '_')}-{package.version}".lower()
        (archive,) = (
            path
            for path in (*cache.glob("*.whl"), *cache.glob("*.tar.gz"))
            if path.name.replace("-", "_").lower().startswith(stem.replace("-", "_"))
            and path.name.endswith(KINDS[package.kind])
        )
        unpack(archive, target)
        marker.write_text(package.version)
    return root


def unpack(archive: Path, target: Path) -> None:
    """Unpack a wheel, or a source distribution without its outermost folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as file:
            file.extractall(target)
        return
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
        (inner,) = Path(folder).iterdir()
        shutil.move(inner, target)


def installed_version(folder: Path) -> str:
    """The version of an unpacked package, from its metadata."""
    for metadata in (folder / "PKG-INFO", *sorted(folder.glob("*.dist-info/METADATA"))):
        if metadata.is_file():
            for line in metadata.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("Version: "):
                    return line.removeprefix("Version: ")
    return ""


def findings(root: Path, packages: Iterable[str]) -> dict[Place, str]:
    """The default-level findings of each package, with their messages."""
    found = {}
    for package in packages:
        folder = root / package
        settings = Settings(root=folder)
        files = discover([str(folder)], root=folder).files
        for report in check_files(files, settings):
            if report.error:
                print(f"{report.filename}: {report.error}", file=sys.stderr)
            for finding in report.findings:
                name = Path(report.filename).relative_to(folder).as_posix()
                if finding.location.cell is not None:
                    name += f"#{finding.location.cell}"
                place = Place(package, name, finding.location.start.row, finding.code)
                found[place] = finding.message
    return found


def chosen(code: str, prefixes: Sequence[str]) -> bool:
    """Whether a rule is among those that were asked for (all, where none was)."""
    return not prefixes or code.startswith(tuple(prefixes))


def print_table(found: Iterable[Place], verdicts: Mapping[Place, Verdict]) -> None:
    """Precision per rule and over all: true over judged, debatable ones counted as not true."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for place in found:
        verdict = verdicts[place].verdict if place in verdicts else "unjudged"
        counts[place.code][verdict] += 1
        counts["all"][verdict] += 1
    print(f"{'rule':<8}{'true':>6}{'false':>7}{'debatable':>11}{'unjudged':>10}{'precision':>11}")
    for code in sorted(counts, key=lambda code: (code == "all", code)):
        count = counts[code]
        judged = sum(count[verdict] for verdict in VERDICTS)
        share = f"{count['true'] / judged:.1%}" if judged else "-"
        cells = f"{count['true']:>6}{count['false']:>7}{count['debatable']:>11}"
        print(f"{code:<8}{cells}{count['unjudged']:>10}{share:>11}")


def print_places(title: str, places: Iterable[Place], said: Mapping[Place, str]) -> None:
    listed = sorted(places)
    print(f"\n{title}: {len(listed)}")
    for place in listed:
        print(f"  {place.package} {place.path}:{place.line} {place.code} {said[place]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="unpacked packages, one folder each")
    parser.add_argument("--verdicts", type=Path, default=HERE / "verdicts.tsv")
    parser.add_argument("--packages", type=Path, default=HERE / "packages.tsv")
    parser.add_argument(
        "--select", default="", metavar="CODES", help="prefixes of codes, with commas: RND2,RND301"
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="where packages are kept")
    arguments = parser.parse_args()
    prefixes = [each.strip() for each in arguments.select.split(",") if each.strip()]
    try:
        verdicts = {
            place: verdict
            for place, verdict in read_verdicts(arguments.verdicts).items()
            if chosen(place.code, prefixes)
        }
        judged = read_packages(arguments.packages)
    except (OSError, VerdictsError) as error:
        print(f"precision.py: {error}", file=sys.stderr)
        return 2
    root = arguments.folder or download(judged, arguments.cache)
    for package in judged:
        version = installed_version(root / package.name)
        if version != package.version:
            print(f"{package.name}: {version or 'nothing'} is here, {package.version} was judged")
    found = {
        place: message
        for place, message in findings(root, [package.name for package in judged]).items()
        if chosen(place.code, prefixes)
    }
    print(
        f"{len(judged)} packages, {len({place.package for place in found})} of them with findings"
    )
    print_table(found, verdicts)
    print_places("findings without a verdict", found.keys() - verdicts.keys(), found)
    gone = {place: verdicts[place] for place in verdicts.keys() - found.keys()}
    said = {place: f"was {it.verdict}: {it.reason}" for place, it in gone.items()}
    print_places("verdicts without a finding", gone, said)
    return 1 if found.keys() - verdicts.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
