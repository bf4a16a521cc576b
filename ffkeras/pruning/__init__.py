"""Filter pruning. Takes a network, finds which filters live and die together, and gives a smaller network.

`channels` and `dimensions` find what can be pruned, `fpgm` which filters are least missed, `soft` trains while filters
come and go, `removal` takes them out.
"""
