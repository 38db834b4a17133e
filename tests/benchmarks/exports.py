"""How far exported networks answer from `dlrun predict`: every shipped config and every real table, trained to its end.

    python -m tests.benchmarks.exports

For each, with each encoding of its numbers: rows asked (its own, and those with spoilt cells that the tests ask), the
largest distance of a probability in onnxruntime and in the Python file (of a regression: in deviations of the target),
and rows with another label.
"""

import tempfile
import warnings
from itertools import product
from pathlib import Path

from dlrun.nn.encodings import ENCODINGS, STANDARD
from tests import exported, test_export_onnx, test_export_python

WHOLE = ("report=false",)


def holds_pictures(path: Path) -> bool:
    """Whether a config's rows are pictures, whose pixels are only scaled."""
    return "source: digits" in path.read_text(errors="replace")


def main() -> None:
    """Trains, exports, asks and prints a line for each."""
    warnings.simplefilter("ignore")
    print(f"{'':20}{'encoding':10}{'rows':>8}{'ONNX':>10}{'labels':>8}{'Python':>10}{'labels':>8}")
    for path, encoding in product([*exported.CONFIGS, *exported.TABLES], ENCODINGS):
        if encoding != STANDARD and holds_pictures(path):
            continue
        exported.SHORT = (*WHOLE, f"data.encoding={encoding}")
        with tempfile.TemporaryDirectory() as place:
            run = exported.trained(path, Path(place))
            rows = len(next(iter(run.columns.values())))
            session = test_export_onnx.exported(run, Path(place) / "network.onnx")
            onnx, onnx_labels = test_export_onnx.disagreement(run, session)
            module = test_export_python.exported(run, Path(place) / "network.py")
            python, python_labels = test_export_python.disagreement(run, module)
            print(
                f"{path.stem:20}{encoding:10}{rows:8,}{onnx:10.1e}{onnx_labels:8}{python:10.1e}{python_labels:8}",
                flush=True,
            )


if __name__ == "__main__":
    main()
