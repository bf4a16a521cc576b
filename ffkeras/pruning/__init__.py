"""Filter pruning. Takes a trained network, budgets and labelled images; gives a smaller network and what it costs.

`pipeline` takes the steps: rates of the groups of filters, given or found by `search`; soft pruning at these rates;
removal. `channels` and `dimensions` find which filters live and die together, `cost` what widths cost against
`budgets`, `fpgm` which filters are least missed, `soft` trains while filters come and go, `removal` takes them out.
Nothing is imported here, because budgets are read without TensorFlow; import the modules by name.
"""
