"""`python -m randlint` is the same program as `randlint`."""

import sys

from randlint.cli import main

if __name__ == "__main__":
    sys.exit(main())
