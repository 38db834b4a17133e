"""Rows that stay in their file: what is read of them, how they are divided and scaled, and what is refused."""

import errno
import json
import os

import numpy as np
import pytest
import yaml
from sklearn.preprocessing import StandardScaler

from dlrun.data import Parts, Preparation, Reading, fit_dataset, read_examples, split_examples, survey
from dlrun.errors import ConfigError, DataError, StoreError
from dlrun.experiment import prepare, read_config
from dlrun.experiment import rows as rows_room
from dlrun.experiment.predictions import predict, prediction_arrays
from dlrun.experiment.train import trainer_of
from dlrun.nn.permutation import Permutation
from dlrun.store import RunFolder, disk
from tests.trainings import run


def stream(number=0):
    return np.random.Generator(np.random.SFC64(number))


def rows(task="binary", m=1500, n=5, dtype=np.float32):
    """(m, n + 1), the target last: a linear score of the others, cut into the classes of a task."""
    rng = stream(20261122)
    X = rng.standard_normal((m, n)) * [1, 10, 0.1, 3, 1] + [0, 500, 0, -2, 0]
    score = ((X - X.mean(axis=0)) / X.std(axis=0)).sum(axis=1)
    y = {"binary": score > 0, "multiclass": np.digitize(score, [-1, 1]) * 2 - 1, "regression": score}[task]
    return np.column_stack([X, y]).astype(dtype)


@pytest.fixture
def mapped(tmp_path):
    """Write an array, read and fit it; returns Dataset."""

    def fitted(array, split=None, normalize=True, dtype=np.float64, seed=0, **options):
        np.save(tmp_path / "a.npy", array)
        examples = read_examples(Reading("a.npy", memory_map=True, **options), folder=tmp_path, rng=stream())
        assert isinstance(examples.array.base, np.memmap)
        parts = split_examples(examples, rng=stream(seed), split=split or {"train": 0.6, "dev": 0.2, "test": 0.2})
        return fit_dataset(examples, parts, normalize=normalize, dtype=dtype)

    return fitted


@pytest.fixture
def message(mapped):
    def said(array, **options):
        with pytest.raises(DataError) as caught:
            mapped(array, **options)
        return str(caught.value)

    return said


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("normalize", [True, False])
def test_rows_in_a_file_are_prepared_as_the_same_rows_in_memory(task, dtype, normalize, mapped, tmp_path):
    array = rows(task)
    dataset = mapped(array, normalize=normalize, dtype=dtype)
    in_ram = read_examples(Reading("a.npy"), folder=tmp_path, rng=stream())
    parts = Parts({name: split.rows[:] for name, split in dataset.splits().items()})
    twin = fit_dataset(in_ram, parts, normalize=normalize, dtype=dtype)
    assert (dataset.task, dataset.classes, dataset.feature_names) == (twin.task, twin.classes, twin.feature_names)
    assert dataset.facts.class_counts == twin.facts.class_counts
    # The statistics come from blocks in another order, so their last digits differ: measured, 1e-15.
    np.testing.assert_allclose(dataset.preparation.scales, twin.preparation.scales, rtol=1e-14)
    tolerance = 1e-12 if dtype == np.float64 else 1e-6
    assert dataset.preparation.target_mean == pytest.approx(twin.preparation.target_mean, abs=1e-12)
    for name, split in dataset.splits().items():
        other = twin.splits()[name]
        assert (split.X.shape, split.X.dtype) == (other.X.shape, other.X.dtype)
        assert (split.Y.shape, split.Y.dtype) == (other.Y.shape, other.Y.dtype)
        np.testing.assert_allclose(split.X[:], other.X, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(split.Y[:], other.Y, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("normalize", [True, False])
def test_a_preparation_read_from_a_file_prepares_mapped_rows_to_the_last_bit(task, normalize, mapped, tmp_path):
    array = rows(task)
    dataset = mapped(array, normalize=normalize, dtype=np.float32)
    np.savez(tmp_path / "p.npz", **dataset.preparation.to_arrays())
    with np.load(tmp_path / "p.npz", allow_pickle=False) as loaded:
        preparation = Preparation.from_arrays(dict(loaded))
    of_dev = dataset.dev.rows[:]
    X = preparation.features(array[of_dev, :5], preparation.codes_of([]), np.float32)
    assert X.tobytes() == dataset.dev.X[:].tobytes()
    y = array[of_dev, 5] if task == "regression" else np.unique(array[:, 5], return_inverse=True)[1][of_dev]
    assert preparation.target(y, task, np.float32).tobytes() == dataset.dev.Y[:].tobytes()


def test_any_rows_can_be_had_by_slice_and_by_place(mapped):
    train = mapped(rows("multiclass")).train
    places = np.array([5, 0, 899, 5])
    for part in (train.X, train.Y):
        whole = part[:]
        assert len(part) == len(whole) == 900
        np.testing.assert_array_equal(part[10:20], whole[10:20])
        np.testing.assert_array_equal(part[890:2000], whole[890:])
        np.testing.assert_array_equal(part.take(places, axis=0), whole[places])
    assert train.X[:3].flags["C_CONTIGUOUS"]


def test_scaling_is_of_the_training_rows_alone(mapped):
    array = rows()
    dataset = mapped(array)
    scaler = StandardScaler().fit(array[dataset.train.rows[:], :5].astype(np.float64))
    np.testing.assert_allclose(dataset.preparation.means, scaler.mean_, rtol=1e-13)
    np.testing.assert_allclose(dataset.preparation.scales, scaler.scale_, rtol=1e-13)
    spoiled = array.copy()
    outside = np.concatenate([dataset.dev.rows[:], dataset.test.rows[:]])
    spoiled[outside, :5] += 1000
    again = mapped(spoiled)
    assert again.train.X[:].tobytes() == dataset.train.X[:].tobytes()
    # The planted fault: one training row more shows.
    spoiled[dataset.train.rows[:1], :5] += 1000
    assert mapped(spoiled).train.X[:].tobytes() != dataset.train.X[:].tobytes()


def test_splits_cover_all_rows_once_and_follow_from_what_is_kept(mapped):
    dataset = mapped(rows())
    kept = dataset.rows_as_arrays()
    assert {name: array.dtype.kind for name, array in kept.items()} == {
        "rows": "i", "keys": "u", "train": "i", "dev": "i", "test": "i",
    }  # fmt: skip
    permutation = Permutation(int(kept["rows"]), kept["keys"])
    for name, split in dataset.splits().items():
        np.testing.assert_array_equal(permutation[slice(*kept[name])], split.rows[:])
    everything = np.concatenate([split.rows[:] for split in dataset.splits().values()])
    np.testing.assert_array_equal(np.sort(everything), np.arange(1500))
    assert dataset.facts.split == "at random by a keyed permutation, not stratified"
    assert not np.array_equal(mapped(rows(), seed=1).train.rows[:], dataset.train.rows[:])


def test_counts_leave_rows_out_and_two_splits_suffice(mapped):
    dataset = mapped(rows(), split={"train": 700, "dev": 100})
    assert [len(split.X) for split in dataset.splits().values()] == [700, 100]
    assert dataset.test is None
    assert sum(dataset.facts.class_counts["train"].values()) == 700
    assert sum(dataset.facts.class_counts["dev"].values()) == 100


def test_target_and_dropped_columns_are_found_like_any_tables(mapped):
    array = np.ascontiguousarray(rows()[:, [5, 0, 1, 2, 3, 4]])
    array[3, 2] = np.nan  # in a column that is left out
    dataset = mapped(array, target=0, drop=["x2"])
    assert dataset.feature_names == ("x1", "x3", "x4", "x5")
    assert dataset.classes == ("0", "1")
    np.testing.assert_array_equal(dataset.dev.Y[:], array[dataset.dev.rows[:], :1])


@pytest.mark.parametrize("cells", [1, 6 * 7, 2**20])
def test_the_size_of_a_block_changes_nothing_that_counts(cells, mapped, monkeypatch):
    whole = mapped(rows("multiclass"))
    monkeypatch.setattr(survey, "CELLS_AT_A_TIME", cells)
    found = mapped(rows("multiclass"))
    assert found.facts == whole.facts
    np.testing.assert_allclose(found.preparation.scales, whole.preparation.scales, rtol=1e-13)


def test_a_quantity_in_whole_numbers_is_a_regression_unless_classes_are_asked_for(mapped):
    array = rows(dtype=np.float64)
    array[:, -1] = np.arange(1500) % 21
    assert mapped(array).task == "regression"
    assert mapped(array, task="multiclass").classes == tuple(map(str, range(21)))
    array[:, -1] %= 20
    assert mapped(array).task == "multiclass"
    two = rows()
    assert (mapped(two, task="multiclass").train.Y.shape, mapped(two, task="regression").classes) == ((900,), ())


def test_integers_and_booleans_are_numbers_too(mapped):
    array = (rows() > 0).astype(np.uint8)
    array[:, 0] = np.arange(1500) % 200
    assert mapped(array).train.X[:].std(axis=0)[0] == pytest.approx(1)
    assert mapped(array > 0).classes == ("0", "1")


def test_what_was_not_looked_for_and_what_teaches_nothing_is_said(mapped):
    array = rows()
    array[:, 2] = 0.1
    dataset = mapped(array)
    assert dataset.warnings == (
        "1 column is constant in the training rows and can teach nothing: x2",
        "columns that give the target away or number the rows, and rows that stand in two splits, were not looked for:"
        " data.memory_map leaves the rows in their file",
    )
    assert not dataset.train.X[:][:, 2].any()
    in_train = np.array([mapped_split(0, row) == "train" for row in range(len(array))])
    array[:, -1] = np.where(in_train, 0.5, 0.25)
    assert mapped(array, task="regression").warnings[1] == (
        "the target 'x5' is constant in the training rows; there is nothing to learn"
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [(0.5, "every row has the same target, 'x5' is 0.5"), (-1e300, "the target 'x5' has numbers as large as 1e+300")],
)
def test_a_target_that_teaches_nothing_is_refused_at_the_start(value, reason, message):
    array = rows(dtype=np.float64)
    array[:, -1] = value
    assert message(array, task="regression").startswith(f"a.npy: {reason}")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_cell_that_is_not_finite_is_named_by_row_and_column(value, message, monkeypatch):
    monkeypatch.setattr(survey, "CELLS_AT_A_TIME", 60)
    array = rows()
    array[1234, 3] = value
    assert message(array) == (
        f"a.npy[1234, 3] is {np.float32(value)}; every feature must be finite where rows stay in their file: replace"
        " it, name the column in data.drop, or leave data.memory_map out, where a missing value is filled in"
    )
    array = rows()
    array[77, 5] = value
    assert message(array) == f"a.npy[77, 5]: the target 'x5' is {np.float32(value)}; it must be finite: correct it"


def test_a_target_that_is_no_use_as_classes_is_refused_in_the_words_of_every_source(message, monkeypatch):
    array = rows()
    assert message(array[array[:, -1] == 1]) == (
        "a.npy: every row has the same target, 'x5' is '1'; there is nothing to learn: name another column with"
        " data.target, or add rows of another class"
    )
    assert message(rows("multiclass"), task="binary") == (
        "a.npy: data.task is binary but the target 'x5' has 3 classes (-1, 1, 3); set data.task: multiclass or auto"
    )
    monkeypatch.setattr("dlrun.data.survey.MOST_CLASSES", 100)
    monkeypatch.setattr("dlrun.data.mapped_dataset.MOST_CLASSES", 100)
    assert message(rows("regression"), task="multiclass") == (
        "a.npy: the target 'x5' has more than 100 different values, too many for classes; name another column with"
        " data.target, or set data.task: regression"
    )


def test_a_class_without_training_rows_is_refused_and_one_without_dev_rows_is_told(mapped, message):
    array = rows()
    array[0, -1] = 2
    place = next(seed for seed in range(50) if mapped_split(seed, 0) == "test")
    assert message(array, seed=place) == (
        "a.npy: class '2' has no rows in train and cannot be learned; give train a larger share, or drop the rows"
    )
    place = next(seed for seed in range(50) if mapped_split(seed, 0) == "train")
    assert "class '2' has no rows in dev, so the dev error says nothing about it" in mapped(array, seed=place).warnings


def mapped_split(seed, row):
    """The split that a row of 1500 is in, by the shares 0.6, 0.2 and 0.2."""
    place = int(Permutation.drawn(1500, stream(seed)).places_of(np.array([row]))[0])
    return "train" if place < 900 else "dev" if place < 1200 else "test"


def test_numbers_beyond_the_type_are_named_by_their_column(message):
    array = rows(dtype=np.float64)
    array[7, 1] = 1e60
    told = "a.npy: the numbers of column 'x1' leave the range of float32; express it in other units, or drop it with"
    assert message(array, dtype=np.dtype(np.float32), normalize=False) == f"{told} data.drop"


@pytest.mark.parametrize(
    ("source", "options", "expected"),
    [
        (
            "a.csv",
            {},
            "data.memory_map: only the rows of a .npy can stay in their file, and the source is a.csv; write it with"
            " numpy.save(file, array), the target as a column, or leave data.memory_map out",
        ),
        (
            "digits",
            {},
            "data.memory_map: only the rows of a .npy can stay in their file, and the source is digits; write it with"
            " numpy.save(file, array), the target as a column, or leave data.memory_map out",
        ),
        (
            "a.npy",
            {"group": 0},
            "data.group: does not go with data.memory_map: its rows are divided at random; leave one of the two out",
        ),
        (
            "a.npy",
            {"order": "x0"},
            "data.order: does not go with data.memory_map: its rows are divided at random; leave one of the two out",
        ),
        (
            "a.npy",
            {"split_column": -1},
            "data.split_column: does not go with data.memory_map: its rows are divided by data.split; leave one of the"
            " two out",
        ),
        (
            "a.npy",
            {"categorical": ["x0"]},
            "data.categorical: does not go with data.memory_map: its columns are numbers; leave one of the two out",
        ),
        (
            "a.npy",
            {"dev_source": "b.npy"},
            "data.dev_source: does not go with data.memory_map: its rows are divided by data.split; leave one of the"
            " two out",
        ),
    ],
)
def test_what_does_not_go_with_a_memory_map_is_a_sentence(source, options, expected, tmp_path):
    np.save(tmp_path / "a.npy", rows())
    with pytest.raises(DataError) as caught:
        read_examples(Reading(source, memory_map=True, **options), folder=tmp_path, rng=stream())
    assert str(caught.value) == expected


def test_an_array_laid_out_in_columns_is_refused(message):
    assert message(np.asfortranarray(rows())) == (
        "a.npy: is stored column by column, so each row would be gathered from all over the file; write it row by row"
        " with numpy.save(file, numpy.ascontiguousarray(array)), or leave data.memory_map out"
    )


def write_config(tmp_path, task="binary", **training):
    np.save(tmp_path / "a.npy", rows(task))
    config = {
        "data": {"source": "a.npy", "memory_map": True},
        "network": {"depth": 2, "width": 16},
        "training": {"epochs": 15, "learning_rate": 0.01} | training,
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    return tmp_path / "c.yaml"


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_mapped_run_learns_as_well_as_one_in_memory(task, tmp_path):
    path, words = write_config(tmp_path, task), ("true", "false")
    mapped, in_ram = (run(read_config(path, (f"data.memory_map={word}",)), tmp_path / "runs") for word in words)
    # From a baseline of 0.5 and more. Measured: 0.04 at most, either way.
    assert mapped.errors.test < 0.1
    assert in_ram.errors.test < 0.1
    assert mapped.baseline_error == pytest.approx(in_ram.baseline_error, abs=0.1)
    folder = RunFolder(tmp_path / "runs" / mapped.run_id)
    assert set(folder.read_arrays("split.npz")) == {"rows", "keys", "train", "dev", "test"}
    assert json.loads((folder.path / "data.json").read_text())["sizes"] == {"train": 900, "dev": 300, "test": 300}


def test_a_full_batch_would_hold_every_row_and_is_refused(tmp_path):
    path = write_config(tmp_path, batch_size="full")
    with pytest.raises(ConfigError) as caught:
        prepare(read_config(path))
    assert str(caught.value) == (
        f"{path}: training.batch_size: got full with data.memory_map, and a full batch needs every row in"
        " memory; give a number such as 1024, or leave data.memory_map out"
    )


def is_in_a_file(array):
    """Whether an array is a view of a mapped one."""
    return array is not None and (isinstance(array, np.memmap) or is_in_a_file(array.base))


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_what_is_predicted_of_mapped_rows_is_kept_in_files_and_is_the_same(task, tmp_path):
    experiment = prepare(read_config(write_config(tmp_path, task)))
    trainer = trainer_of(experiment)
    made = {}
    for folder in (None, tmp_path):
        answered = predict(experiment, trainer.parameters, folder)
        arrays = prediction_arrays(experiment.dataset, answered, folder or tmp_path)
        made[folder] = answered["dev"]._asdict() | arrays
    assert list(made[None]) == list(made[tmp_path])
    for key, array in made[None].items():
        np.testing.assert_array_equal(array, made[tmp_path][key], err_msg=key)
    in_files = {key for key, array in made[tmp_path].items() if is_in_a_file(array)}
    assert in_files >= {"targets", "answers", "losses", "dev_rows", "dev_losses", "test_losses", "train_losses"}
    assert not list(tmp_path.glob("tmp*"))


def test_a_disk_without_room_for_predictions_is_a_sentence_before_any_is_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StoreError, match="No space left on device; free some space"):
        disk.mapped(tmp_path, 10, np.float64)


def test_a_regression_of_more_mapped_rows_than_are_summarised_is_judged_by_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(rows_room, "MAPPED_ROWS", 200)
    path = write_config(tmp_path, "regression")
    few = run(read_config(path), tmp_path / "runs")
    monkeypatch.setattr(rows_room, "MAPPED_ROWS", 10**6)
    all_rows = run(read_config(path), tmp_path / "runs")
    assert few.errors == all_rows.errors
    widths = [np.ptp(one.row_summary.intervals["dev"]) for one in (few, all_rows)]
    assert widths[0] > widths[1]
