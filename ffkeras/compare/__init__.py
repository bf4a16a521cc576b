"""How far two results of one network lie apart: lists of faces, and raw outputs; and how far they may. Runs nothing.

Conversion, the cross-check of runtimes and the golden set stand on it.
"""
