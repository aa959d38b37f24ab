"""What expressions and statements of Python mean, one table for each, by type of node.

`expressions` and `statements` hold the tables; `conditions`, `matching`, `loops` (with `counters`
and `iteration`) and `exceptions` are control flow; `access`, `items`, `mutation`, `containers`,
`lists` and `dicts` are what can be looked up and changed. Calls are above, in `dispatch`.
"""
