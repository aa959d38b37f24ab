"""The state of one interpretation, in parts with verbs of their own, and dispatch on node type.

`core` holds the parts together; `branching` splits and joins states; `nesting` walks over nested
values and makes them anew; `labelling` says of values what they depend on from here on;
`numbering` knows which number a counter has in a turn. What expressions, statements and calls mean
stands in the rooms above and is handed in as tables.
"""
