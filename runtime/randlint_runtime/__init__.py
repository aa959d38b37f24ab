"""Reference samplers for `jax.random` whose gradient rules are written down and enforced."""

__version__ = "0.1.0"

__all__ = ["__version__"]
