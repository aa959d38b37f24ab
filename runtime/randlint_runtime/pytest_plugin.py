"""pytest plugin: tests under the key ledger, or under a gradient convention.

``--randlint-ledger``
    runs every test under `key_ledger` and fails those that use one key twice. A fixture's draws are
    not counted, only the test's own. ``@pytest.mark.randlint_allow_reuse(reason="...")`` (or
    `Ledger.allow` for a part of a test) declares a reuse intended; so does `jax.random.clone`.
``--randlint-ledger-report-only``
    reports without failing.
``--randlint-gradients=CONVENTION``
    runs every test on the reference samplers under a gradient convention; with ``error``, taking a
    derivative through a draw fails the test that does it.
``--randlint-events=DIRECTORY``
    writes what happened, for `randlint verify`.

Fixtures: ``key_ledger``, a `Ledger` open for the test; ``reference_samplers``, which makes
`jax.random` stand for the reference samplers. Under pytest-xdist the findings travel with the test
reports, so that the summary is the same.

Nothing heavy (jax included) is imported until a test needs it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from randlint_runtime.ledger import Ledger

_MARKER = "randlint_allow_reuse"
_PROPERTY = "randlint"  # the key of our entries among a report's user properties
_CONVENTIONS = ("pathwise", "error", "fixed", "nan")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("randlint", "randomness in jax programs")
    group.addoption(
        "--randlint-ledger",
        action="store_true",
        help="fail tests that use a jax PRNG key twice",
    )
    group.addoption(
        "--randlint-ledger-report-only",
        action="store_true",
        help="report keys used twice without failing the tests",
    )
    group.addoption(
        "--randlint-gradients",
        choices=_CONVENTIONS,
        metavar="CONVENTION",
        help="run tests on the reference samplers under a gradient convention:"
        f" {', '.join(_CONVENTIONS)}",
    )
    group.addoption("--randlint-events", metavar="DIRECTORY", help=argparse.SUPPRESS)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", f"{_MARKER}(reason): this test uses a jax PRNG key twice on purpose"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse markers without a reason before anything runs."""
    for item in items:
        marker = item.get_closest_marker(_MARKER)
        if marker is not None and not _reason(marker):
            raise pytest.UsageError(
                f"{item.nodeid}: {_MARKER} needs a reason, for example"
                f' @pytest.mark.{_MARKER}(reason="both arms must see the same noise")'
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run a test under the ledger and the convention that the options ask for."""
    option = item.config.option
    watched = option.randlint_ledger or option.randlint_ledger_report_only
    if not (watched or option.randlint_events or option.randlint_gradients):
        return (yield)
    with ExitStack() as stack:
        if option.randlint_gradients:
            _enter_convention(stack, option.randlint_gradients)
        events = None
        if option.randlint_events:
            from randlint_runtime.verify._recording import recording

            events = stack.enter_context(recording(option.randlint_events, item.nodeid))
        if not watched and events is None:
            return (yield)
        from randlint_runtime.ledger import key_ledger

        ledger = stack.enter_context(key_ledger())
        stack.enter_context(_examples_apart(item, ledger))
        try:
            result = yield
        finally:
            _settle(item, ledger)
            if events is not None:
                events.ledger(ledger, allowed=_allowed(item))
    if option.randlint_ledger and not option.randlint_ledger_report_only:
        _fail(item, ledger)
    return result


@contextmanager
def _examples_apart(item: pytest.Item, ledger: Ledger) -> Iterator[None]:
    """Under hypothesis every example is a run of its own: it may use the keys of another again."""
    handle: Any = getattr(getattr(item, "obj", None), "hypothesis", None)
    example = getattr(handle, "inner_test", None)
    if example is None:
        yield
        return

    @wraps(example)
    def alone(*args: Any, **kwargs: Any) -> Any:
        ledger.forget()
        return example(*args, **kwargs)

    handle.inner_test = alone  # what hypothesis documents for plugins
    try:
        yield
    finally:
        handle.inner_test = example


def _enter_convention(stack: ExitStack, convention: str) -> None:
    import randlint_runtime
    from randlint_runtime import conventions

    stack.enter_context(randlint_runtime.reference())
    stack.enter_context(conventions.use(convention))


def _settle(item: pytest.Item, ledger: Ledger) -> None:
    """Attach what the ledger found to the test's report; it survives the trip from a worker."""
    import jax

    jax.effects_barrier()
    entry = {
        "uses": ledger.uses,
        "reuses": [str(reuse) for reuse in ledger.reuses],
        "allowed": _allowed(item),
    }
    item.user_properties.append((_PROPERTY, entry))


def _fail(item: pytest.Item, ledger: Ledger) -> None:
    if ledger.reuses and _allowed(item) is None:
        found = "\n".join(f"  {reuse}" for reuse in ledger.reuses)
        pytest.fail(
            f"this test used a jax PRNG key twice:\n{found}\n"
            "Split the key, or say that it is intended: jax.random.clone(key), or"
            f' @pytest.mark.{_MARKER}(reason="...")',
            pytrace=False,
        )


def _allowed(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker(_MARKER)
    return None if marker is None else _reason(marker)


def _reason(marker: pytest.Mark) -> str:
    reason = marker.kwargs.get("reason", marker.args[0] if marker.args else "")
    return reason.strip() if isinstance(reason, str) else ""


# -- the summary -----------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print every reuse once, with the number of tests that it happened in."""
    option = terminalreporter.config.option
    if not (option.randlint_ledger or option.randlint_ledger_report_only):
        return
    tests, uses = 0, 0
    found: Counter[str] = Counter()
    example: dict[str, str] = {}
    allowed: list[tuple[str, str]] = []
    for report in _reports(terminalreporter):
        for name, entry in report.user_properties:
            if name != _PROPERTY:
                continue
            tests += 1
            uses += entry["uses"]
            if entry["reuses"] and entry["allowed"] is not None:
                allowed.append((report.nodeid, entry["allowed"]))
            elif entry["reuses"]:
                found.update(entry["reuses"])
                for text in entry["reuses"]:
                    example.setdefault(text, report.nodeid)
    write = terminalreporter.write_line
    terminalreporter.section("randlint: keys used twice", sep="-")
    for text, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])):
        where = example[text] if count == 1 else f"{count} tests, first {example[text]}"
        write(f"{text}\n    in {where}")
    for nodeid, reason in allowed:
        write(f"allowed in {nodeid}: {reason}")
    pairs = "1 pair of lines repeats" if len(found) == 1 else f"{len(found)} pairs of lines repeat"
    write(f"{uses} keys used in {tests} tests, {pairs} one")


def _reports(terminalreporter: Any) -> list[Any]:
    """The call reports of all tests, whatever their outcome."""
    seen: dict[str, Any] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                seen.setdefault(report.nodeid, report)
    return list(seen.values())


# -- fixtures --------------------------------------------------------------------------------------


@pytest.fixture(name="key_ledger")
def _key_ledger() -> Generator[Ledger, None, None]:
    """A `Ledger` that records every jax PRNG key that the test uses."""
    from randlint_runtime.ledger import key_ledger

    with key_ledger() as ledger:
        yield ledger


@pytest.fixture(name="reference_samplers")
def _reference_samplers() -> Generator[None, None, None]:
    """`jax.random` stands for the reference samplers while the test runs."""
    import randlint_runtime

    with randlint_runtime.reference():
        yield
