"""How much memory a check takes: the peak of the process, for a folder of public packages.

    python benchmarks/memory.py FOLDER

`randlint check --no-cache --jobs 1` of FOLDER as a whole and of each folder in it, every time in a
process of its own; the peak is that of the process alone (VmHWM). The last row is one empty file:
what the interpreter and the imports take.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scale import measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    inner = sorted(each for each in folder.glob("*") if any(each.rglob("*.py")))
    if not inner:
        print(f"memory.py: no Python files below {folder}", file=sys.stderr)
        return 2
    print(f"{'checked':<22}{'files':>8}{'peak MB':>10}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary, "empty.py").touch()
        rows = {"all together": folder, **{each.name: each for each in inner}}
        for name, path in {**rows, "one empty file": Path(temporary)}.items():
            files = sum(1 for _ in path.rglob("*.py"))
            print(
                f"{name:<22}{files:>8}{measured(str(path), files).peak / 1024:>10.1f}", flush=True
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
