"""What names stand for: modules and their imports, classes and their bases, annotations.

`indexing` reads a file into a `Module` (of `domain.definitions`), `project` finds the file of an
import; `resolving` says what a global, an attribute or a method is, with `imports`, `inheritance`,
`superclasses` and `annotations`; `signatures` makes functions and binds their arguments.
"""
