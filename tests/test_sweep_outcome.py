"""What the lines and answers of a sweep add up to: the order, the winner and what is said of it."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from dlrun.diagnosis.selection import optimism_up_to
from dlrun.records import BySplit
from dlrun.statistics.best_of import clusters_of
from dlrun.statistics.pooled import prior_of_gaps, together_of
from dlrun.statistics.seeds import RowErrors, SeedsCompared, compare_over_seeds, gap_over_seeds, spread_of
from dlrun.store import from_plain, to_plain
from dlrun.sweep import outcome as module
from dlrun.sweep.outcome import AboutSweep, optimism_over_seeds, outcome_of
from dlrun.sweep.records import Counts, SweepOutcome, SweptKey, TrainingLine

SEEDS = (0, 1, 2)
ABOUT = AboutSweep(
    sweep_id="20261128-widths",
    name="widths",
    config="configs/moons.yaml",
    task="binary",
    scales={"network.width": "log"},
    seeds=SEEDS,
    planned=12,
    epochs=100,
)


class Trained:
    """Lines and answers of trainings. wrong : by width, the share of wrong answers of a seed's 200 dev rows."""

    def __init__(self, wrong, seeds=SEEDS, m=200):
        rng = np.random.default_rng(0)
        self.rows = {seed: np.sort(rng.permutation(1000)[:m]) for seed in seeds}
        difficulty = {seed: rng.random(m) for seed in seeds}
        self.answers, self.lines = {}, []
        for seed in seeds:
            for number, (width, share) in enumerate(wrong.items()):
                own = np.where(rng.random(m) < 0.05, rng.random(m), difficulty[seed])
                errors = RowErrors(seed, self.rows[seed], own < share)
                self.answers[width, seed] = errors
                self.lines.append(line(number + len(wrong) * seed, width, seed, errors.error()))

    def answer(self, one):
        return self.answers.get((one.settings["network.width"], one.seed))

    def outcome(self, lines=None, about=ABOUT):
        about = replace(about, setting_number=lambda number: number % len(self.lines[:: len(about.seeds)]))
        return outcome_of(self.lines if lines is None else lines, self.answer, about=about)


def line(number, width, seed, dev, **others):
    figures = {"status": "finished", "errors": BySplit(0.01, dev, dev + 0.01), "seconds": width / 100, "epochs": 100}
    return TrainingLine(
        key=f"{number:04x}",
        number=number,
        settings={"network.width": width},
        seed=seed,
        losses=BySplit(0.1, 0.1, 0.1),
        **(figures | others),
    )


@pytest.fixture(scope="module")
def four():
    return Trained({4: 0.40, 16: 0.12, 64: 0.10, 256: 0.13})


def test_settings_come_by_their_mean_dev_error_with_the_figures_of_their_seeds(four):
    found = four.outcome()
    widths = [one.settings["network.width"] for one in found.settings]
    errors = {w: np.array([four.answers[w, seed].error() for seed in SEEDS]) for w in widths}
    assert widths == sorted(widths, key=lambda w: errors[w].mean())
    for one in found.settings:
        own = errors[one.settings["network.width"]]
        assert (one.dev.mean, one.dev.deviation) == pytest.approx((own.mean(), own.std(ddof=1)))
        trained = [four.answers[one.settings["network.width"], seed] for seed in SEEDS]
        assert one.dev.interval == spread_of(trained).interval
        assert one.train.mean == pytest.approx(0.01)
        assert one.counts == Counts(finished=3)
        assert one.seconds == pytest.approx(one.settings["network.width"] / 100)
    assert (found.status, found.counts, found.planned) == ("finished", Counts(finished=12), 12)
    assert found.keys == (SweptKey("network.width", (4, 16, 64, 256), "log"),)
    assert found.seconds == pytest.approx(3 * 3.4)
    assert found.notes == ()


def test_the_winner_has_its_equals_and_its_test_error(four):
    found = four.outcome()
    winner, first = found.winner, found.settings[0]
    assert (winner.number, winner.settings) == (first.number, first.settings)
    assert winner.overrides == (f"network.width={first.settings['network.width']}",)
    own = [four.answers[first.settings["network.width"], seed] for seed in SEEDS]
    trained = {width: [four.answers[width, seed] for seed in SEEDS] for width in (4, 16, 64, 256)}
    clusters = clusters_of(own)
    prior = prior_of_gaps(together_of(np.stack([clusters.sums(one) for one in trained.values()]), clusters))
    for one in found.settings[1:]:
        theirs = [four.answers[one.settings["network.width"], seed] for seed in SEEDS]
        expected = gap_over_seeds(theirs, own).compared(0.9, prior)
        assert (one.difference.difference, one.difference.method) == (expected.difference, expected.method)
        figures = (*one.difference.interval, one.difference.p_value)
        assert figures == pytest.approx((*expected.interval, expected.p_value), rel=1e-3)
        assert one.difference.p_value != compare_over_seeds(theirs, own).p_value
        assert one.is_equal == (one.settings["network.width"] != 4)
    assert first.is_equal
    assert first.difference is None
    assert winner.equals == tuple(one.number for one in found.settings[1:3])
    assert winner.test.mean == pytest.approx(first.dev.mean + 0.01)
    assert winner.candidates == 4
    assert winner.dev.mean < winner.honest_dev < winner.dev.mean + winner.optimism_up_to
    assert winner.honest_interval[0] < winner.honest_dev < winner.honest_interval[1]


def test_the_sentence_says_it_all_in_plain_words(four):
    found = four.outcome()
    assert found.winner.sentence == (
        "network.width=64 has the lowest dev error, 12.2% (mean of 3 seeds, 90% interval 10.0% to 14.7%);"
        " chosen among 4 settings, it may flatter itself by up to 2.5 points, and an honest dev error is"
        " about 12.8% (10.6% to 15.4%);"
        " 2 others cannot be told from it, the quickest of them: network.width=16 (0.16 s a training, not 0.64 s);"
        " its test error is 13.2% (mean of 3 seeds)"
    )


def test_the_outcome_comes_back_from_its_json(four):
    assert from_plain(SweepOutcome, to_plain(four.outcome())) == four.outcome()


def test_a_setting_cannot_win_by_its_lucky_seeds(four):
    lines = [
        replace(one, status="diverged", message="the loss is not finite", errors=BySplit(None, None, None))
        if one.settings["network.width"] == 64 and one.seed == 1
        else one
        for one in four.lines
    ]
    found = four.outcome(lines)
    last = found.settings[-1]
    assert last.settings == {"network.width": 64}
    assert last.dev.mean < found.winner.dev.mean
    assert (last.counts, last.message) == (Counts(finished=2, diverged=1), "the loss is not finite")
    assert not last.is_equal
    assert last.difference.seeds == 2
    assert 64 not in [one.settings["network.width"] for one in found.settings if one.is_equal]
    assert found.counts == Counts(finished=11, diverged=1)
    assert found.notes == (
        "1 setting with seeds that diverged, failed or were stopped: after the others, since one cannot win by its"
        " lucky seeds alone",
    )


def test_where_every_setting_lost_a_seed_the_fewest_losses_come_first(four):
    lines = [replace(one, status="failed") if one.seed == 2 else one for one in four.lines]
    lines = [
        replace(one, status="failed") if one.seed == 1 and one.settings["network.width"] == 64 else one for one in lines
    ]
    found = four.outcome(lines)
    assert found.settings[-1].settings == {"network.width": 64}
    assert found.winner.settings == {"network.width": 16}
    assert found.notes == ("no setting finished for each of its seeds; those that lost the fewest come first",)


def test_in_the_middle_of_a_seed_all_settings_are_ranked_and_a_seed_that_few_have_decides_nothing(four):
    first_round, a_little_more = four.lines[:4], four.lines[:5]
    for lines in (first_round, a_little_more):
        found = four.outcome(lines)
        assert found.status == "interrupted"
        assert found.counts == Counts(finished=len(lines), to_come=12 - len(lines))
        assert found.winner.settings == {"network.width": 64}
        assert found.notes == ()
    assert found.settings[0].counts.to_come == 2
    most = four.outcome([one for one in four.lines[:8] if (one.settings["network.width"], one.seed) != (64, 1)])
    assert most.settings[-1].settings == {"network.width": 64}
    assert most.notes[0].startswith("1 setting without a seed that most others have so far")


def test_a_training_that_was_done_again_counts_once_and_by_its_last_line(four):
    failed = replace(four.lines[0], status="failed", message="killed", errors=BySplit(None, None, None))
    assert four.outcome([failed, *four.lines]) == replace(four.outcome(), seconds=four.outcome().seconds)


def test_what_was_stopped_is_told_with_the_seconds_it_would_still_have_taken(four):
    lines = [replace(one, status="stopped", epochs=25, seconds=1.0) if one.seed == 2 else one for one in four.lines]
    assert four.outcome(lines).saved_seconds == pytest.approx(4 * 3.0)
    varied = [replace(one, settings={**one.settings, "training.epochs": 50}) for one in lines]
    assert four.outcome(varied).saved_seconds == pytest.approx(4 * 1.0)


def test_of_settings_with_one_seed_it_is_said_that_the_seed_may_have_decided(four):
    about = replace(ABOUT, seeds=(0,), planned=4)
    [note] = outcome_of(four.lines[:4], four.answer, about=about).notes
    assert note.startswith("one seed each")


def test_without_answers_the_figures_are_told_and_nothing_is_compared(four):
    found = outcome_of(four.lines, lambda line: None, about=ABOUT)
    assert [one.dev.mean for one in found.settings] == [one.dev.mean for one in four.outcome().settings]
    assert all(one.dev.interval is None and one.difference is None for one in found.settings)
    assert (found.winner.optimism_up_to, found.winner.honest_dev, found.winner.equals) == (None, None, ())
    assert found.notes == ("the answers of the winner were not kept, so nothing was compared with it",)
    assert "cannot be told" not in found.winner.sentence


def test_a_setting_whose_answers_are_lost_is_not_called_equal(four):
    found = outcome_of(
        four.lines, lambda line: None if line.settings["network.width"] == 16 else four.answer(line), about=ABOUT
    )
    lost = next(one for one in found.settings if one.settings["network.width"] == 16)
    assert (lost.difference, lost.is_equal, lost.dev.interval) == (None, False, None)
    assert found.notes == ("1 setting not compared: no seed, rows, weights or answers shared with the winner",)


def test_a_setting_with_the_answers_of_some_seeds_alone_has_no_interval_of_its_mean(four):
    found = outcome_of(
        four.lines,
        lambda line: None if line.settings["network.width"] == 16 and line.seed == 1 else four.answer(line),
        about=ABOUT,
    )
    some = next(one for one in found.settings if one.settings["network.width"] == 16)
    assert (some.dev.seeds, some.dev.interval, some.difference) == (3, None, None)


def test_what_is_not_surely_above_the_winner_is_its_equal_and_counts_among_its_rivals():
    def compared(difference, p_value):
        return SeedsCompared(difference, (-1, 1), p_value, 0.9, 3, 100, "")

    worse, level, better = compared(0.1, 0.02), compared(0.1, 0.08), compared(-0.1, 0.0)
    assert module.surely_worse([None, worse, level], 3, 0.9) == [False, True, True]
    assert module.surely_worse([None, None, level], 3, 0.9) == [False, False, False]
    assert module.surely_worse([None, worse, better], 3, 0.9) == [False, True, False]
    assert module.surely_worse([None, level, None, None], 2, 0.9) == [False, True, True, True]


def test_only_the_best_are_compared_and_it_is_said(four, monkeypatch):
    read = []
    monkeypatch.setattr(module, "MOST_COMPARED", 2)
    answers = lambda line: read.append(line.settings["network.width"]) or four.answer(line)  # noqa: E731
    found = outcome_of(four.lines, answers, about=ABOUT)
    assert sorted(set(read)) == [16, 64]
    assert [one.difference is None for one in found.settings] == [True, False, True, True]
    assert found.winner.candidates == 4
    assert found.notes == (
        "the best 2 of 4 settings were compared with the winner; the last of them may be as good, and so may more",
    )


def test_many_dev_rows_leave_fewer_settings_to_compare_but_never_none():
    rows = np.arange(1_000_000)
    own = [RowErrors(seed, rows, np.zeros(len(rows), bool)) for seed in range(2)]
    assert module.most_compared(own[:1]) == 50
    assert module.most_compared([*own, *own]) == module.LEAST_COMPARED
    assert module.most_compared([RowErrors(0, rows[:10], rows[:10] > 3)]) == module.MOST_COMPARED
    assert module.most_compared([RowErrors(seed, rows[:10], rows[:10] > 3) for seed in range(50)]) == 50


def test_sweeps_without_a_finished_training_have_no_winner(four):
    lines = [replace(one, status="failed", message=f"number {one.number}") for one in four.lines]
    found = four.outcome(lines)
    assert found.winner is None
    assert [one.message for one in found.settings] == [f"number {number}" for number in range(4)]
    assert all(one.dev is None and not one.is_equal for one in found.settings)
    assert outcome_of([], four.answer, about=ABOUT).counts == Counts(to_come=12)


def test_a_regression_is_told_as_unexplained_variance_without_a_bound():
    rng = np.random.default_rng(0)
    rows = [rng.permutation(300)[:90] for _ in SEEDS]
    answers = {
        (width, seed): RowErrors(seed, rows[seed], rng.gamma(1, share, 90))
        for width, share in ((4, 0.5), (16, 0.2))
        for seed in SEEDS
    }
    lines = [line(n, width, seed, answers[width, seed].error()) for n, (width, seed) in enumerate(answers)]
    about = replace(ABOUT, task="regression", planned=6)
    found = outcome_of(lines, lambda one: answers[one.settings["network.width"], one.seed], about=about)
    assert found.winner.optimism_up_to is None
    assert found.winner.honest_dev is not None
    assert found.winner.sentence.startswith("network.width=16 has the lowest dev 1 - R², ")
    assert "all others are surely worse" in found.winner.sentence


def test_the_bound_for_one_seed_is_that_of_diagnose_and_more_seeds_lower_it():
    rng = np.random.default_rng(0)
    trained = [RowErrors(s, np.arange(s * 200, s * 200 + 200), rng.random(200) < 0.1) for s in range(5)]
    error = trained[0].error()
    assert optimism_over_seeds(trained[:1], error, 24, 24 * 30, 30) == optimism_up_to(error, 200, 720)
    assert optimism_over_seeds(trained[:1], error, 24, 24, 1) == optimism_up_to(error, 200, 24)
    assert optimism_over_seeds(trained, error, 24, 24, 1) < 0.7 * optimism_up_to(error, 200, 24)
    assert optimism_over_seeds(trained, error, 1, 30, 30) == optimism_up_to(error, 200, 30)


def test_a_single_setting_is_told_without_a_word_on_choosing(four):
    alone = [replace(one, settings={}) for one in four.lines if one.settings["network.width"] == 64]
    found = outcome_of(alone, lambda line: four.answers[64, line.seed], about=replace(ABOUT, scales={}, planned=3))
    assert found.winner.sentence == (
        "the config as it is has the lowest dev error, 12.2% (mean of 3 seeds, 90% interval 10.0% to 14.7%);"
        " its test error is 13.2% (mean of 3 seeds)"
    )


def test_epochs_of_early_stopping_are_candidates(four):
    found = four.outcome([replace(one, candidates=30) for one in four.lines])
    assert found.winner.candidates == 120
    assert "4 settings (120 candidates with the epochs that the best was chosen among)" in found.winner.sentence
    assert found.winner.optimism_up_to > four.outcome().winner.optimism_up_to


def test_what_was_stopped_or_diverged_after_it_was_judged_is_a_candidate(four):
    def ended(status, widths, dev):
        errors = BySplit(0.1, dev, None)
        return [line(number, width, 0, 0.1, status=status, errors=errors) for number, width in enumerate(widths, 20)]

    finished = [one for one in four.lines if one.settings["network.width"] in (64, 256)]
    others = ended("stopped", range(1000, 1036), 0.3) + ended("diverged", (2000, 2001), 0.5)
    never_judged = ended("diverged", (3000,), None) + ended("failed", (3001,), None)
    about = replace(ABOUT, setting_number=int)
    alone, found = (outcome_of(lines, four.answer, about=about) for lines in (finished, finished + others))
    assert (alone.winner.candidates, found.winner.candidates) == (2, 40)
    assert found.winner.optimism_up_to > alone.winner.optimism_up_to
    assert found.winner.equals == alone.winner.equals
    assert "chosen among 40 settings, 36 of them stopped early, it may flatter itself" in found.winner.sentence
    assert "), which leaves aside the choice of what was stopped;" in found.winner.sentence
    unchanged = outcome_of(finished + others + never_judged, four.answer, about=about)
    assert unchanged.winner == found.winner


def test_a_setting_alone_among_those_that_were_stopped_says_so(four):
    finished = [one for one in four.lines if one.settings["network.width"] == 64]
    stopped = [line(100 + n, 500 + n, 0, 0.3, status="stopped") for n in range(9)]
    found = outcome_of(finished + stopped, four.answer, about=replace(ABOUT, setting_number=int))
    assert "chosen among 10 settings, 9 of them stopped early, it may flatter itself by up to" in found.winner.sentence
    assert "honest" not in found.winner.sentence


def test_values_are_told_with_numbers_in_order_and_words_after(four):
    values = [64, "relu", 0.5, None, 8, True]
    lines = [replace(line(n, 4, 0, 0.1), settings={"network.width": value}) for n, value in enumerate(values)]
    [key] = outcome_of(lines, lambda line: None, about=ABOUT).keys
    assert key.values == (0.5, 8, 64, "relu", None, True)


def test_a_training_takes_less_than_a_kilobyte_of_memory():
    def lines():
        for number in range(20_000):
            yield line(number, number % 4000, number // 4000, 0.1 + number % 97 / 1000, parameters_sha256="f" * 64)

    about = replace(ABOUT, seeds=tuple(range(5)), planned=20_000, setting_number=lambda number: number % 4000)
    tracemalloc.start()
    found = outcome_of(lines(), lambda line: None, about=about)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.counts.finished == 20_000
    assert peak < 1000 * 20_000  # 600 bytes a training: 60 MB for a hundred thousand
