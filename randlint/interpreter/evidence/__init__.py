"""Which repetitions of a key matter, and how sure we are of it.

`conflicts` turns pairs of uses into events. It asks `intent` (what says that a repetition is
meant), `visibility` (how far out of sight the uses are), `nearby_statements` (how the code around
them is written) and `callee_names` (what the name of an unknown callee suggests).
"""
