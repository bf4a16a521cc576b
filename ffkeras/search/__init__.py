"""How much of each group of filters a network can spare, by Bayesian optimisation.

Takes a trained network, budgets (parameters, multiply-accumulates, memory, time) and labelled images; gives one pruning
rate for each group, the trials that led to them, and the pruned network. Nothing is imported here, because budgets are
read without TensorFlow; import the modules by name.
"""
