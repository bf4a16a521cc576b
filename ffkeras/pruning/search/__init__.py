"""How much of each group of filters a network can spare, by Bayesian optimisation in one process or in many.

Takes what a network costs, a fine-tune that gives the objective, and budgets; gives one pruning rate for each group and
the trials that led to them. Keras Tuner is imported in `keras_tuner` alone. Nothing is imported here.
"""
