"""The mathematics of the gradient rules: elementwise functions that differentiate in every mode.

Each module holds one family. Nothing here draws random numbers or knows about keys.

`_calculus` has what they share, `precision` evaluates rules for half precision in float32; `beta`,
`gamma` and `normal` are families of distributions, `sqrtm` the root of a covariance. The samplers
of `randlint_runtime.random` import them.
"""
