"""Calls of what the program defines, and of what the catalogue knows.

`arguments` evaluates them; `functions` runs a function of the program, `following` says where that
is worth it, `summaries` do without; `objects` are made and called; `replacing` is
`state.replace(...)`; `effects` is one function for each effect of the catalogue.
"""
