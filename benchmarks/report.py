"""Write benchmarks/REPORT.md: run the benchmarks, or read what they printed, and set it in tables.

    python benchmarks/report.py [--only PART...] [--from FOLDER] [--wheels FOLDER] [--judged FOLDER]
    python benchmarks/report.py --page

The parts are those of report_parts.py; each runs its command, and the figures it prints are kept in
benchmarks/report.json, from which the page and the figures in README.md are written (`--page` does
that alone). With `--only` the other parts stay as they are. With `--from`, FOLDER/PART.txt is read
where it exists instead of running the command; what is run is written there, so that long parts can
be run one at a time. `--wheels` holds the packages of wheels.tsv unpacked, one folder each, and
`--judged` those of packages.tsv; without them they are downloaded with pip into a cache folder.

Nothing in the page says when, where or under which names it was made, only on what kind of machine.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from precision import CACHE, download, read_packages
from report_page import in_readme, page
from report_parts import PARTS, MissingFigure

from randlint import __version__

HERE = Path(__file__).resolve().parent
DATA, PAGE, README = HERE / "report.json", HERE / "REPORT.md", HERE.parent / "README.md"


class Failed(Exception):
    """A benchmark did not end as it should."""


def machine() -> dict[str, str]:
    """What the figures depend on; no name of a host, no path."""
    model = "unknown processor"
    information = Path("/proc/cpuinfo")
    if information.is_file():
        lines = information.read_text().splitlines()
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = models[0] if models else platform.machine()
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": model,
        "cores": str(os.cpu_count()),
        "memory": f"{gigabytes:.0f} GB",
        "system": platform.system(),
        "Python": platform.python_version(),
        "randlint": __version__,
        "libcst": importlib.metadata.version("libcst"),
    }


def folder(given: Path | None, listed: str) -> Path:
    """The unpacked packages of a list: those given, or downloaded ones."""
    if given is not None:
        return given.resolve()
    return download(read_packages(HERE / listed), CACHE / Path(listed).stem)


def output(name: str, arguments: argparse.Namespace) -> str:
    """What the command of a part prints; raises Failed."""
    part, saved = PARTS[name], None
    if arguments.saved is not None:
        saved = arguments.saved / f"{name}.txt"
        if saved.is_file():
            return saved.read_text(encoding="utf-8")
    program, script, *words = shlex.split(part.command)
    folders = {"{wheels}": "wheels", "{judged}": "judged"}
    for place, option in folders.items():
        if place in words:
            listed = "wheels.tsv" if option == "wheels" else "packages.tsv"
            found = str(folder(getattr(arguments, option), listed))
            words = [found if word == place else word for word in words]
    print(f"report.py: {program} {script} {' '.join(words)}", file=sys.stderr, flush=True)
    command = [sys.executable, str(HERE.parent / script), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in part.codes:
        raise Failed(f"{script} ended with {done.returncode}")
    if saved is not None:
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(done.stdout, encoding="utf-8")
    return done.stdout


def write(data: dict[str, Any]) -> None:
    """The data, the page, and the figures in the README."""
    DATA.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(data), encoding="utf-8")
    README.write_text(in_readme(README.read_text(encoding="utf-8"), data), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--from", dest="saved", type=Path, metavar="FOLDER")
    parser.add_argument("--wheels", type=Path, metavar="FOLDER")
    parser.add_argument("--judged", type=Path, metavar="FOLDER")
    parser.add_argument("--page", action="store_true", help="write the page from report.json")
    arguments = parser.parse_args()
    data = json.loads(DATA.read_text(encoding="utf-8")) if DATA.is_file() else {}
    for name in [] if arguments.page else arguments.only:
        try:
            figures = PARTS[name].read(output(name, arguments))
        except (Failed, MissingFigure, OSError) as error:
            print(f"report.py: {name}: {error}", file=sys.stderr)
            return 2
        data[name] = {"machine": machine(), **figures}
        write({each: data[each] for each in PARTS if each in data})
    if arguments.page:
        write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
