"""The diagnosis: numbers in, verdict and advice out. Pure functions."""
