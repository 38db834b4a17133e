"""Arrays by names, from .npz: which ones are meant, how pictures and labels are laid out, and what is refused."""

import io
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from dlrun.damages import refuse_shared_places
from dlrun.data import Reading, read_examples
from dlrun.data.formats import read_table
from dlrun.data.readers.stored import LARGEST_BYTES
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


@pytest.fixture
def notes(tmp_path):
    def run(arrays, **options):
        np.savez(tmp_path / "a.npz", **arrays)
        return read_table(Reading("a.npz", **options), folder=tmp_path, rng=np.random.default_rng(0)).notes

    return run


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train"),
        ("train_x", "train_y"),
        ("train_set_x", "train_set_y"),
        ("trainX", "trainY"),
        ("Xtrain", "ytrain"),
        ("train_images", "train_labels"),
        ("data", "target"),
        ("Features", "Labels"),
        ("inputs", "targets"),
        ("X-training", "Y-training"),
    ],
)
def test_names_that_people_give_are_understood(read, names):
    tests = {name.replace("training", "testing").replace("train", "test"): name for name in names}
    arrays = dict(zip(names, (X4, Y4), strict=True))
    examples = read(arrays)
    np.testing.assert_array_equal(examples.numbers, X4)
    assert examples.y.tolist() == [0, 1, 0, 1]
    if "train" in names[0].casefold():
        split = read(arrays | {name: arrays[as_train] for name, as_train in tests.items()})
        assert split.given.tolist() == [0] * 4 + [2] * 4


def test_of_two_that_could_be_meant_the_plainer_name_is_read_and_the_other_told(read, notes):
    arrays = {"data": X4[:2], "X": X4, "y": Y4, "meta": Y4[:1]}
    np.testing.assert_array_equal(read(arrays).numbers, X4)
    assert notes(arrays) == ("a.npz: left unused: data (2, 3) float64, meta (1,) int64",)
    assert len(read({"X": X4[:2], "X_train": X4, "y": Y4[:2], "y_train": Y4}).y) == 4


def test_test_inputs_without_labels_are_left_out_and_told(read, notes):
    arrays = {"X_train": X4, "y_train": Y4, "X_test": X4}
    assert read(arrays).given is None
    assert notes(arrays) == ("a.npz: X_test has no labels and was left out",)


def test_a_test_file_goes_before_the_test_arrays_of_the_source(tmp_path):
    np.savez(tmp_path / "a.npz", X_train=X4, y_train=Y4, X_test=X4, y_test=Y4)
    np.savez(tmp_path / "t.npz", X_test=X4[:2], y_test=Y4[:2])
    reading = Reading("a.npz", test_source="t.npz")
    table = read_table(reading, folder=tmp_path, rng=np.random.default_rng(0))
    assert table.given.tolist() == [0] * 4 + [2] * 2
    assert table.notes == ("a.npz: left unused: X_test (4, 3) float64, y_test (4,) int64",)


@pytest.mark.parametrize("shape", [(4, 1), (1, 4), (4, 1, 1)])
def test_labels_in_a_row_or_in_a_column_are_read(read, shape):
    assert read({"X": X4, "y": Y4.reshape(shape)}).y.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("y", [Y4, Y4[None], Y4[:, None], np.eye(2)[Y4], np.eye(2)[Y4].T])
def test_features_in_rows_are_read_where_the_config_says_so(read, y):
    examples = read({"X": X4.T, "y": y}, examples="columns")
    np.testing.assert_array_equal(examples.numbers, X4)
    assert examples.y.tolist() == [0, 1, 0, 1]


def test_a_square_array_is_read_by_rows_unless_the_config_says_otherwise(read):
    X = np.arange(16.0).reshape(4, 4)
    np.testing.assert_array_equal(read({"X": X, "y": Y4}).numbers, X)
    np.testing.assert_array_equal(read({"X": X, "y": Y4}, examples="columns").numbers, X.T)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (
            X4,
            Y4,
            "a.npz: X has 4 rows and y 4 labels: its rows seem to be the examples; leave data.examples: columns out",
        ),
        (
            X4,
            Y4[:2],
            "a.npz: X has 3 columns (by data.examples: columns) but 2 labels in y; give one label a column",
        ),
    ],
)
def test_columns_that_do_not_fit_are_told(read, X, y, message):
    with pytest.raises(DataError) as caught:
        read({"X": X, "y": y}, examples="columns")
    assert str(caught.value) == message


def test_the_place_of_an_example_in_columns_counts_columns(read):
    with pytest.raises(DataError, match=r"^a\.npz: X\[:, 1\]: the target 'y' is inf"):
        read({"X": X4.T, "y": np.array([0.5, np.inf, 1.5, 2.5])}, examples="columns")


COLOURED = np.random.default_rng(0).integers(0, 256, (4, 5, 5, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("X", "examples"),
    [
        (COLOURED, "rows"),
        (COLOURED.transpose(0, 3, 1, 2), "rows"),
        (COLOURED.transpose(1, 2, 3, 0), "columns"),
        (COLOURED.transpose(3, 1, 2, 0), "columns"),
    ],
)
def test_pictures_in_colour_have_the_colours_of_a_pixel_side_by_side(read, X, examples):
    read_in = read({"X": X, "y": Y4}, examples=examples)
    np.testing.assert_array_equal(read_in.numbers, COLOURED.reshape(4, -1))
    assert (read_in.numbers.dtype, read_in.image_side, read_in.image_channels) == (np.uint8, 5, 3)


def test_pictures_that_are_not_square_have_no_side(read):
    examples = read({"X": COLOURED[:, 1:], "y": Y4})
    assert (examples.numbers.shape, examples.image_side, examples.image_channels) == ((4, 60), None, None)


@pytest.mark.parametrize(("name", "dtype", "side"), [("X", np.uint8, 8), ("images", float, 8), ("X", float, None)])
@pytest.mark.parametrize("apart", [False, True])
def test_flat_pictures_in_colour_are_known_by_bytes_or_by_name(read, notes, name, dtype, side, apart):
    ramp = np.linspace(0, 200, 8)[None, :, None, None] + np.zeros((1, 8, 8, 1)) + np.array([0, 55, 20])
    X = (ramp + np.arange(4)[:, None, None, None]).astype(dtype)
    flat = (X.transpose(0, 3, 1, 2) if apart else X).reshape(4, -1)
    examples = read({name: flat, "y": Y4})
    assert (examples.image_side, examples.image_channels) == (side, side and 3)
    np.testing.assert_array_equal(examples.numbers, X.reshape(4, -1) if side else flat)
    order = "(3, 8, 8)" if apart else "(8, 8, 3)"
    told = (
        f"a.npz: {name}: rows of 192 numbers read as pictures of shape {order}, whose neighbours are alike; if they are"
        " others, write the array in its shape (m, height, width, 3)"
    )
    assert notes({name: flat, "y": Y4}) == ((told,) if side else ())


def test_a_picture_without_some_of_its_pixels_is_none(read):
    assert read({"X": COLOURED, "y": Y4}, drop=["x0"]).image_side is None


@pytest.mark.parametrize("turned", [False, True])
def test_one_hot_labels_are_told(notes, turned):
    one_hot = np.eye(3)[[2, 0, 1, 1]]
    word = "columns" if turned else "rows"
    assert notes({"X": X4, "y": one_hot.T if turned else one_hot}) == (
        f"a.npz: y has one-hot {word} of 3 classes, read as labels 0..2",
    )


@pytest.mark.parametrize(("y", "expected"), [(Y4, [0, 1, 0, 1]), (Y4 + 1, [0, 1, 0, 1]), (np.eye(2)[Y4], [0, 1, 0, 1])])
def test_the_list_of_classes_names_the_labels(read, notes, y, expected):
    arrays = {"X": X4, "y": y, "list_classes": np.array([b"non-cat", b"cat"])}
    examples = read(arrays)
    assert (examples.classes, examples.y.tolist()) == (("non-cat", "cat"), expected)
    assert notes(arrays)[-1] == "a.npz: list_classes names the classes"


@pytest.mark.parametrize(
    ("y", "names"),
    [(Y4 + 2, ["a", "b"]), (Y4 * 0.5, ["a", "b"]), (Y4, ["a", "a"]), (Y4 - 1, ["a", "b"]), (Y4, [[["a"]], [["b"]]])],
)
def test_a_list_that_does_not_fit_the_labels_names_nothing(read, y, names):
    assert not {"a", "b"} & set(read({"X": X4, "y": y, "classes": np.array(names)}, task="multiclass").classes)


def test_files_that_name_other_classes_are_refused(tmp_path):
    for name, words in (("a", ["no", "yes"]), ("t", ["yes", "no"])):
        np.savez(tmp_path / f"{name}.npz", X=X4, y=Y4, classes=np.array(words))
    with pytest.raises(DataError, match=r"^t\.npz: classes names other classes than a\.npz: classes; "):
        read_examples(Reading("a.npz", test_source="t.npz"), folder=tmp_path, rng=np.random.default_rng(0))


def test_text_that_is_no_utf_8_stays_apart(read):
    examples = read({"X": X4, "y": np.array([b"caf\xe9", b"caf\xe8", b"caf\xe9", b"caf\xe8"])})
    assert len(examples.classes) == 2


def test_numbers_of_another_machine_are_the_same_data(read):
    swapped = read({"X": X4.astype(">f8"), "y": Y4.astype(">i4")})
    assert swapped.sha256 == read({"X": X4, "y": Y4.astype("i4")}).sha256


def test_text_with_impossible_letters_is_damage(tmp_path):
    data = io.BytesIO()
    np.save(data, np.array(["ab", "cd", "ab", "cd"]))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("y.npy", data.getvalue()[:-4] + b"\xff" * 4)
        plain = io.BytesIO()
        np.save(plain, X4)
        archive.writestr("X.npy", plain.getvalue())
    with pytest.raises(DataError, match=r"^a\.npz: not an \.npz of plain arrays"):
        read_examples(Reading("a.npz"), folder=tmp_path, rng=np.random.default_rng(0))


def test_objects_that_are_not_wanted_do_no_harm(read):
    assert len(read({"X": X4, "y": Y4, "info": np.array([{"a": 1}], dtype=object)}).y) == 4


BAD_X = X4.copy()
BAD_X[2, 1] = np.nan
EXPECTED = (
    "expected inputs and labels such as X and y, X_train and y_train, train_set_x and train_set_y, images and labels,"
    " or data and target"
)
PLAIN = "write it with numpy.savez(file, X=..., y=...) from arrays of numbers"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": BAD_X, "y": Y4}, "a.npz: X[2, 1] is nan; every feature must be finite: replace it or drop the row"),
        (
            {"X": np.full((4, 2, 2), np.inf), "y": Y4},
            "a.npz: X[0, 0, 0] is inf; every feature must be finite: replace it or drop the row",
        ),
        ({"X": X4, "y": Y4[:2]}, "a.npz: X has 4 rows but 2 labels in y; give one label a row"),
        (
            {"X": X4, "y": Y4[:3]},
            "a.npz: X has 3 columns and y 3 labels: its columns seem to be the examples; set data.examples: columns",
        ),
        (
            {"X": np.zeros((2, 2, 3, 4)), "y": Y4},
            "a.npz: X has shape (2, 2, 3, 4) and y 4 labels: its last axis seems to be the examples; set data.examples:"
            " columns",
        ),
        (
            {"X": X4[:, 0], "y": Y4},
            "a.npz: X has type float64 and shape (4,); expected numbers of shape (rows, features)",
        ),
        (
            {"X": X4.astype(str), "y": Y4},
            "a.npz: X has type <U32 and shape (4, 3); expected numbers of shape (rows, features)",
        ),
        ({"X": X4[:0], "y": Y4[:0]}, "a.npz: X is empty, of shape (0, 3); expected rows of numbers"),
        ({"Theta1": X4, "b": Y4}, f"a.npz: {EXPECTED}; found Theta1 (4, 3) float64, b (4,) int64"),
        ({}, f"a.npz: {EXPECTED}; found no arrays"),
        (
            {"x_test": X4, "y_test": Y4},
            f"a.npz: {EXPECTED}; found x_test (4, 3) float64, y_test (4,) int64",
        ),
        (
            {"x_train": X4},
            "a.npz: has x_train but no labels for it (found x_train (4, 3) float64); add them as y_train",
        ),
        ({"X": X4, "x": X4, "y": Y4}, "a.npz: X and x could both be the inputs of train; keep one"),
        ({"X": X4, "y": X4}, "a.npz: y: labels have shape (4, 3); expected one label a row, or one-hot rows"),
        (
            {"X": X4, "y": np.array([[0.2, 0.8], [0.5, 0.5], [1, 0], [0, 1]])},
            "a.npz: y: rows hold probabilities of 2 classes (they sum to 1), but training needs one label a row; write"
            " the likeliest class, y.argmax(axis=1); the probabilities as a .csv can tell the optimal error, by"
            " diagnosis.optimal_error: {soft_labels: FILE}",
        ),
        (
            {"x_train": X4, "y_train": Y4, "x_test": X4, "y_test": Y4.astype(str)},
            "a.npz: the labels of one split are text and those of another numbers; give all as one kind",
        ),
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
    with pytest.raises(DataError):  # what is imported for the first reading is not counted
        read_examples(Reading(path.name), folder=tmp_path, rng=np.random.default_rng(0))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"^a\.np[yz]: not an \.np[yz] of plain"):
            read_examples(Reading(path.name), folder=tmp_path, rng=np.random.default_rng(0))
        assert tracemalloc.get_traced_memory()[1] < 2**20  # counted before it is touched
    finally:
        tracemalloc.stop()


def test_what_would_inflate_beyond_the_limit_is_refused_before_it_does(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        header = io.BytesIO()
        rows = LARGEST_BYTES + 1
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (rows, 1)})
        with archive.open("X.npy", "w") as member:
            member.write(header.getvalue())
            for start in range(0, rows, 2**22):
                member.write(bytes(min(2**22, rows - start)))
        labels = io.BytesIO()
        np.save(labels, Y4)
        archive.writestr("y.npy", labels.getvalue())
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"^a\.npz: its arrays would take 257 MiB where the file has 1 MiB; "):
            read_examples(Reading("a.npz"), folder=tmp_path, rng=np.random.default_rng(0))
        assert tracemalloc.get_traced_memory()[1] < 2**22
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


def test_two_members_at_one_place_are_damage_and_no_warning(tmp_path):
    """Which newer Pythons warn of, on standard error, and then read."""
    np.savez(tmp_path / "a.npz", X=X4, y=Y4)
    raw = bytearray((tmp_path / "a.npz").read_bytes())
    place = raw.rindex(b"PK\x01\x02") + 42  # of where the last member begins, in its entry (APPNOTE 4.3.12)
    raw[place : place + 4] = bytes(4)
    (tmp_path / "a.npz").write_bytes(raw)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive, pytest.raises(zipfile.BadZipFile, match="begin at one place"):
        refuse_shared_places(archive.infolist())
    with pytest.raises(DataError, match=r"^a\.npz: not an \.npz of plain arrays"):
        read_table(Reading("a.npz"), folder=tmp_path, rng=np.random.default_rng(0))
