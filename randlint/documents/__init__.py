"""Files that hold Python among other things: notebooks, and pages with blocks of code.

The Python of a document is read as one module, in order, so that a key made in one cell or block is
known in the next. `Extract` remembers where each row of that module stands in the document.

`extract` chooses between `notebook` and `pages`; `magics` and `automagic` make harmless what only
IPython understands; `rewriting` changes a notebook without touching any other byte of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from randlint.documents.extract import Broken, BrokenDocument, Cell, Extract
from randlint.findings import Edit

__all__ = [
    "Broken",
    "BrokenDocument",
    "Cell",
    "Extract",
    "extract",
    "is_document",
    "is_notebook",
    "rewrite_notebook",
]

_NOTEBOOK = ".ipynb"
_MARKDOWN = (".md", ".markdown", ".mdx", ".myst", ".qmd", ".rmd")
_REST = (".rst", ".rest")


def is_notebook(filename: str) -> bool:
    """Whether a file is read as a notebook."""
    return filename.lower().endswith(_NOTEBOOK)


def is_document(filename: str) -> bool:
    """Whether a file is read as a notebook or a page; anything else is Python."""
    return filename.lower().endswith((_NOTEBOOK, *_MARKDOWN, *_REST))


def extract(data: bytes, filename: str) -> Extract | None:
    """The Python of a document; None where it holds none.

    Raises:
        BrokenDocument: the file is not what its name says.
        UndecodableSource: a page is not text.

    """
    if is_notebook(filename):
        from randlint.documents import notebook

        return notebook.extract(data)
    from randlint.documents import pages
    from randlint.source.decode import decode

    if filename.lower().endswith(_REST):
        return pages.extract_rest(decode(data))
    return pages.extract_markdown(decode(data))


def rewrite_notebook(data: bytes, edits: Mapping[int, Sequence[Edit]]) -> bytes:
    """A notebook with edits applied to its cells (by number); every other byte stays as it is.

    Raises ValueError for edits that overlap or lie outside of their cell.
    """
    from randlint.documents.rewriting import rewrite

    return rewrite(data, edits)
