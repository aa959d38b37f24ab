"""What the interpreter reasons about. Nothing here knows the machine, or runs anything.

`definitions` (what a module defines), `symbols` (the base of values), `names` (what a name alone
suggests), `facts` and `paths` (path conditions), `frames` (activations), `identity` (keys and their
uses, `cases` sorts them), `values` (all kinds of values), `labels` (what values depend on),
`arguments`, `counting`, `summary`: each imports only what stands before it.
"""
