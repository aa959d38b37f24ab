"""Derivatives through draws, and random numbers that are not drawn from keys.

`draws` knows what comes of a derivative that reaches a draw; `distributions` are objects that draw;
`network_parameters` are read by layers without being handed to them; `host_random` is Python's
and NumPy's randomness.
"""
