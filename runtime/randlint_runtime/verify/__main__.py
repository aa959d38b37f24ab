"""``python -m randlint_runtime.verify [PATHS] [--output-format text|json] -- pytest ...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from randlint_runtime.verify import VerifyError, verify


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `verify`; 0: nothing confirmed or missed, 1: something was, 2: it could not run."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    own, command = words, []
    if "--" in words:
        at = words.index("--")
        own, command = words[:at], words[at + 1 :]
    parser = argparse.ArgumentParser(
        prog="randlint verify",
        description="Run the linter and the tests, and say what became of every finding.",
        usage="%(prog)s [PATHS ...] [--output-format text|json] -- pytest ...",
    )
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATHS")
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    options = parser.parse_args(own)
    as_json = options.output_format == "json"
    try:
        report = verify(options.paths, command, output=sys.stderr if as_json else None)
    except VerifyError as error:
        print(f"randlint verify: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(report.to_json() if as_json else report.to_text())
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
