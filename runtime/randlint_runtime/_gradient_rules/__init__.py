"""The mathematics of the gradient rules: elementwise functions that differentiate in every mode.

Each module holds one family. Nothing here draws random numbers or knows about keys.
"""
