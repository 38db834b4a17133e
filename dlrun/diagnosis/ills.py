"""Bias and variance: the two ills of the diagnosis, how high each may be, and a pair of figures about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Ill = Literal["bias", "variance"]
Level = Literal["high", "low", "moderate", "inconclusive"]

ILLS: tuple[Ill, ...] = ("bias", "variance")

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class ByIll(Generic[T_co]):
    """Something about bias, and the same about variance."""

    bias: T_co
    variance: T_co

    def of(self, ill: Ill) -> T_co:
        """The one about this ill."""
        return self.bias if ill == "bias" else self.variance

    def items(self) -> Iterator[tuple[Ill, T_co]]:
        """Each ill with what is about it."""
        return ((ill, self.of(ill)) for ill in ILLS)


# How high each is.
Verdict = ByIll[Level]

# Their parts in the excess of dev error over the optimal one, from 0 to 1.
Shares = ByIll[float]
