"""The golden set, `tests/golden/`: pictures, faces and raw outputs that every target is held against.

`make` makes it, `check` says where a new one differs; `images` and `decoding` are the cases.
"""
