"""Fixtures for the tests of the runtime."""

from __future__ import annotations

import jax
import pytest


@pytest.fixture(scope="module")
def quick_compilation():
    """Compile with few optimisations: several times faster, for tests that do not compare bits."""
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
    jax.clear_caches()
