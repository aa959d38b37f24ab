"""Notebooks: one module out of many cells, and places told in cells."""

from __future__ import annotations

import ast
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from randlint.documents import extract, rewrite_notebook
from randlint.documents.magics import tame
from randlint.documents.rewriting import Notebook
from randlint.edits import apply_edits
from randlint.engine import Checker, FileReport
from randlint.findings import Confidence, Edit, Position
from randlint.fixing import fix_bytes
from randlint.settings import Settings

CHECKER = Checker(Settings(root=Path.cwd()))


def code(source: str | list[str], **fields: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
        **fields,
    }


def text_cell(source: str = "# Title") -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(*cells: dict[str, Any], **fields: Any) -> bytes:
    document = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields}
    return json.dumps(document, indent=1).encode()


def check(data: bytes) -> FileReport:
    return CHECKER.check_bytes(data, "a.ipynb")


def found(data: bytes) -> list[tuple[str, int | None, int, int]]:
    places = []
    for finding in check(data).findings:
        start = finding.location.start
        places.append((finding.code, finding.location.cell, start.row, start.column))
    return places


MAKE = code("import jax\nkey = jax.random.key(0)")
DRAW = code(["x = 1\n", "x = jax.random.normal(key)"])


def test_a_key_is_known_in_later_cells() -> None:
    data = notebook(text_cell(), MAKE, text_cell(), DRAW, DRAW)
    assert found(data) == [("RND101", 5, 2, 5)]
    (finding,) = check(data).findings
    (related,) = finding.related
    assert (related.location.cell, related.location.start) == (4, Position(2, 5))


@pytest.mark.parametrize(
    "rows",
    [
        ["%matplotlib inline", "y = jax.random.normal(key)"],
        ["!pip install 'x", "y = jax.random.normal(key)"],
        ["!pip install \\", "   'x \\", "   (y", "y = jax.random.normal(key)"],
        ["?jax", "jax.random?", "jax.random??", "y = jax.random.normal(key)"],
        ["%time y = jax.random.normal(key)"],
        ["files = !ls (", "y = jax.random.normal(key)"],
        ["if x:", "    %cd ..", "y = jax.random.normal(key)"],
        ["%%time", "y = jax.random.normal(key)"],
        ["", "%%capture out", "y = jax.random.normal(key)"],
        ["    a = 1", "    %cd ..", "    y = jax.random.normal(key)"],
        ["    a = 1", "    y = jax.random.normal(key)"],
        ["%cd ..", "z = (3", "% 2)", "y = '''", "%cd", "''', jax.random.normal(key)"],
        ["%cd ..", "y = 1  # is it?", "y = jax.random.normal(key)  # or ?"],
        ["await x", "y = jax.random.normal(key)"],
        ["%load_ext autoreload;", "/f x", ",f a b", "y = jax.random.normal(key)"],
        ["time y = jax.random.normal(key)"],
        ["", " \t", "  time  jax.random.normal(key)"],
        ["y = %time jax.random.normal(key)"],
        ["if x:", "  y, z = %time   jax.random.normal(key)"],
        ["y = %time 'is no", "z = !ls 'neither", "y = jax.random.normal(key)"],
    ],
)
def test_what_only_ipython_understands_moves_nothing(rows: list[str]) -> None:
    data = notebook(MAKE, DRAW, code("\n".join(rows)))
    row = len(rows)
    column = rows[-1].index("jax.random.normal") + 1
    assert found(data) == [("RND101", 3, row, column)]


@pytest.mark.parametrize(
    "source",
    [
        "%%bash\necho $((",
        "%%timeit\njax.random.normal(key)",
        "%%html\n<b>",
        "%timeit jax.random.normal(key)",
        "",
        " \n\n",
        "# only a comment",
        "timeit -n 5 -r 5 jax.random.normal(key)",
        "timeit jax.random.normal(key)",
        "  cd ..\n",
        "\n\nls -la",
        "ls 'a",
        "pip install x; y",
        "conda install -c x y",
        "matplotlib inline",
        "load_ext autoreload",
        "cd/tmp.",
        "%%time\nls -la x",
        "time -x jax.random.normal(key)",
        "jax.random?\njax??\n?jax\n!ls 'x",
    ],
)
def test_cells_that_hold_no_code_of_ours(source: str) -> None:
    assert found(notebook(MAKE, DRAW, code(source))) == []


@pytest.mark.parametrize(
    ("before", "source", "column"),
    [
        ("", "ls = 3 4", 8),
        ("", "ls, pwd = 3 4", 13),
        ("", "lss -la x", 9),
        ("", "ls.x y", 6),
        ("", "x = 1\npip install y", 5),  # of two lines IPython takes neither for a magic
        ("", "pip install x\n\n", 5),
        ("import time", "time jax.random.normal(key)", 6),
        ("from a import time as ls", "ls -la x", 8),
        ("if x:\n  for pip in y: pass", "pip install x", 5),
        ("def run(): pass", "run a.py", 5),
        ("class store: pass", "store x", 7),
    ],
)
def test_what_is_no_magic_is_no_python(before: str, source: str, column: int) -> None:
    row = source.count("\n", 0, len(source.rstrip())) + 1
    data = notebook(MAKE, DRAW, code(before), code(source), DRAW)
    assert found(data) == [("RND900", 4, row, column), ("RND101", 5, 2, 5)]


@pytest.mark.parametrize(
    "before", ["def f(time):\n  ls = 1", "time.x = 1", "[time for ls in [ls for time in y]]", "f("]
)
def test_what_hides_no_magic(before: str) -> None:
    meant = code(before, metadata={"tags": ["raises-exception"]})
    timed = code("time jax.random.normal(key)")
    assert found(notebook(MAKE, DRAW, meant, code("ls -la x"), timed)) == [("RND101", 5, 1, 6)]


def test_many_magics_take_no_time_to_speak_of() -> None:
    cells = [code("x = [1,\n 2]"), code("ls -la")] * 3000
    started = time.process_time()
    assert found(notebook(*cells)) == []
    assert time.process_time() - started < 10


def test_cells_that_make_the_same_key_again_are_examples_of_their_own() -> None:
    """As in tutorials: `key(0)` in every cell. Within one cell it is a mistake as ever."""
    again = code("k = jax.random.key(7)\nz = jax.random.normal(k)")
    data = notebook(MAKE, again, again)
    assert found(data) == []
    thorough = Checker(Settings(root=Path.cwd(), min_confidence=Confidence.LOW))
    codes = [each.code for each in thorough.check_bytes(data, "a.ipynb").findings]
    assert codes == ["RND105"]
    twice = code(again["source"] + "\nj = jax.random.key(7)\nw = jax.random.normal(j)")
    assert [(code, cell, row) for code, cell, row, _ in found(notebook(MAKE, twice))] == [
        ("RND105", 2, 3)
    ]


def test_a_broken_cell_takes_no_other_with_it() -> None:
    data = notebook(MAKE, code("def f(:\n  pass"), DRAW, code("x = 'a"), DRAW)
    assert found(data) == [("RND900", 2, 1, 7), ("RND900", 4, 1, 5), ("RND101", 5, 2, 5)]


def test_a_cell_that_is_meant_to_fail_may_fail() -> None:
    meant = code("def f(:", metadata={"tags": ["raises-exception"]})
    assert found(notebook(MAKE, meant, DRAW, DRAW)) == [("RND101", 4, 2, 5)]


@pytest.mark.parametrize("source", ["x = '\0'", "x = '\ud800'"])
def test_characters_that_no_source_may_hold(source: str) -> None:
    assert found(notebook(MAKE, DRAW, code(source), DRAW)) == [
        ("RND900", 3, 1, 1),
        ("RND101", 4, 2, 5),
    ]


def test_suppressions_work_as_in_files() -> None:
    silent = code("y = jax.random.normal(key)  # noqa: RND101")
    assert found(notebook(MAKE, DRAW, silent)) == []
    assert check(notebook(MAKE, DRAW, silent)).suppressed == 1
    wrong = code("y = 2\nz = 1  # noqa: RND998")
    assert found(notebook(MAKE, wrong)) == [("RND902", 2, 2, 16)]


def test_format_3() -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["x"]},
        {"cell_type": "code", "language": "python", "input": ["import jax\n"], "outputs": []},
        {"cell_type": "code", "language": "python", "input": "key = jax.random.key(0)"},
        {"cell_type": "code", "input": "x = jax.random.normal(key)", "prompt_number": 1},
        {"cell_type": "code", "language": "ruby", "input": "x = = 3"},
    ]
    again = [{"cell_type": "code", "input": ["y = 1\n", "x = jax.random.normal(key)"]}]
    document = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}, {"cells": again}]}
    data = json.dumps(document).encode()
    assert found(data) == [("RND101", 6, 2, 5)]
    edits = {6: [Edit(Position(2, 1), Position(2, 2), "zz")]}
    assert rewrite_notebook(data, edits) == data.replace(b'y = 1\\n", "x', b'y = 1\\n", "zz')


@pytest.mark.parametrize(
    "metadata",
    [
        {"language_info": {"name": "julia"}, "kernelspec": {"language": "python"}},
        {"kernelspec": {"language": "R", "name": "ir"}},
        {"kernelspec": {"name": "bash"}},
    ],
)
def test_other_languages_are_passed_over(metadata: dict[str, Any]) -> None:
    assert check(notebook(MAKE, DRAW, DRAW, code("= ="), metadata=metadata)) == FileReport(
        "a.ipynb"
    )


def test_a_cell_in_another_language_is_passed_over() -> None:
    other = code("SELECT * FROM", metadata={"vscode": {"languageId": "sql"}})
    assert found(notebook(MAKE, other, DRAW)) == []


@pytest.mark.parametrize(
    ("data", "row", "said"),
    [
        (b"{", 1, "no JSON"),
        (b'{\n "cells": [,]}', 2, "no JSON (Expecting value)"),
        (b"[]", 1, "its JSON is no object"),
        (b"{}", 1, "does not say its `nbformat`"),
        (b'{"nbformat": 2}', 1, "format 2 is not 3 or 4; convert it with `jupyter nbconvert"),
        (b'{"nbformat": 4, "cells": {}}', 1, "its `cells` are no list"),
        (b'{"nbformat": 4, "cells": [1]}', 1, "cell 1 is no object"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}', 1, "has no text"),
        (b'{"nbformat": 3, "worksheets": [3]}', 1, "a worksheet is no object"),
        (b'{"nbformat": 4, "x": "\xff"}', 1, "in UTF-8"),
        (b"[" * 100_000, 1, "cannot be read"),
        (b'{"nbformat": 4, "x": ' + b"1" * 5000 + b"}", 1, "cannot be read"),
        (b"import jax\n", 1, "no JSON"),
    ],
)
def test_what_is_no_notebook_is_one_line(data: bytes, row: int, said: str) -> None:
    (finding,) = check(data).findings
    assert (finding.code, finding.location.start.row, finding.location.cell) == (
        "RND900",
        row,
        None,
    )
    assert said in finding.message
    assert "\n" not in finding.message


@pytest.mark.parametrize(
    "data", [b"", b"\n", b'{"nbformat": 4}', b'{"nbformat": 3}', notebook(), notebook(text_cell())]
)
def test_nothing_in_a_notebook_is_nothing_to_say(data: bytes) -> None:
    assert check(data) == FileReport("a.ipynb")
    if data.strip():
        assert check(b"\xef\xbb\xbf" + data).findings == ()


# --- writing

UNIFORM = "def f(s, k):\n    return jax.random.uniform(k, maxval=s)\ng = jax.grad(f)(1.0, key)"


def test_a_fix_changes_one_line_of_the_file() -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["jax.random.uniform é \x1b"]}]
    listed = code(UNIFORM.splitlines(keepends=True), outputs=outputs)
    for indent, ascii_only in ((1, True), (None, False), ("\t", False)):
        document = {"nbformat": 4, "cells": [text_cell("é"), MAKE, listed], "z": 1e400}
        text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
        data = b"\xef\xbb\xbf" + text.replace(": ", " :\r\n").encode()
        done = fix_bytes(data, "a.ipynb", CHECKER, unsafe=False)
        assert (done.applied, done.error) == (1, "")
        assert done.data == data.replace(b"uniform(k, maxval=s)", b"uniform(k)").replace(
            b"return jax", b"return s * jax"
        )
        assert done.report.findings == ()


def test_a_fix_in_a_single_string() -> None:
    data = notebook(MAKE, code(f"# é \\ \U0001f600\n{UNIFORM}"), code("x = 1"))
    done = fix_bytes(data, "a.ipynb", CHECKER, unsafe=False)
    expected = data.replace(b"jax.random.uniform(k, maxval=s)", b"s * jax.random.uniform(k)")
    assert done.data == expected


ALPHABET = st.sampled_from("ab(\"'\\/\n\r\t\0é漢\u2028\U0001f600%")
TEXTS = st.text(ALPHABET, max_size=40)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A notebook written in some way or other, and the code of its cells."""
    cells, texts = [], []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(TEXTS)
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
        bounds = [0, *cuts, len(text)]
        parts = [text[a:b] for a, b in pairwise(bounds)]
        source = draw(st.sampled_from([text, parts, text.splitlines(keepends=True)]))
        cells.append(code(source, outputs=draw(st.sampled_from([[], [{"source": ["]}"]}]]))))
        texts.append(text)
    document = {"cells": cells, "metadata": {"é": '"[{'}, "nbformat": 4}
    indent = draw(st.sampled_from([None, 1, "\t"]))
    text = json.dumps(document, indent=indent, ensure_ascii=draw(st.booleans()))
    return text.encode(), texts


@st.composite
def edits_of(draw: st.DrawFn, text: str) -> list[Edit]:
    """Disjoint edits of a text."""
    bounds = sorted(set(draw(st.lists(st.integers(0, len(text)), max_size=6))))
    edits = []
    for start, end in zip(bounds[::2], bounds[1::2], strict=False):
        places = []
        for at in (start, end):
            if at and text[at - 1 : at + 1] == "\r\n":
                break  # in the middle of a line end there is no row
            rows = text[:at].replace("\r\n", "\n").replace("\r", "\n").split("\n")
            places.append(Position(len(rows), len(rows[-1]) + 1))
        else:
            edits.append(Edit(places[0], places[1], draw(st.text('x\n"\\é', max_size=5))))
    return edits


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_rewritten_notebook_differs_in_its_code_alone(data: st.DataObject) -> None:
    before, texts = data.draw(layouts())
    edits = {number: data.draw(edits_of(text)) for number, text in enumerate(texts, start=1)}
    edits = {
        number: some
        for number, some in edits.items()
        if some and json.loads(before)["cells"][number - 1]["source"] != []
    }
    after = rewrite_notebook(before, edits)
    old, new = json.loads(before), json.loads(after)
    for number, text in enumerate(texts, start=1):
        source = new["cells"][number - 1]["source"]
        joined = source if isinstance(source, str) else "".join(source)
        assert joined == apply_edits(text, edits.get(number, []))
        if number not in edits:
            assert source == old["cells"][number - 1]["source"]
        old["cells"][number - 1]["source"] = source
    assert new == old
    if not edits:
        assert after == before


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_positions_in_the_file_show_the_character(data: st.DataObject) -> None:
    raw, texts = data.draw(layouts())
    lines = raw.decode().split("\n")
    number = data.draw(st.integers(1, len(texts)))
    letters = [at for at, letter in enumerate(texts[number - 1]) if letter in "ab("]
    for at in letters:
        rows = texts[number - 1][:at].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        place = Notebook(raw).file_position(number, Position(len(rows), len(rows[-1]) + 1))
        assert lines[place.row - 1][place.column - 1] == texts[number - 1][at]


ROWS = st.sampled_from(
    [
        "%matplotlib inline",
        "%%time",
        "!ls 'a \\",
        "x?",
        "x = !ls",
        "y = [1,",
        "% 2]",
        "'''",
        "  z = 3",
        "for a in b:",
        "    %cd",
        '"""a',
        "f(x)",
        "#?",
        "\\",
        "",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ROWS, max_size=8))
def test_taming_keeps_rows_and_leaves_python_alone(rows: list[str]) -> None:
    source = "\n".join(rows)
    tamed = tame(source)
    assert len(tamed.rows) == len(rows or [""])
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return
    assert [row.strip() for row in tamed.rows] == [row.strip() for row in rows or [""]]


@pytest.mark.parametrize(
    "source",
    [
        '%cd\nx = """' + "\\" * 200_001,
        "%cd\n" + "'" * 200_003,
        "%cd\n" + "((((" * 50_000,
        "%cd\n" + "x = " * 50_000 + "%",
        "%cd\nx" + " " * 200_000 + "= y",
        "!" + "\\\n" * 100_000,
        "%time " * 50_000,
        "a?" * 100_000 + "b",
        " " * 200_000 + "%cd",
    ],
)
def test_long_cells_take_no_time_to_speak_of(source: str) -> None:
    """Each of these would take minutes if any step were quadratic."""
    assert len(tame(source).rows) == source.count("\n") + 1
    data = notebook(code(source))
    edit = Edit(Position(1, 1), Position(1, 1), "y")
    assert json.loads(rewrite_notebook(data, {1: [edit]}))["cells"][0]["source"] == f"y{source}"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "source", "cell_type", "metadata", "nbformat", "kernelspec"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JUNK, st.sampled_from([3, 4]), JUNK)
def test_junk_is_reported_and_never_raises(cells: Any, version: int, metadata: Any) -> None:
    for cell in ([cells], cells, [{"cell_type": "code", "source": cells}]):
        document = {"nbformat": version, "metadata": metadata, "cells": cell, "worksheets": cells}
        check(json.dumps(document).encode())


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_cut_or_changed_notebook_never_raises(data: st.DataObject) -> None:
    raw = bytearray(notebook(MAKE, DRAW, code("%time f(x)")))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    check(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


def test_extracting_what_is_no_document() -> None:
    assert extract(notebook(metadata={"kernelspec": {"language": "julia"}}), "x.ipynb") is None
