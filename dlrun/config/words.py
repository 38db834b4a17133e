"""The closed lists of words that a config may use, in the one place where the config keeps them.

Each tuple repeats the keys of a table that another package owns; the order is the order shown to a person.
"""

ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "identity")
INITIALIZERS = ("zeros", "normal", "he", "xavier", "glorot", "orthogonal")
OPTIMIZERS = ("adam", "gd", "momentum", "rmsprop")
PRECISIONS = ("float32", "float64")
TASKS = ("auto", "binary", "multiclass", "regression")
PARTS = ("train", "dev", "test")

# Keys below `data` that only generated data sets take.
GENERATOR_SETTINGS = ("samples", "noise", "features", "informative", "classes", "factor", "cluster_std")

# Endings that make a source the path of a table rather than the name of a bundled set.
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".parquet", ".npz", ".npy")
