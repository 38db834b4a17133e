"""Whether a network has taken enough steps to be judged, by their number and by how its loss fell meanwhile.

After one epoch there is no curve: the checks that read one, and the advice that follows from a high train error alone,
would blame the size or the rate of a network that has only begun.
"""

from .history import History, Sign, figure

# How many steps healthy networks needed until their train error was as low as after 4,000 steps, up to a distance that
# is low: half of them more than the first (694), a quarter more than the second (1,694), three quarters more than 146.
# 384 trainings on the twelve known tasks: `python -m tests.benchmarks.steps_needed --seeds 1`.
HALF_NEED, QUARTER_NEED = 700, 1700

# With fewer steps than this, which were enough for 36% of them, a high train error may be that of a network that has
# only begun. Not more: later there is a curve, and the other checks can read it.
STEPS_NEEDED = 300

# After so few steps a train error that was high still fell in 94% of the looks at those trainings, however the loss had
# fallen so far.
HARDLY_ANY = 40

# The mean loss of all steps less the loss at the end, as a share of the whole fall: 1/2 for an even fall, 0 for one
# that was over after a few steps. Of the looks at a high train error after HARDLY_ANY to STEPS_NEEDED steps, it still
# fell in 96% of those above this share, in 77% of the others.
LATE_FALL = 0.1

# A loss that fell by a smaller share than this falls too slowly for steps alone to be what is missing.
LEAST_FALL = 0.05

# So many epochs are a curve, and its end says whether the loss still falls: by more than this share of itself over the
# last fifth of the epochs, as `advice.course` has it.
CURVE_EPOCHS, STILL_FALLING, LAST_FIFTH = 8, 0.05, 0.8


def steps_taken(history: History) -> int:
    """The steps of all epochs."""
    return history.steps_an_epoch * len(history.metrics)


def has_no_curve(history: History) -> bool:
    """Whether there are so few epochs, and so few steps, that nothing can be read from their course."""
    return len(history.metrics) < CURVE_EPOCHS and steps_taken(history) < STEPS_NEEDED


def hardly_trained(history: History) -> Sign | None:
    """A finished training of few steps that has not fitted its rows, and whose loss has not come to rest."""
    steps, epochs = steps_taken(history), len(history.metrics)
    if not epochs or not history.train_is_high or history.status != "finished" or steps >= STEPS_NEEDED:
        return None
    if steps >= HARDLY_ANY and not (fell_late(history) if has_no_curve(history) else falls_at_the_end(history)):
        return None
    taken = f"it took {counted(steps, 'step')} ({counted(epochs, 'epoch')} of {history.steps_an_epoch})"
    needed = f"of healthy networks half needed more than {HALF_NEED} steps, a quarter more than {QUARTER_NEED}"
    return Sign(True, f"{taken}: {needed}; {loss_words(history)}", what_to_do(history))


def counted(number: int, word: str) -> str:
    """A number of things: "1 step", "2 steps"."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def fell_late(history: History) -> bool:
    """Whether the loss fell, and not mostly at the beginning; True where that is not known."""
    first, last = ends(history)
    means = [record.loss for record in history.metrics if record.loss is not None]
    if first is None or last is None or not means:
        return True
    fall = first - last
    return fall > LEAST_FALL * first and sum(means) / len(means) - last > LATE_FALL * fall


def falls_at_the_end(history: History) -> bool:
    """Whether the loss still falls over the last fifth of the epochs; a penalty alone may fall long after."""
    losses = [record.loss for record in history.metrics if record.loss is not None]
    before = losses[int(LAST_FIFTH * (len(losses) - 1))] if losses else 0.0
    return bool(losses) and before - losses[-1] > STILL_FALLING * before


def ends(history: History) -> tuple[float | None, float | None]:
    """The loss of the initial weights, and that after the last epoch; None where not known."""
    return history.trace[0].loss if history.trace else None, history.metrics[-1].train_loss


def loss_words(history: History) -> str:
    """How the loss fell, from the initial weights over the mean of the last epoch to the end."""
    (first, last), mean = ends(history), history.metrics[-1].loss
    none = "there is no curve to judge by yet, and the loss" if has_no_curve(history) else "the loss"
    if first is None or last is None:
        return f"{none} is not known"
    if last >= first:
        return f"{none} has not fallen from its {figure(first)}"
    over = mean is not None and last < mean < first and has_no_curve(history)
    between = f", over {figure(mean)} in the mean of the last epoch," if over and mean is not None else ""
    return f"{none} went from {figure(first)}{between} to {figure(last)}"


def what_to_do(history: History) -> str:
    """More epochs; or more patience, where early stopping has ended the training."""
    if len(history.metrics) < history.value("training.epochs"):
        return "train longer before all else: raise regularization.patience_epochs, or leave it out"
    return "train longer before all else: raise training.epochs"
