"""A line of a sweep comes back from its JSON as it was, and damage is seen."""

import pytest

from dlrun.records import BySplit
from dlrun.store import Misfit, from_plain, to_plain
from dlrun.sweep.records import TrainingLine

LINE = TrainingLine(
    key="0a1b",
    number=7,
    settings={"network.width": 64, "network.activation": "tanh", "network.hidden": None},
    seed=3,
    status="finished",
    run_id="20261128-070000-digits-ab12",
    errors=BySplit(0.01, 0.034, 0.03),
    losses=BySplit(0.02, 0.1, 0.09),
    epochs=20,
    seconds=0.08,
)


def test_a_line_comes_back_as_it_was():
    assert from_plain(TrainingLine, to_plain(LINE)) == LINE


@pytest.mark.parametrize("damage", [{"status": "done"}, {"errors": {"train": "low", "dev": 0.1}}, {"seed": "three"}])
def test_a_line_with_an_impossible_value_is_refused(damage):
    with pytest.raises(Misfit):
        from_plain(TrainingLine, to_plain(LINE) | damage)
