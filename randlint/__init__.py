"""Find mistakes with randomness in JAX programs, before the program runs.

`randlint` reads source text only: it never imports JAX and never imports or executes the code it
reads. The command line is in `randlint.cli`, the same checks for other tools in
`randlint.engine`.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
