"""HDF5 files as h5py writes them: the course's two, groups, text, and what is refused."""

import builtins
import tracemalloc

import numpy as np
import pytest

from dlrun.data import Reading, read_examples
from dlrun.data.formats import read_table
from dlrun.errors import DataError

h5py = pytest.importorskip("h5py")

X4, Y4 = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])
CATS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3)).astype(np.uint8)


def write(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path


@pytest.fixture
def table(tmp_path):
    def run(name="a.h5", **options):
        return read_table(Reading(name, **options), folder=tmp_path, rng=np.random.default_rng(0))

    return run


@pytest.fixture
def message(table):
    def run(name="a.h5", **options):
        with pytest.raises(DataError) as caught:
            table(name, **options)
        return str(caught.value)

    return run


@pytest.mark.parametrize("shape", [(-1,), (1, -1)])
def test_the_courses_two_files_are_pictures_of_named_classes_in_a_given_split(tmp_path, shape):
    y, words = np.array([0, 1, 0, 1, 1, 0]), np.array([b"non-cat", b"cat"])
    write(tmp_path / "train.h5", train_set_x=CATS, train_set_y=y.reshape(shape), list_classes=words)
    write(tmp_path / "test.h5", test_set_x=CATS[:2], test_set_y=y[:2].reshape(shape), list_classes=words)
    reading = Reading("train.h5", test_source="test.h5")
    examples = read_examples(reading, folder=tmp_path, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(examples.numbers, np.concatenate([CATS, CATS[:2]]).reshape(8, -1))
    assert (examples.numbers.dtype, examples.image_side, examples.image_channels) == (np.uint8, 8, 3)
    assert (examples.classes, examples.y.tolist()) == (("non-cat", "cat"), [0, 1, 0, 1, 1, 0, 0, 1])
    assert examples.given.tolist() == [0] * 6 + [2] * 2


def test_equal_arrays_are_equal_data_whatever_the_file(tmp_path, table):
    write(tmp_path / "a.h5", X=X4, y=Y4)
    np.savez(tmp_path / "a.npz", X=X4, y=Y4)
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        file.create_dataset("X", data=X4.astype(">f8"), chunks=(2, 3), compression="gzip", shuffle=True)
        file.create_dataset("y", data=Y4, maxshape=(None,))
    hashes = {
        read_examples(Reading(name), folder=tmp_path, rng=np.random.default_rng(0)).sha256
        for name in ("a.h5", "a.npz", "b.hdf5")
    }
    assert len(hashes) == 1


def test_arrays_in_groups_are_found_by_the_names_of_both(tmp_path, table):
    write(tmp_path / "a.h5", **{"train/data": X4, "train/target": Y4, "test/data": X4[:2], "test/target": Y4[:2]})
    assert table().given.tolist() == [0] * 4 + [2] * 2
    write(tmp_path / "a.h5", **{"mnist/x": X4, "mnist/y": Y4})
    np.testing.assert_array_equal(table().numbers, X4)


@pytest.mark.parametrize(
    "y",
    [
        ["no", "yes", "no", "yes"],
        np.array([b"no", b"yes", b"no", b"yes"]),
        np.array([["no"], ["yes"], ["no"], ["yes"]], dtype=object),
    ],
)
def test_labels_of_text_are_read_however_long_they_may_be(tmp_path, table, y):
    write(tmp_path / "a.h5", X=X4, y=y)
    target = table().own_target
    assert [target.levels[code] for code in target.values] == ["no", "yes", "no", "yes"]


def test_words_of_every_length_and_alphabet_are_those_that_h5py_reads(tmp_path, table):
    words = ["", "é", "日本", "a" * 5000, "b"] * 40
    write(tmp_path / "a.h5", X=np.arange(200.0)[:, None], y=words)
    with h5py.File(tmp_path / "a.h5") as file:
        theirs = file["y"].asstr()[()].tolist()
    target = table().own_target
    assert [target.levels[code] if code >= 0 else "" for code in target.values] == theirs == words


def test_a_word_that_is_longer_than_its_place_is_damage(tmp_path, message):
    with h5py.File(write(tmp_path / "a.h5", X=X4, y=["no", "yes", "no", "yes"])) as file:
        at = file["y"].id.get_offset()
    raw = bytearray((tmp_path / "a.h5").read_bytes())
    assert raw[at] == len("no")
    raw[at] = 200
    (tmp_path / "a.h5").write_bytes(raw)
    assert message().startswith("a.h5: not an HDF5 file, or a damaged one")


def test_text_in_compressed_parts_is_told(tmp_path, message):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["X"] = X4
        file.create_dataset("y", data=["a", "b", "a", "b"], compression="gzip")
    assert message() == (
        "a.h5: y holds text of variable length, and not in one part; write it as numpy.array(words, 'S')"
    )


def test_unknown_arrays_are_listed_with_their_shapes(tmp_path, message):
    write(tmp_path / "a.h5", **{"layers/kernel": X4, "note": "words"})
    assert message().endswith("or data and target; found layers/kernel (4, 3) float64, note () text")


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("X", np.zeros(4, dtype=[("a", float), ("b", int)]), "X holds a table with named columns"),
        ("y", h5py.Empty("f8"), "y holds no values"),
        ("X", np.zeros((4, 2), complex), "X holds values of type complex128"),
    ],
)
def test_arrays_of_other_kinds_are_named(tmp_path, message, name, value, what):
    write(tmp_path / "a.h5", **({"X": X4, "y": Y4} | {name: value}))
    assert message() == f"a.h5: {what}; expected an array of numbers or text"


def test_a_table_of_pandas_is_named(tmp_path, message):
    with h5py.File(write(tmp_path / "a.h5"), "a") as file:
        file.create_group("frame").attrs["pandas_type"] = "frame"
    assert message() == "a.h5: frame is a table of pandas, which cannot be read; write it with to_parquet or to_csv"


def test_no_other_file_is_read_through_a_link_or_a_part_outside(tmp_path, message):
    secret = write(tmp_path / "secret.h5", X=X4)
    (tmp_path / "raw").write_bytes(X4.tobytes())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["X"] = h5py.ExternalLink(secret.name, "X")
        file["y"] = Y4
    assert "found y (4,) int64" in message()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("X", (4, 3), "f8", external=[(str(tmp_path / "raw"), 0, 96)])
        file["y"] = Y4
    assert message().startswith("a.h5: X holds values that stand in other files")


@pytest.mark.parametrize("content", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n and the rest is gone"])
def test_a_damaged_file_is_a_sentence(tmp_path, message, content):
    (tmp_path / "a.h5").write_bytes(content)
    assert message() == "a.h5: not an HDF5 file, or a damaged one; write it anew, by h5py, or as .npz"


@pytest.mark.parametrize("part", ["array", "chunk"])
def test_an_announcement_of_gigabytes_is_refused_before_memory_is_taken(tmp_path, message, part):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        shape, chunks = ((2**16, 2**16), (64, 2**16)) if part == "array" else ((4, 3), (2**28, 3))
        file.create_dataset("X", shape, "u1", chunks=chunks, maxshape=(None, None))
        file["y"] = Y4
    tracemalloc.start()
    try:
        assert "more than 256 MiB and 100 times the file is refused" in message()
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_without_h5py_the_message_says_what_to_install(tmp_path, message, monkeypatch):
    imported = builtins.__import__

    def without(name, *arguments, **options):
        if name == "h5py":
            raise ImportError
        return imported(name, *arguments, **options)

    write(tmp_path / "a.h5", X=X4, y=Y4)
    monkeypatch.setattr(builtins, "__import__", without)
    assert message() == 'a.h5: reading .h5 needs h5py; pip install "dlrun[files]"'
