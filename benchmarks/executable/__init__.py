"""Generated programs whose truth is known because they were run.

`writer` and the modules beside it write a program; `truth` runs it on a pretended jax (`pretend`)
that notes which key is used where (`recording`); `judge` compares that with what the linter says;
`shrink` makes a disagreement small; `limits` names the disagreements that are meant.
`benchmarks/executed.py` is the command.
"""
