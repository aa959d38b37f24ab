"""The command line: one file per command, each with its arguments and what runs it.

`_program` reads the command line and answers for whatever goes wrong. `check` is the large one:
`_checking` does its work, and hands to `_fix`, `_add_noqa`, `_baseline` and `_watch` what an
option asks for. `_output` is the only place that prints. A command imports what it needs when it
runs, so that none pays for the others.
"""

from randlint.cli._program import main

__all__ = ["main"]
