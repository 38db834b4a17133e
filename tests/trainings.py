"""`run` and `resume` of the experiment for tests, most of which ask for the result alone and not for all of the run."""

from dlrun import experiment
from dlrun.store import Result


def run(*arguments, **keywords) -> Result:
    """What came of a config."""
    return experiment.run(*arguments, **keywords).result_required()


def resume(*arguments, **keywords) -> Result:
    """What came of a run that was resumed."""
    return experiment.resume(*arguments, **keywords).result_required()
