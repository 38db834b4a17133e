"""Bias and variance: the two ills of the diagnosis, how high each may be, and a pair of figures about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Ill = Literal["bias", "variance"]
# "withheld" where the errors mean something else, so that neither can be told.
Level = Literal["high", "low", "moderate", "inconclusive", "withheld"]

ILLS: tuple[Ill, ...] = ("bias", "variance")

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class ByIll(Generic[T_co]):
    """A value for bias, and one of the same kind for variance."""

    bias: T_co
    variance: T_co

    def of(self, ill: Ill) -> T_co:
        """The value for this ill."""
        return self.bias if ill == "bias" else self.variance

    def items(self) -> Iterator[tuple[Ill, T_co]]:
        """Each ill with its value."""
        return ((ill, self.of(ill)) for ill in ILLS)


# How high bias is, and how high variance is.
Verdict = ByIll[Level]

# The shares of bias and variance in dev error less the optimal error, from 0 to 1.
Shares = ByIll[float]
