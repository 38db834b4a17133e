"""The estimators: arrays in, a fitted model out, without folders; and the network of a run in the same clothes."""

from .classifier import DenseClassifier
from .loading import folder_of, load
from .regressor import DenseRegressor

__all__ = ["DenseClassifier", "DenseRegressor", "folder_of", "load"]
