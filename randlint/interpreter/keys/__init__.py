"""What happens to keys: they are used up, derived, handed to lanes, and left behind.

`consuming` notes uses and derives keys; `lanes` looks for one key in all lanes of `vmap`; `escapes`
for keys that leave consumed, or leave a trace; `unused` for keys that nobody reads; `attributes`
for keys that an object keeps after a method has consumed them.
"""
