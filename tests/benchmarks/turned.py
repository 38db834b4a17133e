"""`python -m tests.benchmarks.turned`: the product dA = dZ W^T beside its transpose, turned, for widths and batches.

It measures where `network.TURNED_WIDTH` and `TURNED_PRODUCT` pay: above 1, the transpose is sooner there.
"""

import time
from collections.abc import Callable

import numpy as np

from dlrun.nn.network import Network, pays_turned

from .printed import table

WIDTHS, BATCHES = (64, 128, 256, 512, 1024, 2048), (8, 16, 32, 64, 128, 256, 512)
BLOCKS, MULTIPLICATIONS_A_BLOCK = 21, 2e7


def main() -> None:
    header = ["units", *(f"batch of {m}" for m in BATCHES)]
    rows = [[str(n), *(cell(m, n) for m in BATCHES)] for n in WIDTHS]
    print(table("dA = dZ W^T", header, rows))
    print("The time of the product over that of its transpose, turned; *: where dlrun takes the transpose")


def cell(m: int, n: int) -> str:
    return f"{quotient(m, n):.2f}{'*' if pays_turned(Network((n, n, n), 'relu', 'squared'), m, 0) else ''}"


def quotient(m: int, n: int) -> float:
    """The median time of dZ W^T over that of its turned transpose, for dZ (m, n) and W (n, n) in turn."""
    rng = np.random.default_rng(0)
    # As in a layer: the weights are followed by a row of biases.
    W = rng.standard_normal((n + 1, n), dtype=np.float32)[:-1]
    dZ, dA, dA_T = rng.standard_normal((m, n), dtype=np.float32), *(np.empty(s, np.float32) for s in ((m, n), (n, m)))
    ways = (lambda: np.dot(dZ, W.T, out=dA), lambda: np.copyto(dA, np.dot(W, dZ.T, out=dA_T).T))
    calls = max(1, round(MULTIPLICATIONS_A_BLOCK / (m * n * n)))
    seconds = [[block_seconds(way, calls) for way in ways] for _ in range(BLOCKS)]
    direct, turned = np.median(seconds, axis=0)
    return float(direct / turned)


def block_seconds(way: Callable[[], object], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        way()
    return time.process_time() - start


if __name__ == "__main__":
    main()
