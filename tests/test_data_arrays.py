"""Arrays from .npz: which arrays are looked for, how pictures and labels are laid out, and what is refused."""

import io
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from dlrun.data import Reading, read_examples
from dlrun.errors import DataError

X4, Y4 = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])


@pytest.fixture
def read(tmp_path):
    def run(arrays, dev=None, **options):
        np.savez(tmp_path / "a.npz", **arrays)
        if dev is not None:
            np.savez(tmp_path / "d.npz", **dev)
            options["dev_source"] = "d.npz"
        return read_examples(Reading("a.npz", **options), folder=tmp_path, rng=np.random.default_rng(0))

    return run


@pytest.mark.parametrize("keys", [("X", "y"), ("x", "Y"), ("X_train", "y_train"), ("x_TRAIN", "Y_train")])
def test_x_and_y_are_found_in_any_case(read, keys):
    examples = read(dict(zip(keys, (X4, Y4), strict=True)))
    np.testing.assert_array_equal(examples.numbers, X4)
    assert (examples.y.tolist(), examples.classes, examples.given) == ([0, 1, 0, 1], ("0", "1"), None)


def test_the_files_own_splits_are_kept_val_being_dev(read):
    arrays = {f"{letter}_{name}": a for name in ("train", "val", "test") for letter, a in (("x", X4), ("y", Y4))}
    assert read(arrays).given.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    del arrays["x_val"], arrays["y_val"]
    assert read(arrays).given.tolist() == [0] * 4 + [2] * 4


def test_a_separate_dev_file_needs_only_x_and_y(read):
    assert read({"X": X4, "y": Y4}, dev={"X": X4[:1], "y": Y4[:1]}).given.tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("shape", "side"), [((5, 5), 5), ((5, 5, 1), 5), ((1, 5, 5), 5), ((25,), 5), ((9,), None), ((2, 8), None)]
)
def test_square_pictures_are_flattened_and_known_by_their_side(read, shape, side):
    X = np.arange(4 * np.prod(shape), dtype=np.uint8).reshape(4, *shape)
    examples = read({"X": X, "y": Y4})
    np.testing.assert_array_equal(examples.numbers, X.reshape(4, -1))
    assert (examples.numbers.dtype, examples.image_side) == (np.uint8, side)


@pytest.mark.parametrize(
    ("y", "classes", "expected"),
    [
        (np.array([[1], [0], [1], [0]]), ("0", "1"), [1, 0, 1, 0]),
        (np.array([3.0, 7.0, 3.0, 7.0]), ("3", "7"), [0, 1, 0, 1]),
        (np.array([True, False, True, False]), ("False", "True"), [1, 0, 1, 0]),
        (np.array(["no", "yes", "no", "yes"]), ("no", "yes"), [0, 1, 0, 1]),
        (np.array([b"no", b"yes", b"no", b"yes"]), ("no", "yes"), [0, 1, 0, 1]),
        (np.eye(3)[[2, 0, 1, 1]], ("0", "1", "2"), [2, 0, 1, 1]),
    ],
)
def test_labels_come_in_many_forms(read, y, classes, expected):
    examples = read({"X": X4, "y": y})
    assert (examples.classes, examples.y.tolist()) == (classes, expected)


BAD_X = X4.copy()
BAD_X[2, 1] = np.nan
PLAIN = "write it with numpy.savez(file, X=..., y=...) from arrays of numbers"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": BAD_X, "y": Y4}, "a.npz: X[2, 1] is nan; every feature must be finite: replace it or drop the row"),
        (
            {"X": np.full((4, 2, 2), np.inf), "y": Y4},
            "a.npz: X[0, 0, 0] is inf; every feature must be finite: replace it or drop the row",
        ),
        ({"X": X4, "y": Y4[:3]}, "a.npz: X has 4 rows but its labels 3; give one label a row"),
        (
            {"X": X4[:, 0], "y": Y4},
            "a.npz: X has type float64 and shape (4,); expected numbers of shape (rows, features)",
        ),
        (
            {"X": X4.astype(str), "y": Y4},
            "a.npz: X has type <U32 and shape (4, 3); expected numbers of shape (rows, features)",
        ),
        ({"X": X4[:0], "y": Y4[:0]}, "a.npz: X is empty, of shape (0, 3); expected rows of numbers"),
        ({"images": X4}, "a.npz: expected arrays X and y, or x_train and y_train; found none of them"),
        ({"x_test": X4, "y_test": Y4}, "a.npz: expected arrays X and y, or x_train and y_train; found x_test, y_test"),
        ({"x_train": X4}, "a.npz: has x_train but no labels for it; add the array y_train"),
        ({"X": X4, "y": X4}, "a.npz: X: its labels have shape (4, 3); expected one label a row, or one-hot rows"),
        (
            {"x_train": X4, "y_train": Y4, "x_test": X4[:, :2], "y_test": Y4},
            "a.npz: the rows of the splits differ in shape (train (3,); test (2,)); give all the same shape",
        ),
        (
            {"X": X4, "y": np.array(["a", None, "b", "a"], dtype=object)},
            f"a.npz: not an .npz of plain arrays (damaged, or it holds Python objects); {PLAIN}",
        ),
    ],
)
def test_arrays_that_cannot_be_used_are_named(read, arrays, message):
    with pytest.raises(DataError) as caught:
        read(arrays)
    assert str(caught.value) == message


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken off"])
def test_a_damaged_file_is_a_sentence(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"^a\.npz: not an \.npz of plain arrays"):
        read_examples(Reading("a.npz"), folder=tmp_path, rng=np.random.default_rng(0))


def test_a_single_array_under_the_name_npz_is_refused(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, X4)
    with pytest.raises(DataError, match=r"^a\.npz: not an \.npz of plain arrays"):
        read_examples(Reading("a.npz"), folder=tmp_path, rng=np.random.default_rng(0))


def asking_for_32_gib():
    """A whole .npy file of a hundred bytes whose header announces 32 GiB."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (2**30, 4)})
    return header.getvalue()


def claiming(archive, compressed_size, size):
    """The archive with other sizes for its first member in the list at its end."""
    at = archive.index(b"PK\x01\x02") + 20
    return archive[:at] + struct.pack("<II", compressed_size, size) + archive[at + 8 :]


@pytest.mark.parametrize("kind", ["npy", "stored", "deflated", "both sizes false", "one size false"])
def test_an_announcement_of_32_gib_is_refused_before_memory_is_taken(tmp_path, kind):
    path, data, most = tmp_path / ("a.npy" if kind == "npy" else "a.npz"), io.BytesIO(), 2**32 - 2
    method = zipfile.ZIP_STORED if kind in ("stored", "both sizes false") else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.writestr("X.npy", asking_for_32_gib())
    archive = data.getvalue()
    path.write_bytes(
        {
            "npy": asking_for_32_gib(),
            "both sizes false": claiming(archive, most, most),
            "one size false": claiming(archive, len(archive) // 2, most),
        }.get(kind, archive)
    )
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"^a\.np[yz]: not an \.np[yz] of plain"):
            read_examples(Reading(path.name), folder=tmp_path, rng=np.random.default_rng(0))
        assert tracemalloc.get_traced_memory()[1] < 2**20  # counted before it is touched
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_zeros_compressed_as_far_as_they_go_are_read(tmp_path, save):
    save(tmp_path / "a.npz", X=np.zeros((100_000, 3)), y=np.tile([0, 1], 50_000))
    assert read_examples(Reading("a.npz"), folder=tmp_path, rng=np.random.default_rng(0)).numbers.shape == (100_000, 3)


def test_what_is_too_large_for_the_machine_is_told(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise MemoryError

    np.savez(tmp_path / "a.npz", X=X4, y=Y4)
    np.save(tmp_path / "a.npy", X4)
    monkeypatch.setattr(np.lib.format, "read_array", refuse)
    monkeypatch.setattr(np, "load", refuse)
    for name in ("a.npz", "a.npy"):
        with pytest.raises(DataError, match=rf"^{name}: does not fit into memory; take fewer rows"):
            read_examples(Reading(name), folder=tmp_path, rng=np.random.default_rng(0))


def test_a_target_that_is_not_finite_is_named_by_its_place(read):
    with pytest.raises(DataError) as caught:
        read({"X": X4, "y": np.array([0.5, np.inf, 1.5, 2.5])})
    assert str(caught.value) == "a.npz: X[1]: the target 'y' is inf; it must be finite: correct it"


def test_the_time_of_reading_does_not_grow_with_the_square_of_the_columns(read):
    X = np.zeros((4, 100_000), np.float32)
    began = time.process_time()
    assert read({"X": X, "y": Y4}).numbers.shape == X.shape
    assert time.process_time() - began < 10  # 0.3 s; five minutes while every column made a set of all names
