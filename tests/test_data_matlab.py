"""MATLAB's .mat files of all versions, with scipy as the oracle; and files of arrays of any kind with changed bytes."""

import random
import tracemalloc
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from dlrun.data import Reading, read_examples
from dlrun.data.formats import read_table
from dlrun.data.readers.matlab import open_matlab
from dlrun.errors import DataError

X4, Y4 = np.arange(12.0).reshape(4, 3), np.array([1, 10, 1, 10])
DAMAGED = "a.mat: not a .mat file, or a damaged one; write it anew, by save in MATLAB or scipy.io.savemat, or as .npz"


@pytest.fixture
def examples(tmp_path):
    def run(**options):
        return read_examples(Reading("a.mat", **options), folder=tmp_path, rng=np.random.default_rng(0))

    return run


def save_73(path, **arrays):
    """As MATLAB writes version 7.3: HDF5 behind 512 bytes of its own, the axes of each array in the opposite order."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in arrays.items():
            file[name] = np.asarray(array).T
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")


WRITERS = {
    "4": lambda path, **arrays: savemat(path, arrays, format="4"),
    "5": lambda path, **arrays: savemat(path, arrays),
    "7": lambda path, **arrays: savemat(path, arrays, do_compression=True),
    "7.3": save_73,
}


@pytest.mark.parametrize("version", WRITERS)
def test_every_version_holds_the_same_examples(tmp_path, examples, version):
    WRITERS[version](tmp_path / "a.mat", X=X4, y=Y4[:, None])
    read = examples()
    np.testing.assert_array_equal(read.numbers, X4)
    assert (read.classes, read.y.tolist()) == (("1", "10"), [0, 1, 0, 1])


VALUES = {
    "doubles": np.random.default_rng(0).normal(size=(3, 4)),
    "cube": np.arange(24, dtype=np.int16).reshape(2, 3, 4),
    "cells": np.array([["ab"], ["é"]], dtype=object),
    "sparse": csc_matrix(np.array([[0, 1.5, 0], [2, 0, 0]])),
    "flags": np.array([[True, False]]),
    "single": np.float32([[1]]),
    "huge": np.uint64([[2**63]]),
    "nothing_of_a_long_name": np.zeros((0, 3)),
}


@pytest.mark.parametrize("packed", [False, True])
def test_each_kind_of_variable_is_what_scipy_reads(tmp_path, packed):
    savemat(tmp_path / "a.mat", VALUES | {"letters": np.array(["ab", "cde"])}, do_compression=packed)
    theirs = loadmat(tmp_path / "a.mat", mat_dtype=True, spmatrix=True)
    with open_matlab("a.mat", tmp_path / "a.mat") as ours:
        assert set(ours) == {*VALUES, "letters"}
        for name in set(VALUES) - {"cells", "sparse"}:
            np.testing.assert_array_equal(ours[name].read(), theirs[name])
            assert ours[name].shape == theirs[name].shape
        np.testing.assert_array_equal(ours["sparse"].read(), theirs["sparse"].toarray())
        assert ours["cells"].read().tolist() == [[cell.item()] for cell in theirs["cells"].ravel()]
        assert ours["letters"].read().tolist() == ["ab", "cde"]


def test_labels_of_words_are_read_from_cells_and_from_letters(tmp_path, examples):
    for words in (np.array(["no", "yes", "no", "yes"]), np.array([["no"], ["yes"], ["no"], ["yes"]], dtype=object)):
        savemat(tmp_path / "a.mat", {"X": X4, "y": words})
        assert (examples().classes, examples().y.tolist()) == (("no", "yes"), [0, 1, 0, 1])


def test_the_courses_test_and_validation_arrays_are_a_given_split(tmp_path, examples):
    arrays = {"X": X4, "y": Y4[:, None], "Xval": X4[:2], "yval": Y4[:2, None], "Xtest": X4[:1], "ytest": Y4[:1, None]}
    savemat(tmp_path / "a.mat", arrays)
    assert examples().given.tolist() == [0] * 4 + [1] * 2 + [2]


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_pictures_with_the_examples_last_need_the_key_and_are_read_with_it(tmp_path, examples, version):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 5, 3, 4)).astype(np.uint8)
    WRITERS[version](tmp_path / "a.mat", X=pictures, y=Y4[:, None])
    with pytest.raises(DataError, match=r"its last axis seems to be the examples; set data\.examples: columns$"):
        examples()
    read = examples(examples="columns")
    np.testing.assert_array_equal(read.numbers, np.moveaxis(pictures, -1, 0).reshape(4, -1))
    assert (read.image_side, read.image_channels) == (5, 3)


@pytest.mark.parametrize(("y", "what"), [({"a": 1}, "struct"), (np.full((4, 1), 1j), "complex float64")])
def test_variables_of_other_kinds_are_named(tmp_path, examples, y, what):
    savemat(tmp_path / "a.mat", {"X": X4, "y": y})
    with pytest.raises(DataError) as caught:
        examples()
    assert str(caught.value) == f"a.mat: y holds a MATLAB {what}; expected an array of numbers or text"


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ({"MATLAB_class": "char"}, "a.mat: y holds a MATLAB char; expected an array of numbers or text"),
        ({"MATLAB_sparse": 4}, "a.mat: S is a sparse matrix, which cannot be read; save full(S) instead"),
    ],
)
def test_what_looks_like_numbers_in_version_73_and_is_none_is_named(tmp_path, examples, attribute, message):
    h5py = pytest.importorskip("h5py")
    save_73(tmp_path / "a.mat", X=X4, y=Y4[:, None])
    with h5py.File(tmp_path / "a.mat", "r+") as file:
        [(name, value)] = attribute.items()
        held = file["y"] if name == "MATLAB_class" else file.create_group("S")
        held.attrs[name] = np.bytes_(value) if isinstance(value, str) else value
    with pytest.raises(DataError) as caught:
        examples()
    assert str(caught.value) == message


@pytest.mark.parametrize("content", [b"", b"no .mat at all, whatever its name says", b"\0" * 200])
def test_a_damaged_file_is_a_sentence(tmp_path, examples, content):
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(DataError) as caught:
        examples()
    assert str(caught.value).startswith(("a.mat: not a .mat file", "a.mat: expected inputs and labels"))


def test_a_file_that_ends_within_a_variable_is_damaged_even_if_it_is_not_wanted(tmp_path, examples):
    savemat(tmp_path / "a.mat", {"X": X4, "y": Y4, "zz": X4})
    (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:-8])
    with pytest.raises(DataError) as caught:
        examples()
    assert str(caught.value) == DAMAGED


def test_a_stream_that_would_inflate_beyond_the_limit_is_refused_before_it_does(tmp_path, examples):
    savemat(tmp_path / "a.mat", {"X": np.zeros((1, 1)), "y": Y4})
    raw = (tmp_path / "a.mat").read_bytes()
    packer = zlib.compressobj(9)
    head = raw[128:132] + (2**29).to_bytes(4, "little") + raw[136:184]
    stream = packer.compress(head) + b"".join(packer.compress(bytes(2**20)) for _ in range(512)) + packer.flush()
    (tmp_path / "a.mat").write_bytes(
        raw[:128] + (15).to_bytes(4, "little") + len(stream).to_bytes(4, "little") + stream + raw[192:]
    )
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"^a\.mat: its arrays would take 513 MiB where the file has 1 MiB; "):
            examples()
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def changed(raw, rng):
    """A file with some of its bytes changed, added, removed, or cut off at the end."""
    data, at = bytearray(raw), rng.randrange(len(raw))
    kind = rng.randrange(5)
    if kind == 0:
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(raw))] = rng.randrange(256)
    elif kind == 1:
        data[rng.randrange(min(len(raw), 600))] = rng.choice([0, 1, 127, 128, 255])
    elif kind == 2:
        data[at:] = b""
    elif kind == 3:
        data[at : at + rng.randint(0, 40)] = rng.randbytes(rng.randint(0, 20))
    else:
        data[at : at + 8] = rng.choice([b"\xff" * 8, bytes(8), (2**40).to_bytes(8, "little"), rng.randbytes(8)])
    return bytes(data)


def write_fields(path):
    np.save(path, np.array([(1.0, "a", 2), (3.0, "bc", 0)] * 9, dtype=[("a", "f8"), ("b", "U3"), ("c", "i4")]))


def write_hdf5(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.create_dataset("train/x", data=X4, chunks=(2, 3), compression="gzip", shuffle=True)
        file["train/y"] = ["a", "b", "a", "b"]


SMALL_FILES = {
    "plain.npz": lambda path: np.savez(path, X=X4, y=Y4),
    "packed.npz": lambda path: np.savez_compressed(path, X=X4, y=Y4.astype(str)),
    "numbers.npy": lambda path: np.save(path, np.column_stack([X4, Y4])),
    "fields.npy": write_fields,
    "groups.h5": write_hdf5,
    "old.mat": lambda path: WRITERS["4"](path, X=X4, y=Y4[:, None]),
    "plain.mat": lambda path: savemat(path, VALUES | {"X": X4, "y": np.array([["a"], ["b"]] * 2, dtype=object)}),
    "sparse.mat": lambda path: savemat(path, {"X": csc_matrix(X4), "y": Y4[:, None]}),
    "packed.mat": lambda path: WRITERS["7"](path, X=X4, y=np.array(["a", "b", "a", "b"])),
    "new.mat": lambda path: save_73(path, X=X4, y=Y4[:, None]),
}


@pytest.mark.parametrize("name", SMALL_FILES)
def test_a_file_with_changed_bytes_is_a_table_or_a_sentence(tmp_path, capfd, name):
    SMALL_FILES[name](tmp_path / name)
    raw, outcomes = (tmp_path / name).read_bytes(), set()
    for seed in range(150):
        (tmp_path / name).write_bytes(changed(raw, random.Random(f"{name} {seed}")))
        try:
            read_table(Reading(name), folder=tmp_path, rng=np.random.default_rng(0))
            outcomes.add("table")
        except DataError as problem:
            outcomes.add(str(problem).partition(":")[0].partition("[")[0])
    assert outcomes == {"table", name}
    assert capfd.readouterr() == ("", "")
