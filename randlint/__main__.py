"""`python -m randlint` is the same program as `randlint`.

Python puts the working directory first among the places to import from, so that a folder `math`
or a file `random.py` of the project that is checked would stand for Python's own. Here it comes
last: randlint itself may stand there.
"""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:  # under `-P` and `-I` it is not among them
        sys.path.append(sys.path.pop(0))
    from randlint.cli import main

    sys.exit(main())
