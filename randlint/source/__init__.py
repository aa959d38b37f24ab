"""From folders and bytes to text and trees: what to read, how to decode it, what it suppresses.

Files: `discovery` walks, by `ignoring` and `globs`; `prefilter`, `decode` and `contents` look at
bytes. Trees: a `Segment` is a piece of a file that is translated when somebody asks, from `ast` to
LibCST's `nodes`, by `translator` with the tables of `trees`, `statements`, `patterns` and
`operators`; `positions` finds the way back. `suppressions` reads comments.
"""
