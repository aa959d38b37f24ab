"""What the documentation shows is what the program does."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from randlint.catalogue import load
from randlint.rules import registry
from randlint.settings import load_settings

Run = Callable[..., Any]
PAGES = ("index", "configuration", "semantics")
Block = Callable[[Path, str], str]


def test_the_readmes_example_and_its_output(
    randlint: Run, repository: Path, shown_block: Block, tmp_path: Path
) -> None:
    readme = repository / "README.md"
    (tmp_path / "example.py").write_text(shown_block(readme, "example.py"))
    outcome = randlint("check", "example.py")
    assert outcome.code == 1
    assert outcome.out == shown_block(readme, "output of: randlint check example.py")


def test_the_readmes_commands_stand_alone(repository: Path, shown_block: Block) -> None:
    for marker in ("main command", "test command"):
        command = shown_block(repository / "README.md", marker)
        assert command.count("\n") == 1
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_ci_takes_the_test_command_from_the_readme(repository: Path) -> None:
    script = (repository / ".ci" / "run").read_text()
    assert "<!-- test command -->" in script
    assert "pip install" not in script


def test_the_readmes_links_lead_somewhere(repository: Path) -> None:
    pages = ("README.md", "CONTRIBUTING.md", *(f"docs/{name}.md" for name in PAGES))
    for name in pages:
        page = repository / name
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{name} links to {target}"


def test_generated_pages_are_up_to_date(repository: Path) -> None:
    generate = runpy.run_path(str(repository / "docs" / "generate.py"))
    expected = generate["pages"](registry())
    docs = repository / "docs"
    present = {path.relative_to(docs).as_posix() for path in docs.glob("rules/*.md")}
    assert present == {name for name in expected if name.startswith("rules/")}
    stale = [name for name, text in expected.items() if (docs / name).read_text() != text]
    assert stale == [], "run `python docs/generate.py`"


def test_every_option_is_documented(randlint: Run, repository: Path) -> None:
    page = (repository / "docs" / "configuration.md").read_text()
    options = set(re.findall(r"--[a-z-]+", randlint("check", "--help").out)) - {"--help"}
    assert {option for option in options if f"`{option}" not in page} == set()


def test_the_configuration_page_is_a_configuration(
    repository: Path, shown_block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = shown_block(repository / "docs" / "configuration.md", "pyproject.toml")
    (tmp_path / "pyproject.toml").write_text(text)
    settings = load_settings(["."])
    assert settings.select == ("RND1", "RND900")
    assert len(settings.models) == 1


def test_rules_document_themselves(repository: Path) -> None:
    for code, rule in registry().items():
        assert "```python" in rule.doc or code.startswith("RND9"), f"{code} shows no example"
        assert rule.summary
        assert rule.summary[-1] != "."


def test_the_page_on_semantics_comes_first(repository: Path) -> None:
    for name, target in (("README.md", "docs/semantics.md"), ("docs/index.md", "semantics.md")):
        links = re.findall(r"\]\(([^)#]+)\)", (repository / name).read_text())
        assert links[0] == target


def test_every_sampler_is_in_the_table(repository: Path) -> None:
    page = (repository / "docs" / "semantics.md").read_text()
    table = page.partition("<!-- samplers")[2].partition("<!-- end of samplers")[0]
    functions = {name: each for name, each in load().functions.items() if each.draw is not None}
    for name, function in functions.items():
        if name.startswith("jax.random."):
            short = name.removeprefix("jax.random.")
            rules = [each for each in function.parameters.values() if each.gradient != "static"]
            for parameter in rules:
                row = f"| `{short}` | `{parameter.name}` | {parameter.gradient} |"
                assert row in table
            assert f"`{short}`" in table
