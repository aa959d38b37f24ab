"""What of the catalogue applies to a project, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from randlint.findings import Location
from randlint.reporting.escaping import printable
from randlint.reporting.text import place
from randlint.used_models import OWN, Applied, Overview, Used


def render(found: Overview) -> Iterator[str]:
    """A block per framework: why it applies, then the entries that are used."""
    for applied in found.applied:
        yield _headline(applied)
        entries = sorted(applied.entries.values(), key=lambda used: (used.kind, used.name))
        for used in entries:
            yield f"  {used.name}: {used.kind}, {used.says}; {_uses(used)}"
        if not entries:
            yield "  no entry of it is named"
    for filename in found.unreadable:
        yield f"{printable(filename)}: cannot be read or parsed, so its imports are not counted"
    files = f"{found.files} file{'' if found.files == 1 else 's'} read"
    frameworks = sum(applied.name != OWN for applied in found.applied)
    yield (
        f"{frameworks} framework{'' if frameworks == 1 else 's'} of the catalogue imported "
        f"({files}); jax itself always applies."
    )


def render_json(found: Overview) -> str:
    """The same as one object; the fields are a contract."""
    document = {
        "files": found.files,
        "unreadable": found.unreadable,
        "applied": [_applied(applied) for applied in found.applied],
    }
    return json.dumps(document, indent=2)


def _headline(applied: Applied) -> str:
    if applied.name == OWN:
        return f"[{OWN}]: the project's own"
    first, text = applied.imports[0]
    more = len({where.filename for where, _ in applied.imports} - {first.filename})
    others = f", and {more} more file{'' if more == 1 else 's'}" if more else ""
    return f"{applied.name}: {place(first)} has `{printable(text)}`{others}"


def _uses(used: Used) -> str:
    if not used.places:
        return "a method of any object" if used.kind == "method" else "not named by any file"
    more = len(used.places) - 1
    return f"{place(used.places[0])}" + (f" and {more} more" if more else "")


def _applied(applied: Applied) -> dict[str, object]:
    entries = sorted(applied.entries.values(), key=lambda used: (used.kind, used.name))
    return {
        "name": applied.name,
        "imports": [{**_place(where), "text": text} for where, text in applied.imports],
        "entries": [
            {
                "name": used.name,
                "kind": used.kind,
                "says": used.says,
                "uses": [_place(where) for where in used.places],
            }
            for used in entries
        ],
    }


def _place(location: Location) -> dict[str, object]:
    start = location.start
    return {
        "filename": location.filename,
        "cell": location.cell,
        "location": {"row": start.row, "column": start.column},
    }
