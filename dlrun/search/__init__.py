"""Many trainings of one experiment: how much the data, the random numbers and each item of advice are worth.

Nothing is imported here: a process for trainings begins in this package, and needs `worker` alone to be there.
"""
