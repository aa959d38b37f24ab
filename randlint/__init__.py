"""Find mistakes with randomness in JAX programs, before the program runs.

`randlint` reads source text only: it never imports JAX and never imports or executes the code it
reads. The command line is in `randlint.cli`, the same checks for other tools in
`randlint.engine`.

Which way things flow: `cli` and `flake8_plugin` ask `runner` (many files) or `engine` (one), which
reads bytes with `source` and `documents`; `diagnosis` lets the `interpreter` run the code and the
`rules` say what is wrong; `reporting` prints it. The `catalogue` is what is known of libraries,
`settings` and `cache` what they are called, and everything that opens a file is in `files`. No
module imports one that stands above it; tests/structure/test_rooms.py has the order.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
