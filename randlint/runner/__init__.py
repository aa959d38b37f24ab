"""Checking many files: read, look in the cache, interpret here or in a pool of processes.

`_files` goes through the files in their order, `_processes` is the pool, and `_tasks` one file as
a unit of work, in this process or in another one.
"""

from randlint.runner._files import Tally, check_files, reports

__all__ = ["Tally", "check_files", "reports"]
