""".npy files read into memory: a table of numbers like any other, and what is no such table."""

import numpy as np
import pytest

from dlrun.data import Reading, read_examples
from dlrun.errors import DataError

ARRAY = np.column_stack([np.arange(40.0), np.arange(40.0) ** 2, np.arange(40) % 2])


@pytest.fixture
def read(tmp_path):
    def run(array, **options):
        np.save(tmp_path / "a.npy", array)
        return read_examples(Reading("a.npy", **options), folder=tmp_path, rng=np.random.default_rng(0))

    return run


def test_the_last_column_is_the_target_unless_another_is_named(read):
    examples = read(ARRAY)
    np.testing.assert_array_equal(examples.numbers, ARRAY[:, :2])
    assert (examples.task, examples.classes, examples.target_name) == ("binary", ("0", "1"), "x2")
    assert examples.y.tolist() == [0, 1] * 20
    named = read(ARRAY, target="x1", drop=[0])
    assert (named.task, named.number_names, named.y.tolist()) == ("regression", ("x2",), ARRAY[:, 1].tolist())


def test_missing_numbers_and_categories_are_as_in_any_table(read):
    gap = ARRAY.copy()
    gap[3, 0] = np.nan
    assert np.isnan(read(gap).numbers[3, 0])
    assert read(ARRAY % 3, categorical=["x0"]).levels == (("0", "1", "2"),)


def test_a_separate_dev_file_is_the_dev_set(read, tmp_path):
    np.save(tmp_path / "b.npy", ARRAY[:10])
    assert read(ARRAY, dev_source="b.npy").given.tolist() == [0] * 40 + [1] * 10


PLAIN = "write it with numpy.save(file, array) from a 2-D array of numbers"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            ARRAY[:, 0],
            "a.npy: has type float64 and shape (40,); expected numbers of shape (rows, columns), the target being one"
            " of the columns",
        ),
        (
            ARRAY.astype(str),
            "a.npy: has type <U32 and shape (40, 3); expected numbers of shape (rows, columns), the target being one"
            " of the columns",
        ),
        (ARRAY[:0], "a.npy: is empty, of shape (0, 3); expected rows of numbers"),
        (ARRAY[:, :1], "a.npy: no feature columns are left; drop fewer of x0"),
        (
            np.array([["a", None]], dtype=object),
            f"a.npy: not an .npy of plain numbers (damaged, or it holds Python objects); {PLAIN}",
        ),
    ],
)
@pytest.mark.parametrize("memory_map", [False, True])
def test_arrays_that_cannot_be_used_are_named(read, array, message, memory_map):
    with pytest.raises(DataError) as caught:
        read(array, memory_map=memory_map)
    assert str(caught.value) == message


@pytest.mark.parametrize("memory_map", [False, True])
@pytest.mark.parametrize("content", ["", "not an array", "zip", "cut"])
def test_a_damaged_file_is_a_sentence(tmp_path, content, memory_map):
    path = tmp_path / "a.npy"
    if content == "zip":
        with path.open("wb") as file:
            np.savez(file, X=ARRAY)
    elif content == "cut":
        np.save(path, ARRAY)
        path.write_bytes(path.read_bytes()[:-100])
    else:
        path.write_text(content)
    with pytest.raises(DataError) as caught:
        read_examples(Reading("a.npy", memory_map=memory_map), folder=tmp_path, rng=np.random.default_rng(0))
    assert str(caught.value) == f"a.npy: not an .npy of plain numbers (damaged, or it holds Python objects); {PLAIN}"


PEOPLE = np.array(
    [(1.5, "Ada", b"x", 3, True), (2.5, " Bob ", b"y", 4, False)] * 3,
    dtype=[("height", ">f4"), ("name", "U5"), ("code", "S1"), ("age", "i8"), ("tall", "?")],
)


def test_an_array_with_named_fields_is_a_table_of_these_columns(read):
    examples = read(PEOPLE, target="tall")
    assert (examples.number_names, examples.code_names) == (("height", "age"), ("name", "code"))
    np.testing.assert_array_equal(examples.numbers, [[1.5, 3], [2.5, 4]] * 3)
    assert examples.levels == (("Ada", "Bob"), ("x", "y"))
    assert (examples.classes, examples.y.tolist()) == (("False", "True"), [1, 0] * 3)


def test_fields_of_a_separate_test_file_are_its_rows(read, tmp_path):
    np.save(tmp_path / "t.npy", PEOPLE[:1])
    assert read(PEOPLE, target="tall", test_source="t.npy").given.tolist() == [0] * 6 + [2]
    np.save(tmp_path / "t.npy", PEOPLE[["height", "tall"]])
    with pytest.raises(DataError, match=r"^t\.npy: has other fields than a\.npy; give every split the same columns"):
        read(PEOPLE, target="tall", test_source="t.npy")


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (
            np.zeros(3, dtype=[("a", "f8", (2,)), ("b", "i4")]),
            {},
            "a.npy: field 'a' holds ('<f8', (2,)) values; a column needs one number or text a row",
        ),
        (
            np.zeros((3, 2), dtype=[("a", "f8")]),
            {},
            "a.npy: has named fields and shape (3, 2); expected one row after another, (rows,)",
        ),
        (
            PEOPLE,
            {"memory_map": True},
            "a.npy: an array with named fields does not go with data.memory_map: true; leave it out",
        ),
        (
            PEOPLE,
            {"examples": "columns"},
            "a.npy: an array with named fields does not go with data.examples: columns; leave it out",
        ),
        (
            ARRAY,
            {"memory_map": True, "examples": "columns"},
            "a.npy: data.examples: columns does not go with data.memory_map; leave one of them out",
        ),
        (
            np.zeros((4, 5, 5)),
            {},
            "a.npy: has type float64 and shape (4, 5, 5); expected numbers of shape (rows, columns), the target being"
            " one of the columns; an array of pictures goes into an .npz with its labels as y",
        ),
    ],
)
def test_shapes_and_fields_that_are_no_columns_are_told(read, array, options, message):
    with pytest.raises(DataError) as caught:
        read(array, **options)
    assert str(caught.value) == message


def test_examples_in_columns_are_turned(read):
    turned, plain = read(ARRAY.T, examples="columns"), read(ARRAY)
    np.testing.assert_array_equal(turned.numbers, plain.numbers)
    assert turned.y.tolist() == plain.y.tolist()


@pytest.mark.parametrize("header", [b"{'descr': '<f8', 'shape': (", b"{" * 40, b"'" * 30])
def test_a_header_that_is_no_python_is_damage(tmp_path, header):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + (64).to_bytes(2, "little") + header.ljust(63) + b"\n")
    with pytest.raises(DataError, match=r"^a\.npy: not an \.npy of plain numbers"):
        read_examples(Reading("a.npy"), folder=tmp_path, rng=np.random.default_rng(0))


def test_splits_of_different_widths_are_told(read, tmp_path):
    np.save(tmp_path / "b.npy", ARRAY[:, 1:])
    with pytest.raises(DataError) as caught:
        read(ARRAY, dev_source="b.npy")
    assert str(caught.value) == "b.npy: has 2 columns where a.npy has 3; give every split the same columns"


def test_an_infinite_number_is_named_by_its_place(read):
    bad = ARRAY.copy()
    bad[5, 1] = np.inf
    with pytest.raises(DataError) as caught:
        read(bad)
    assert str(caught.value) == (
        "a.npy[5]: column 'x1' is inf; a feature must be finite: correct the value, or list its text in data.missing"
    )
