"""What the processes of one job tell each other about the keys that they used.

Every process writes one file, when its ledger is closed, and then reads those of the others: the
last one sees all. A file is JSON: the uses, and for every key the number of its first use.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from randlint_runtime._source import Frame, Site

Key = tuple[Any, ...]  # (generator, *words)
Place = tuple[str, Site]  # a sampler, and the line of its call
_SUFFIX = ".keys.json"


def write(folder: Path, used: Mapping[Key, Place]) -> Path:
    """Write down which keys this process used, and where first; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    places = {place: number for number, place in enumerate(dict.fromkeys(used.values()))}
    data = {
        "process": f"{os.getpid()} on {socket.gethostname()}",
        "uses": [
            [sampler, [[f.filename, f.line, f.function] for f in site.frames]]
            for sampler, site in places
        ],
        "keys": [[*key, places[place]] for key, place in used.items()],
    }
    file = folder / f"{socket.gethostname()}-{os.getpid()}{_SUFFIX}"
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(data))
    draft.replace(file)  # at once: nobody reads half a file
    return file


def others(folder: Path, own: Path) -> Iterator[tuple[str, dict[Key, Place]]]:
    """What other processes wrote: which process, and its keys with their first uses."""
    for file in sorted(folder.glob(f"*{_SUFFIX}")):
        if file != own:
            data = json.loads(file.read_text())
            places = [
                (sampler, Site(tuple(Frame(*frame) for frame in frames)))
                for sampler, frames in data["uses"]
            ]
            yield data["process"], {tuple(row[:-1]): places[row[-1]] for row in data["keys"]}
