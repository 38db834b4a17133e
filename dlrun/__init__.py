"""dlrun: train a dense network from a YAML file and learn the truth about it."""

__version__ = "0.1.0"
