"""Sources by name: bundled sets as they are known, generators ruled by the seed, OpenML through a stand-in."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlrun.data import SOURCE_SETTINGS, Reading, bundled, generated, read_examples
from dlrun.data.bundled import read_bundled
from dlrun.errors import DataError


def read(source, seed=0, **options):
    return read_examples(Reading(source, **options), folder=Path(), rng=np.random.default_rng(seed))


def message(source, **options):
    with pytest.raises(DataError) as caught:
        read(source, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "rows", "columns", "task", "classes"),
    [
        ("digits", 1797, 64, "multiclass", tuple("0123456789")),
        ("breast_cancer", 569, 30, "binary", ("malignant", "benign")),
        ("wine", 178, 13, "multiclass", ("class_0", "class_1", "class_2")),
        ("iris", 150, 4, "multiclass", ("setosa", "versicolor", "virginica")),
        ("diabetes", 442, 10, "regression", ()),
        ("moons", 400, 2, "binary", ("0", "1")),
        ("circles", 400, 2, "binary", ("0", "1")),
        ("blobs", 400, 2, "multiclass", ("0", "1", "2")),
        ("classification", 1000, 20, "binary", ("0", "1")),
        ("regression", 1000, 20, "regression", ()),
    ],
)
def test_each_source_has_its_rows_columns_and_classes(source, rows, columns, task, classes):
    examples = read(source)
    assert (examples.m, examples.numbers.shape[1], examples.task, examples.classes) == (rows, columns, task, classes)


@pytest.mark.parametrize("word", ["digits", "iris", "wine", "breast_cancer", "diabetes"])
def test_a_bundled_set_is_what_scikit_learn_gives(word):
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{word}")(**({"scaled": False} if word == "diabetes" else {}))
    table = read_bundled(word)
    assert np.array_equal(table.numbers, bunch.data)
    assert np.array_equal(table.own_target.values, bunch.target)
    assert table.names == tuple(map(str, bunch.feature_names))
    assert table.own_target.levels == (None if word == "diabetes" else tuple(map(str, bunch.target_names)))


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("samples", [10, 401])
@pytest.mark.parametrize(
    ("word", "settings", "theirs"),
    [
        ("moons", {"noise": 0.2}, {"noise": 0.2}),
        ("moons", {"noise": 0.0}, {"noise": 0.0}),
        ("circles", {"noise": 0.1, "factor": 0.3}, {"noise": 0.1, "factor": 0.3}),
        (
            "blobs",
            {"features": 3, "classes": 4, "cluster_std": 1.5},
            {"n_features": 3, "centers": 4, "cluster_std": 1.5},
        ),
        (
            "regression",
            {"features": 7, "informative": 3, "noise": 10.0},
            {"n_features": 7, "n_informative": 3, "noise": 10.0},
        ),
    ],
)
def test_generated_rows_are_scikit_learns_to_the_bit(word, settings, theirs, samples, seed):
    from sklearn import datasets

    X, y = getattr(generated, word)(seed, samples=samples, **settings)
    expected_X, expected_y = getattr(datasets, f"make_{word}")(n_samples=samples, random_state=seed, **theirs)
    assert (X.tobytes(), y.tobytes()) == (expected_X.tobytes(), expected_y.tobytes())


def test_all_named_sources_but_one_are_read_without_importing_scikit_learn():
    program = """
import sys
import numpy as np
from dlrun.data.sources import SOURCES, read_named

for word in SOURCES.keys() - {"classification"}:
    read_named(word, rng=np.random.default_rng(0), settings={})
print(*sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"sklearn", "scipy"} & set(ran.stdout.split())


def test_a_bundled_set_that_is_damaged_is_told_with_its_file(monkeypatch, tmp_path):
    monkeypatch.setattr(bundled, "data_folder", lambda: tmp_path)
    assert f"{tmp_path / 'iris.csv'}: cannot be read" in message("iris")
    (tmp_path / "iris.csv").write_text("150,4,setosa,versicolor,virginica\n5.1,3.5,oops,0.2,0\n")
    assert "install scikit-learn again" in message("iris")


def test_only_digits_are_pictures():
    assert {source: read(source).image_side for source in ("digits", "blobs", "iris")} == {
        "digits": 8,
        "blobs": None,
        "iris": None,
    }


def test_diabetes_comes_unscaled_so_that_no_statistic_of_other_rows_is_in_it():
    assert read("diabetes").numbers[0].tolist()[:3] == [59.0, 2.0, 32.1]


def test_settings_reach_the_generator():
    examples = read("blobs", settings={"samples": 30, "features": 5, "classes": 4, "cluster_std": 1e-9})
    assert examples.numbers.shape == (30, 5)
    assert len(np.unique(examples.numbers.round(3), axis=0)) == 4
    circles = read("circles", settings={"noise": 0, "factor": 0.25})
    assert np.unique(np.hypot(*circles.numbers.T).round(6)).tolist() == [0.25, 1.0]


@pytest.mark.parametrize("source", [source for source, settings in SOURCE_SETTINGS.items() if settings])
def test_one_seed_gives_one_data_set_and_another_seed_another(source):
    assert read(source, 1).sha256 == read(source, 1).sha256 != read(source, 2).sha256


def test_a_generator_leaves_numpys_global_state_alone():
    before = np.random.get_state()[1].copy()
    read("moons")
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize(
    ("source", "settings", "expected"),
    [
        (
            "circles",
            {"factor": 1.5},
            "data.factor: got 1.5; circles expects 0 <= factor < 1 (the inner circle's radius over the outer's)",
        ),
        ("moons", {"noise": -1}, "data.noise: got -1; moons expects a number of at least 0"),
        ("moons", {"noise": float("nan")}, "data.noise: got nan; moons expects a number of at least 0"),
        ("moons", {"samples": 2}, "data.samples: got 2; moons expects a whole number of at least 10"),
        ("moons", {"samples": 40.5}, "data.samples: got 40.5; moons expects a whole number of at least 10"),
        ("blobs", {"classes": 1}, "data.classes: got 1; blobs expects a whole number of at least 2"),
        ("blobs", {"cluster_std": 0}, "data.cluster_std: got 0; blobs expects a number above 0"),
        (
            "classification",
            {"classes": 9, "informative": 3},
            "data.classes: got 9; 3 informative features have 8 corners, one class each; raise data.informative to 4 or"
            " lower data.classes",
        ),
        (
            "regression",
            {"features": 3, "informative": 4},
            "data.informative: got 4; regression has 3 features; raise data.features or lower data.informative",
        ),
        (
            "regression",
            {"samples": 10**8, "features": 100},
            "data.samples: 10000000000 numbers would not fit in memory; lower data.samples or data.features",
        ),
        ("moons", {"factor": 0.5}, "data.factor: not a setting of source moons; it takes data.samples, data.noise"),
        ("digits", {"noise": 0.5}, "data.noise: not a setting of source digits; it takes no settings"),
        ("t.csv", {"noise": 0.5}, "data.noise: a setting of generators; source t.csv takes none, leave it out"),
    ],
)
def test_a_bad_setting_gets_a_sentence(source, settings, expected):
    assert message(source, settings=settings) == expected


def test_few_features_are_all_informative_unless_said_otherwise():
    assert read("classification", settings={"features": 2}).numbers.shape == (1000, 2)


def test_an_unknown_source_is_met_with_the_nearest_or_all():
    tail = " (or openml:NAME, or a path ending in .csv, .tsv, .xlsx, .parquet, .json, .arff and 20 more)"
    assert message("digit") == f"data.source: unknown source 'digit'; did you mean digits?{tail}"
    known = "digits, breast_cancer, wine, iris, diabetes, moons, circles, blobs, classification, regression"
    assert message("qqq") == f"data.source: unknown source 'qqq'; known are {known}{tail}"


def test_a_bundled_set_has_no_dev_file_and_its_own_target():
    assert message("iris", dev_source="t.csv") == (
        "data.dev_source: iris is no file and is split by data.split; leave dev_source out"
    )
    assert message("iris", target="x0") == "data.target: iris comes with its own target; leave data.target out"


def test_files_of_two_kinds_cannot_be_mixed():
    assert message("a.csv", dev_source="b.npz") == (
        "a.csv, b.npz: tables and arrays cannot be mixed; give all as one kind"
    )


def test_columns_of_a_bundled_set_can_be_dropped_and_typed():
    examples = read("wine", drop=["alcohol"], categorical=["hue"])
    assert "alcohol" not in examples.number_names
    assert examples.code_names == ("hue",)
    assert "1.04" in examples.levels[0]


@pytest.fixture
def openml(monkeypatch):
    """Stands in for the network: a set of one number, one category and a target; records how it was asked."""
    from sklearn import datasets
    from sklearn.utils import Bunch

    asked = {}

    def fetch(**options):
        asked.update(options)
        return Bunch(
            data=np.array([[1.5, 0.0], [np.nan, 1.0], [3.5, np.nan]]),
            target=np.array(["good", "bad", "good"], dtype=object),
            feature_names=["size", "colour"],
            target_names=["class"],
            categories={"colour": ["red", "blue"], "class": ["bad", "good"]},
        )

    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    return asked


def test_an_openml_set_becomes_numbers_and_categories_without_pandas(openml):
    examples = read("openml:iris")
    assert openml == {
        "name": "iris",
        "target_column": "default-target",
        "as_frame": False,
        "parser": "liac-arff",
        "n_retries": 1,
    }
    np.testing.assert_array_equal(examples.numbers, [[1.5], [np.nan], [3.5]])
    assert (examples.code_names, examples.levels) == (("colour",), (("red", "blue"),))
    assert examples.codes.ravel().tolist() == [0, 1, -1]
    assert (examples.classes, examples.y.tolist(), examples.target_name) == (("bad", "good"), [1, 0, 1], "class")


@pytest.mark.parametrize("source", ["openml:61", 61])
def test_an_openml_set_is_found_by_number_and_its_target_by_name(openml, source):
    assert read(source, target="colour").shown == "openml:61"
    assert (openml["data_id"], openml["target_column"]) == (61, "colour")
    assert "name" not in openml


def test_whatever_openml_answers_is_one_sentence(monkeypatch):
    from sklearn import datasets

    def fetch(**options):
        raise OSError("<urlopen error no route to host>\nand more")

    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    assert message("openml:iris") == (
        "openml:iris: could not be fetched (<urlopen error no route to host>); OpenML needs a network connection and"
        " the set's number or exact name; or download it as .csv and give its path"
    )


def test_an_openml_set_without_one_target_asks_for_it(monkeypatch):
    from sklearn import datasets
    from sklearn.utils import Bunch

    bare = Bunch(data=np.zeros((2, 1)), target=None, feature_names=["a"], categories={})
    monkeypatch.setattr(datasets, "fetch_openml", lambda **options: bare)
    assert message("openml:1") == "openml:1: has no single default target; name one with data.target"
    assert message("openml:1", target=3) == "data.target: got 3; a set of OpenML needs its target by name"


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, dlrun.data; print([m for m in ('sklearn', 'polars', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
