"""The closed lists of words that a config may use, in the one place where the config keeps them.

Where the maths has a table, the words are its keys; the order is the order shown to a person.
"""

from ..nn import activations, initializers, optimizers

ACTIVATIONS = tuple(activations.ACTIVATIONS)
INITIALIZERS = tuple(initializers.INITIALIZERS)
OPTIMIZERS = tuple(optimizers.OPTIMIZERS)
PRECISIONS = ("float32", "float64")
TASKS = ("auto", "binary", "multiclass", "regression")
PARTS = ("train", "dev", "test")

# Keys below `data` that only generated data sets take.
GENERATOR_SETTINGS = ("samples", "noise", "features", "informative", "classes", "factor", "cluster_std")

# Endings that make a source the path of a table rather than the name of a bundled set.
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".parquet", ".npz", ".npy")
