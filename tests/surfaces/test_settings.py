from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from randlint.findings import Confidence
from randlint.rules import registry
from randlint.settings import CodeSelector, Settings, SettingsError, load_settings

ON = {code for code, rule in registry().items() if rule.default}
ALL = set(registry())


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def configure(text: str, folder: str = ".") -> Path:
    path = Path(folder, "pyproject.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[tool.randlint]\n{text}\n")
    return path


def codes(settings: Settings, filename: str = "a.py") -> set[str]:
    return set(CodeSelector(settings).codes(filename))


def test_defaults() -> None:
    settings = load_settings(["."])
    assert settings == Settings(root=Path.cwd())
    assert codes(settings) == ON
    assert ON != ALL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select = ['RND101']", {"RND101"}),
        ("select = ['rnd101', 'RND114']", {"RND101", "RND114"}),
        ("select = ['RND']", ALL),
        ("select = []", set()),
        ("extend-select = ['RND114']", ON | {"RND114"}),
        ("ignore = ['RND101']", ON - {"RND101"}),
        ("ignore = ['RND']", set()),
        ("ignore = ['RND']\nextend-select = ['RND101']", {"RND101"}),
        ("select = ['RND101']\nignore = ['RND101']", set()),
        ("select = ['RND']\nignore = ['RND101']", ALL - {"RND101"}),
        ("select = ['RND101']\nignore = ['RND1']", {"RND101"}),
    ],
)
def test_which_codes_are_on(text: str, expected: set[str]) -> None:
    configure(text)
    assert codes(load_settings(["."])) == expected


def test_command_line_over_file() -> None:
    configure("select = ['RND101']\nextend-select = ['RND114']\nignore = ['RND102']")
    settings = load_settings(["."])
    assert codes(settings.overridden(select=["RND109"])) == {"RND109", "RND114"}
    assert codes(settings.overridden(ignore=["RND101"])) == {"RND114"}
    assert codes(settings.overridden(extend_select=["RND109"])) == {"RND101", "RND109", "RND114"}
    assert settings.overridden(min_confidence=Confidence.LOW).min_confidence is Confidence.LOW


def test_the_nearest_table_above_the_paths_counts() -> None:
    configure("select = ['RND101']")
    configure("select = ['RND109']", "inner")
    Path("inner/none").mkdir()
    Path("inner/none/pyproject.toml").write_text("[tool.other]\n")
    Path("inner/none/a.py").touch()
    assert load_settings(["."]).select == ("RND101",)
    assert load_settings(["inner"]).select == ("RND109",)
    assert load_settings(["inner/none/a.py"]).select == ("RND109",)
    assert load_settings(["inner/none/a.py", "elsewhere/b.py"]).select == ("RND101",)
    assert load_settings(["inner"], config="pyproject.toml").select == ("RND101",)


def test_per_file_ignores_are_relative_to_the_configuration(tmp_path: Path) -> None:
    configure("per-file-ignores = {'tests/' = ['RND1'], 'a.py' = ['RND109']}")
    settings = load_settings(["."])
    inside = {code for code in ON if not code.startswith("RND1")}
    assert codes(settings, "tests/test_a.py") == inside
    assert codes(settings, str(tmp_path / "tests/test_a.py")) == inside
    assert codes(settings, "sub/a.py") == ON - {"RND109"}
    assert codes(settings, "b.py") == ON


def test_models_and_confidence_and_exclude_are_read() -> None:
    models = "[tool.randlint.models.functions]\n'mylib.next_key' = { effect = 'fresh' }"
    configure(f"min-confidence = 'high'\nexclude = ['gen/']\n{models}")
    settings = load_settings(["."])
    assert settings.min_confidence is Confidence.HIGH
    assert settings.exclude == ("gen/",)
    assert settings.models == {"functions": {"mylib.next_key": {"effect": "fresh"}}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("selct = ['RND101']", "unknown setting `selct`; did you mean `select`?"),
        ("per_file_ignores = {}", "did you mean `per-file-ignores`?"),
        ("zzz = 1", "known are `exclude`"),
        ("select = ['RND110', 'RND999']", "select: unknown rule `RND999`; did you mean `RND9"),
        ("ignore = ['E501']", "ignore: unknown rule `E501`; `randlint rules` lists the rules"),
        ("select = 'RND101'", "`select` must be a list of strings"),
        ("exclude = [1]", "`exclude` must be a list of strings"),
        ("min-confidence = 'hihg'", "`hihg` is no confidence; did you mean `high`?"),
        ("min-confidence = 3", "a string is wanted: low, medium or high"),
        ("per-file-ignores = ['a']", "must be a table"),
        ("per-file-ignores = {'a.py' = ['RND12x']}", "per-file-ignores: unknown rule `RND12x`"),
        ("models = 1", "`models` must be a table"),
        ("[tool.randlint.models.functions]\n'm.f' = { effect = 'frsh' }", 'did you mean "fresh"?'),
        ("select = [", "not valid TOML"),
        (
            "exclude = ['a', '[z-a]']",
            "exclude: `[z-a]` is no pattern: the range `z-a` is the wrong",
        ),
        ("extend-include = ['x[']", "extend-include: `x[` is no pattern: a `[` without its `]`;"),
        (
            "per-file-ignores = {'x\\' = ['RND1']}",
            "per-file-ignores: `x\\` is no pattern: a backs",
        ),
    ],
)
def test_mistakes_are_one_line_with_file_and_remedy(text: str, said: str) -> None:
    path = configure(text).resolve()
    with pytest.raises(SettingsError) as caught:
        load_settings(["."])
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pattern_of_the_command_line_that_is_none() -> None:
    with pytest.raises(SettingsError, match=r"^--extend-include: `\[z-a\]` is no pattern"):
        load_settings(["."]).overridden(extend_include=["[z-a]"])


def test_many_patterns_for_single_files() -> None:
    lines = [f"'gen{number}/' = ['RND101']" for number in range(20_000)]
    configure("[tool.randlint.per-file-ignores]\n" + "\n".join([*lines, "'*.py' = ['RND102']"]))
    started = time.process_time()
    selector = CodeSelector(load_settings(["."]))
    for number in range(100):
        assert set(selector.codes(f"x{number}.py")) == ON - {"RND102"}
    assert set(selector.codes("gen19999/a.py")) == ON - {"RND101", "RND102"}
    assert time.process_time() - started < 10


@pytest.mark.parametrize("special", ["fifo", "device", "socket", "large"])
def test_a_configuration_that_is_no_plain_file(tmp_path: Path, special: str) -> None:
    path = tmp_path / "pyproject.toml"
    said = "neither a file nor a folder"
    match special:
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "socket":
            with socket.socket(socket.AF_UNIX) as made:
                made.bind("pyproject.toml")
        case _:
            os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 1 << 40)
            said = "larger than 256 megabytes"
    for config in (None, "pyproject.toml"):
        with pytest.raises(SettingsError, match=f"pyproject.toml: cannot be read: {said}"):
            load_settings(["."], config=config)


def test_a_folder_called_like_the_configuration_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    assert load_settings(["."]) == Settings(root=Path.cwd())
    with pytest.raises(SettingsError, match=r"pyproject.toml: cannot be read: is a directory"):
        load_settings(["."], config="pyproject.toml")


def test_a_named_configuration_must_be_there_and_be_one() -> None:
    with pytest.raises(SettingsError, match=r"nosuch\.toml: cannot be read"):
        load_settings(["."], config="nosuch.toml")
    Path("other.toml").write_text("[tool.other]\n")
    with pytest.raises(SettingsError, match=r"has no `\[tool\.randlint\]` table"):
        load_settings(["."], config="other.toml")
    Path("other.toml").write_text("[tool]\nrandlint = 1\n")
    with pytest.raises(SettingsError, match="must be a table"):
        load_settings(["."], config="other.toml")


def test_a_broken_pyproject_that_never_mentions_us_is_left_alone() -> None:
    Path("pyproject.toml").write_bytes(b"[tool.black\n\xff")
    assert load_settings(["."]) == Settings(root=Path.cwd())
