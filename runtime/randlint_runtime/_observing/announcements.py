"""What samplers say of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from randlint_runtime._source import Site


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a sampler says about itself: fixed when the program is traced."""

    purpose: str  # LEDGER or PROVENANCE; GRADIENTS: the ledger's, with parameters; or tracked
    sampler: str
    site: Site
    impl: str
    parameters: tuple[str, ...] = ()
    reference: bool = False  # a sampler of this package rather than of jax
    shared: bool = False  # a key without lanes, used inside vmap
    order: int = 0  # how often the program has been differentiated
    count: int = 1  # MADE: how many keys one key becomes
    tag: str = ""  # GIVEN, TICK: whatever the listener wants to know it by
    # Under vmap (see `_lanes`): branches of which a lane takes one, as (choice, branch); and a loop
    # that goes on for lanes that are done.
    under: frozenset[tuple[int, int]] = frozenset()
    looped: bool = False
