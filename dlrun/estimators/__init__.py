"""The estimators: arrays in, a fitted model out, without folders; and the network of a run in the same clothes."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .classifier import DenseClassifier as DenseClassifier
    from .loading import folder_of as folder_of
    from .loading import load as load
    from .regressor import DenseRegressor as DenseRegressor
else:
    lazily(
        __name__,
        classifier="DenseClassifier",
        loading="folder_of load",
        regressor="DenseRegressor",
    )
