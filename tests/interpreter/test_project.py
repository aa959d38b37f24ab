"""Calls into other modules of the project, wherever Python would find them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from randlint.diagnosis import analyse
from randlint.interpreter.program.project import Project
from randlint.rules import registry
from randlint.settings import Settings

CODES = frozenset(code for code, rule in registry().items() if rule.default)
NOISE = """
    import jax

    def draw(key, n):
        return jax.random.normal(key, (n,))

    def halves(key):
        return jax.random.split(key)

    def at(key, step):
        return jax.random.fold_in(key, step)

    def same(key):
        return key

    def hit(key, p):
        return jax.random.bernoulli(key, p).sum()

    class Layer:
        def __init__(self, key):
            self.w = jax.random.normal(key)

        def noise(self, key):
            return jax.random.normal(key)
    """
Check = Callable[..., list[tuple[int, str]]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Write files, check one of them, and give rows and codes."""
    monkeypatch.chdir(tmp_path)

    def run(
        files: Mapping[str, str], name: str = "main.py", roots: tuple[str, ...] = ()
    ) -> list[tuple[int, str]]:
        for path, text in files.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(textwrap.dedent(text).lstrip("\n"))
        project = Project((str(tmp_path), str(tmp_path / "src"), *roots))
        found = analyse(Path(name).read_text(), name, codes=CODES, project=project).findings
        assert all(each.location.filename == name for each in found)
        return [(each.location.start.row, each.code) for each in found]

    return run


LAYOUTS: dict[str, tuple[dict[str, str], str]] = {
    "beside the file": ({"noise.py": NOISE}, "from noise import draw"),
    "a module": ({"noise.py": NOISE}, "import noise; draw = noise.draw"),
    "under another name": ({"noise.py": NOISE}, "import noise as n; draw = n.draw"),
    "a package": ({"p/__init__.py": "", "p/noise.py": NOISE}, "from p.noise import draw"),
    "a dotted module": (
        {"p/__init__.py": "", "p/noise.py": NOISE},
        "import p.noise\ndraw = p.noise.draw",
    ),
    "a namespace package": ({"p/noise.py": NOISE}, "from p.noise import draw"),
    "a src layout": (
        {"src/p/__init__.py": "", "src/p/noise.py": NOISE},
        "from p.noise import draw",
    ),
    "a re-export": (
        {"p/__init__.py": "from .noise import draw", "p/noise.py": NOISE},
        "from p import draw",
    ),
    "a re-export of a re-export, renamed": (
        {
            "p/__init__.py": "from p.q import sample as draw",
            "p/q/__init__.py": "from .noise import draw as sample",
            "p/q/noise.py": NOISE,
        },
        "from p import draw",
    ),
    "a module through its package": (
        {"p/__init__.py": "from . import noise", "p/noise.py": NOISE},
        "import p\ndraw = p.noise.draw",
    ),
    "a star": ({"noise.py": NOISE}, "from noise import *"),
    "a star of a star": (
        {
            "p/__init__.py": "from .q import *",
            "p/q.py": "from .noise import *",
            "p/noise.py": NOISE,
        },
        "from p import *",
    ),
    "a re-export by a star": (
        {"p/__init__.py": "from .noise import *", "p/noise.py": NOISE},
        "import p\ndraw = p.draw",
    ),
    "imported in the function": ({"noise.py": NOISE}, ""),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_where_a_module_is_found(name: str, check: Check) -> None:
    files, imports = LAYOUTS[name]
    local = "" if imports else "    from noise import draw\n"
    rows = imports.count("\n") + 1 if imports else 0
    main = f"{imports}\ndef f(key):\n" if imports else "def f(key):\n"
    main += f"{local}    return draw(key, 3) + draw(key, 4)\n"
    main = "import jax\n" + main
    row = main.count("\n")
    assert rows >= 0
    assert check({**files, "main.py": main}) == [(row, "RND101")]


def test_from_inside_a_package(check: Check) -> None:
    main = """
        import jax
        from . import noise
        from .noise import draw
        from ..q.noise import draw as far

        def f(key):
            return draw(key, 3) + noise.draw(key, 3)

        def g(key):
            return draw(key, 3) + far(key, 3)
        """
    files = {
        "p/__init__.py": "",
        "p/a/__init__.py": "",
        "p/q/__init__.py": "",
        "p/a/noise.py": NOISE,
        "p/q/noise.py": NOISE,
        "p/a/main.py": main,
    }
    assert check(files, "p/a/main.py") == [(7, "RND101"), (10, "RND101")]


LOOK = """
    import jax

    def look(key):
        return 1

    def draw(key):
        return jax.random.normal(key)
    """
USER = """
    import jax
    {imports}

    def right(key):
        look(key)
        return draw(key)

    def wrong(key):
        x = draw(key)
        return x + draw(key)
    """
ELSEWHERE = {
    "relative, in a namespace package": ("ns/a/look.py", "ns/a/main.py", "from .look import *"),
    "relative, one namespace up": (
        "ns/b/look.py",
        "ns/a/main.py",
        "from ..b.look import look, draw",
    ),
    "absolute, in a namespace package": (
        "src/ns/a/look.py",
        "src/ns/a/main.py",
        "from ns.a.look import look, draw",
    ),
    "a script of a project": ("src/p/look.py", "examples/main.py", "from p.look import look, draw"),
    "a test of a project": ("p/look.py", "tests/deep/main.py", "from p.look import look, draw"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_from_whatever_folder_it_is_checked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from randlint.engine import Checker

    helper, user, imports = ELSEWHERE[name]
    project, away = tmp_path / "project", tmp_path / "away"
    away.mkdir()
    for path, text in {helper: LOOK, user: USER.format(imports=imports)}.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(textwrap.dedent(text).lstrip("\n"))
    (project / "pyproject.toml").write_text("[project]\nname = 'p'\n")
    for folder in (project, away, (project / user).parent, Path("/")):
        monkeypatch.chdir(folder)
        data = (project / user).read_bytes()
        found = Checker(Settings(root=folder)).check_bytes(data, str(project / user)).findings
        assert [(each.location.start.row, each.code) for each in found] == [(10, "RND101")]


def test_a_folder_called_like_a_module_of_python_is_none(check: Check) -> None:
    main = """
        import jax
        from random import normal

        def f(key):
            return normal(key)
        """
    reads = "def normal(key):\n    return 1\n"
    assert check({"random/main.py": main, "random/normal.py": reads}, "random/main.py") == []


def test_what_a_helper_does_is_known(check: Check) -> None:
    """Splitting, folding in, handing back: only a second draw from one key is a mistake."""
    main = """
        import jax
        from noise import at, draw, halves, same

        def good(key):
            a, b = halves(key)
            return draw(a, 3) + draw(b, 3)

        def folded(key):
            return draw(at(key, 0), 3) + draw(at(key, 1), 3)

        def twice(key):
            a, b = halves(key)
            return draw(a, 3) + draw(a, 3)

        def parent(key):
            a, b = halves(key)
            return draw(a, 3) + draw(key, 3)

        def collision(key):
            return draw(at(key, 0), 3) + draw(at(key, 0), 3)

        def alias(key):
            return draw(same(key), 3) + draw(key, 3)
        """
    assert check({"noise.py": NOISE, "main.py": main}) == [
        (13, "RND101"),
        (17, "RND101"),
        (20, "RND105"),
        (23, "RND101"),
    ]


def test_classes_of_other_modules(check: Check) -> None:
    main = """
        import jax
        from noise import Layer
        import noise

        def built(key):
            layer = Layer(key)
            return layer.noise(key)

        def apart(key):
            a, b = jax.random.split(key)
            return Layer(a).noise(b)

        class Noisy(noise.Layer):
            def twice(self, key):
                return self.noise(key) + self.noise(key)
        """
    assert check({"noise.py": NOISE, "main.py": main}) == [(7, "RND101"), (15, "RND101")]


def test_states_made_here_and_changed_there(check: Check) -> None:
    states = """
        import jax
        from typing import NamedTuple

        class State(NamedTuple):
            key: jax.Array
            x: float

        def advance(state):
            key, sub = jax.random.split(state.key)
            return state._replace(key=key, x=jax.random.normal(sub))
        """
    main = """
        import jax
        from states import State, advance

        def right(key):
            state = State(key, 0.0)
            return advance(advance(state))

        def wrong(key):
            state = State(key, 0.0)
            other = advance(state)
            return other, advance(state)
        """
    assert check({"states.py": states, "main.py": main}) == [(11, "RND101")]


def test_what_happens_there_is_told_here(check: Check) -> None:
    """A draw in another module, mapped or differentiated in this one."""
    main = """
        import jax
        from noise import draw, hit

        def lanes(key, sizes):
            return jax.vmap(draw, (None, 0))(key, sizes)

        def slope(key, p):
            return jax.grad(lambda p: hit(key, p))(p)
        """
    assert check({"noise.py": NOISE, "main.py": main}) == [(5, "RND104"), (8, "RND201")]


def test_mistakes_of_another_file_are_told_there(check: Check) -> None:
    wrong = """
        import jax

        def draw(key):
            return jax.random.normal(key) + jax.random.normal(key)
        """
    main = "import jax\nfrom wrong import draw\n\ndef f(key):\n    return draw(key)\n"
    assert check({"wrong.py": wrong, "main.py": main}) == []
    assert check({}, "wrong.py") == [(4, "RND101")]


CIRCLE = {
    "a.py": "import jax\nfrom b import g\ndef f(key):\n    return g(key) + g(key)\n",
    "b.py": "import jax\nfrom a import f\ndef g(key):\n    return f(key)\n",
}
STRANGE: dict[str, dict[str, str]] = {
    "a circle of imports": {"main.py": CIRCLE["a.py"].replace("b", "b"), **CIRCLE},
    "a module that is missing": {"main.py": "import jax\nfrom gone import g\nx = g(1)\n"},
    "a module that is no Python": {
        "main.py": "import jax\nfrom bad import g\nx = g(jax.random.key(0))\n",
        "bad.py": "def g(:",
    },
    "a name that is missing": {
        "main.py": "import jax\nfrom noise import gone\nx = gone(jax.random.key(0))\n",
        "noise.py": NOISE,
    },
    "a name that stands for itself": {
        "main.py": "import jax\nfrom a import g\nx = g(jax.random.key(0))\n",
        "a.py": "from b import g",
        "b.py": "from a import g",
    },
    "stars that stand for each other": {
        "main.py": "import jax\nfrom a import *\nx = g(jax.random.key(0))\n",
        "a.py": "from b import *\nfrom c import *",
        "b.py": "from a import *\nfrom c import *",
        "c.py": "from a import *\nfrom b import *",
    },
    "a folder named like a module": {
        "main.py": "import jax\nfrom noise import draw\nx = draw(jax.random.key(0), 1)\n",
        "noise/readme.txt": "",
    },
}


@pytest.mark.parametrize("files", STRANGE.values(), ids=STRANGE)
def test_strange_projects_end(files: dict[str, str], check: Check) -> None:
    found = check(files)
    assert all(code == "RND101" for _, code in found)


def test_what_a_report_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("noise.py").write_text(textwrap.dedent(NOISE))
    text = "import jax\nfrom noise import draw\nfrom gone import g\n"
    text += "def f(key):\n    return draw(key, 1) + g(key)\n"
    depends = dict(analyse(text, "main.py", codes=CODES, project=Project()).depends)
    assert depends[str(tmp_path / "noise.py")]
    assert depends[str(tmp_path / "gone.py")] == ""
    assert depends[str(tmp_path / "gone" / "__init__.py")] == ""


def test_the_same_answer_whatever_was_checked_before(check: Check, tmp_path: Path) -> None:
    """Modules are kept from file to file, their trees are not."""
    user = (
        "import jax\nfrom noise import draw\ndef f(key):\n    return draw(key, 3) + draw(key, 4)\n"
    )
    assert check({"noise.py": NOISE, "main.py": user, "other.py": user}) == [(4, "RND101")]
    project = Project((str(tmp_path),))
    for _ in range(3):
        for name in ("main.py", "noise.py", "other.py"):
            text = Path(name).read_text()
            found = analyse(text, name, codes=CODES, project=project).findings
            rows = [(each.location.start.row, each.code) for each in found]
            assert rows == ([] if name == "noise.py" else [(4, "RND101")])


def test_installed_packages_are_read_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from randlint.engine import Checker

    site = tmp_path / "site"
    (site / "lib").mkdir(parents=True)
    (site / "lib" / "__init__.py").write_text(textwrap.dedent(NOISE))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.syspath_prepend(str(site))
    text = "import jax\nfrom lib import at, draw\ndef f(key):\n"
    text += "    return draw(at(key, 0), 3) + draw(at(key, 0), 3)\n"
    for asked in (False, True):
        settings = Settings(root=tmp_path / "work", follow_installed=asked)
        found = Checker(settings).check_bytes(text.encode(), "main.py").findings
        assert [each.code for each in found] == (["RND105"] if asked else [])
