"""Findings as people and other programs want them: text, JSON, SARIF, GitHub annotations.

One module per format: `text`, `json`, `sarif`, `github`, and `diff` for what fixes change.
`rulebook` shows rules, `models` the catalogue, `statistics` and `progress` a run. `sources` reads
the lines that findings point into, `escaping` makes what files hold safe to print.
"""
