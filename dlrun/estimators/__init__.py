"""The estimators: arrays in, a fitted model out, without folders; and the model of a run in the same clothes."""

from .classifier import DenseClassifier
from .regressor import DenseRegressor

__all__ = ["DenseClassifier", "DenseRegressor"]
