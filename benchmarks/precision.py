"""How many findings on public packages are true, replayed from benchmarks/verdicts.tsv.

    python benchmarks/precision.py [FOLDER] [--verdicts FILE]

FOLDER holds one folder per package with its unpacked wheel; without it, the wheels named in the
verdicts are downloaded with pip and unpacked in a cache folder. Every finding of the default level
is looked up by package, path, line and code. Printed are the precision per rule and over all,
the findings that nobody has judged, and the verdicts whose finding is gone. The exit code is 1 if
there are findings without a verdict, else 0.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from randlint.runner import check_files
from randlint.settings import Settings
from randlint.source.discovery import discover

COLUMNS = ("package", "version", "path", "line", "code", "verdict", "reason")
VERDICTS = ("true", "false", "debatable")
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


def download(verdicts: Mapping[Place, Verdict], cache: Path) -> Path:
    """Fetch and unpack the wheels that the verdicts speak of."""
    wanted = sorted({(place.package, it.version) for place, it in verdicts.items()})
    root = cache / "unpacked"
    for package, version in wanted:
        target = root / package
        if (target / ".version").is_file() and (target / ".version").read_text() == version:
            continue
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(cache)]
        subprocess.run([*pip, "--only-binary=:all:", f"{package}=={version}"], check=True)
        stem = package.replace("-", "_").lower()
        (wheel,) = (
            path for path in cache.glob(f"*-{version}-*.whl") if path.name.lower().startswith(stem)
        )
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
        (target / ".version").write_text(version)
    return root


def installed_version(folder: Path) -> str:
    """The version of an unpacked wheel, from the name of its metadata folder."""
    names = sorted(path.name for path in folder.glob("*.dist-info"))
    return names[0].removesuffix(".dist-info").partition("-")[2] if names else ""


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
                place = Place(package, name, finding.location.start.row, finding.code)
                found[place] = finding.message
    return found


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
    parser.add_argument("folder", type=Path, nargs="?", help="unpacked wheels, one folder each")
    parser.add_argument("--verdicts", type=Path, default=HERE / "verdicts.tsv")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where wheels are downloaded to")
    arguments = parser.parse_args()
    try:
        verdicts = read_verdicts(arguments.verdicts)
    except (OSError, VerdictsError) as error:
        print(f"precision.py: {error}", file=sys.stderr)
        return 2
    root = arguments.folder or download(verdicts, arguments.cache)
    packages = sorted(path.name for path in root.iterdir() if path.is_dir())
    judged = {place.package: it.version for place, it in verdicts.items()}
    for package in packages:
        version = installed_version(root / package)
        if package in judged and version != judged[package]:
            print(f"{package}: {version} is here, but {judged[package]} was judged")
    found = findings(root, packages)
    print_table(found, verdicts)
    print_places("findings without a verdict", found.keys() - verdicts.keys(), found)
    gone = {place: verdicts[place] for place in verdicts.keys() - found.keys()}
    said = {place: f"was {it.verdict}: {it.reason}" for place, it in gone.items()}
    print_places("verdicts without a finding", gone, said)
    return 1 if found.keys() - verdicts.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
