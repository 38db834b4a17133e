"""dlrun: train a dense network from a YAML file and learn the truth about it.

For one's own code there is `dlrun.check_gradients`, the gradient check for any cost over arrays.
"""

__version__ = "0.1.0"

__all__ = ["__version__", "check_gradients"]


def __getattr__(name: str) -> object:
    """Names that need NumPy come when they are asked for, so that `dlrun --help` need not wait for it."""
    if name == "check_gradients":
        from .gradcheck import check_gradients

        return check_gradients
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
