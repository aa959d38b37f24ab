"""A failure of randlint's own, told in one line."""

from __future__ import annotations

import os


def internal_error(error: Exception) -> str:
    """One line about a failure of randlint's own, with the place that a bug report needs."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f" in {os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    said = f": {error}" if str(error) else ""
    return f"internal error{place}: {type(error).__name__}{said}; please report it"
