"""Watching samplers at work: each key that is used is announced, in and out of traced programs.

`announcements` is what is said; `observe` makes samplers say it and hands it to who listens;
`lanes` labels what runs for every lane of `vmap` though it is meant for some;
`conditions` are those labels.
"""
