"""Run folders are made once, written whole, found by what people type, and read with suspicion."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
import zlib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data import ColumnFacts
from dlrun.diagnosis.ills import Verdict
from dlrun.errors import StoreError
from dlrun.nn import trace
from dlrun.nn.training import EpochRecord
from dlrun.records import BySplit
from dlrun.store import (
    FileCheck,
    RunFolder,
    RunSummary,
    create_run,
    environment,
    find_run,
    list_runs,
    read_metrics,
    sound_metrics,
    sound_trace,
    verify,
)
from dlrun.store.disk import TAIL_PIECE
from dlrun.store.lines import checksum, sealed
from dlrun.store.provenance import Commit
from dlrun.store.strict_json import decode, encode

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return create_run(tmp_path / "runs", "demo", now=NOON)


def message_of(call, *args, **options):
    with pytest.raises(StoreError) as refusal:
        call(*args, **options)
    return str(refusal.value)


def refuse_with(number):
    def refuse(*args, **options):
        raise OSError(number, os.strerror(number))

    return refuse


def make_runs(runs_dir, *ids):
    for run_id in ids:
        (runs_dir / run_id).mkdir(parents=True)
    return runs_dir


# --- making a run ---------------------------------------------------------------------------------------------------


def test_a_run_id_is_time_in_utc_name_and_four_hex_digits(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda n: "ab" * n)
    made = create_run(tmp_path / "new" / "runs", "a.b-c", now=datetime.fromisoformat("2026-03-01T01:30:00+02:00"))
    assert made.id == "20260228-233000-a.b-c-abab"
    assert made.path.is_dir()


def test_a_taken_id_is_tried_again_with_another_suffix(tmp_path, monkeypatch):
    suffixes = iter(["0000", "0000", "0000", "0001"])
    monkeypatch.setattr("secrets.token_hex", lambda n: next(suffixes))
    first, second = (create_run(tmp_path, "a", now=NOON) for _ in range(2))
    assert (first.id[-4:], second.id[-4:]) == ("0000", "0001")


def test_when_no_suffix_is_free_the_search_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda n: "0000")
    create_run(tmp_path, "a", now=NOON)
    assert message_of(create_run, tmp_path, "a", now=NOON) == (
        f"{tmp_path}: every suffix tried for 20260301-120000-a is taken; wait a second and try again"
    )


@pytest.mark.parametrize("name", ["", ".a", "-a", "a/b", "../a", "a\n", "a\u202eb", "a" * 65, "a b", "a\0"])
def test_an_unfit_name_makes_no_folder(tmp_path, name):
    assert message_of(create_run, tmp_path, name) == (
        f"run name: got {name!r}; expected 1 to 64 letters, digits, dots, dashes or underscores, "
        "a letter or digit first"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_runs_folder_below_a_file_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    runs_dir = tmp_path / "file" / "runs"
    assert message_of(create_run, runs_dir, "a") == (
        f"{runs_dir}: cannot be made: Not a directory; choose a runs folder whose path leads through folders only"
    )
    assert message_of(create_run, tmp_path / "file", "a") == (
        f"{tmp_path / 'file'}: cannot be made: File exists; "
        "move the file that is in the way, or choose another runs folder"
    )


def test_a_runs_folder_without_permission_is_refused_with_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", refuse_with(errno.EACCES))
    assert message_of(create_run, tmp_path, "a") == (
        f"{tmp_path}: cannot be made: Permission denied; change the permissions, or choose another runs folder"
    )
    assert StoreError.exit_status == 6


# --- writing and reading --------------------------------------------------------------------------------------------


def test_json_comes_back_in_plain_values_and_not_finite_floats_as_null(folder):
    value = {
        "nan": float("nan"),
        "inf": [np.float32("inf"), -np.inf],
        "scalar": np.float64(0.1),
        "count": np.int64(3),
        "flag": np.bool_(True),
        "array": np.array([[1.0, np.nan], [2.0, 3.0]]),
        "path": Path("a") / "b",
        "shape": (2, 3),
        "word": "1 - R²",
        "none": None,
    }
    folder.write_json("result.json", value)
    found = json.loads((folder.path / "result.json").read_text(encoding="utf-8"))
    assert found == folder.read_json("result.json")
    assert found == {
        "nan": None,
        "inf": [None, None],
        "scalar": 0.1,
        "count": 3,
        "flag": True,
        "array": [[1.0, None], [2.0, 3.0]],
        "path": str(Path("a") / "b"),
        "shape": [2, 3],
        "word": "1 - R²",
        "none": None,
    }
    assert "R²" in (folder.path / "result.json").read_text(encoding="utf-8")


def test_a_path_that_is_no_text_is_escaped_and_not_lost():
    assert decode(encode(Path(os.fsdecode(b"caf\xe9")))) == "caf\\udce9"


def test_a_value_without_json_is_a_bug_and_not_a_guess():
    with pytest.raises(TypeError, match="no JSON for a complex"):
        encode({"z": 1j})


@settings(max_examples=50)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.floats() | st.integers(), max_size=3))
def test_every_record_fits_one_line_that_strict_readers_take(record):
    line = encode(record)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    refuse = {"parse_constant": lambda word: pytest.fail(word)}
    assert json.loads(line, **refuse) == {k: v if abs(v) < float("inf") else None for k, v in record.items()}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": ', "Expecting value: line 1 column 7 (char 6)"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_corrupt_json_is_named_with_its_file(folder, data, reason):
    folder.write_bytes("result.json", data)
    assert message_of(folder.read_json, "result.json") == (
        f"{folder.path / 'result.json'}: corrupt ({reason}); restore it from a copy, or train again"
    )


def test_a_record_is_read_whole_or_named_with_the_key_that_does_not_fit(folder):
    column = ColumnFacts("a", "categorical", ("u", "v"))
    folder.write_json("column.json", column)
    assert folder.read_record("column.json", ColumnFacts) == column
    folder.write_json("column.json", {"name": "a", "kind": "odd"})
    assert message_of(lambda name: folder.read_record(name, ColumnFacts), "column.json") == (
        f"{folder.path / 'column.json'}: corrupt (its kind is not what dlrun writes there); restore it from a copy, or"
        " train again"
    )


@pytest.mark.parametrize("read", [RunFolder.read_json, RunFolder.read_arrays, RunFolder.read_lines])
def test_a_missing_file_is_named_with_what_would_do(folder, read):
    assert message_of(read, folder, "gone") == (
        f"{folder.path / 'gone'}: no such file; the run may not have come that far: train it again"
    )


def test_a_file_that_cannot_be_read_is_told_from_a_corrupt_one(folder):
    (folder.path / "model.npz").mkdir()
    assert message_of(folder.read_arrays, "model.npz") == (
        f"{folder.path / 'model.npz'}: cannot be read: Is a directory; check its permissions, or train again"
    )


def test_arrays_come_back_with_their_bits_types_and_shapes(folder):
    arrays = {
        "W1": np.random.default_rng(0).standard_normal((3, 4)),
        "file": np.array([1, 2], dtype=np.int32),  # a key that numpy.savez cannot take
        "labels": np.array(["a", "ß"]),
        "empty": np.zeros((0, 2), dtype=np.float32),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "scalar": np.float64(np.nan),
    }
    folder.write_arrays("model.npz", arrays)
    found = folder.read_arrays("model.npz")
    assert list(found) == list(arrays)
    for key, array in arrays.items():
        assert found[key].dtype == array.dtype
        np.testing.assert_array_equal(found[key], array, strict=key != "scalar")
    with np.load(folder.path / "model.npz", allow_pickle=False) as archive:  # NumPy alone can read them too
        np.testing.assert_array_equal(archive["W1"], arrays["W1"])


@pytest.mark.parametrize("rows", [0, 1, 3, 20_000])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_any_size_and_order_come_back_to_be_written_to(folder, rows, order):
    array = np.arange(rows * 7, dtype=np.float64).reshape(rows, 7).copy(order=order)
    folder.write_arrays("model.npz", {"W": array, "number": np.array(5, ">i2")})
    found = folder.read_arrays("model.npz")
    np.testing.assert_array_equal(found["W"], array)
    assert found["W"].flags[f"{order}_CONTIGUOUS"]
    assert found["number"] == 5
    found["W"] += 1
    np.testing.assert_array_equal(folder.read_arrays("model.npz")["W"], array)


def test_equal_arrays_give_equal_bytes(folder, monkeypatch):
    folder.write_arrays("a.npz", {"W": np.eye(3)})
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    folder.write_arrays("b.npz", {"W": np.eye(3)})
    assert (folder.path / "a.npz").read_bytes() == (folder.path / "b.npz").read_bytes()


def test_arrays_of_objects_are_neither_written_nor_read(folder):
    with pytest.raises(TypeError, match=r"model.npz: array 'W' holds Python objects"):
        folder.write_arrays("model.npz", {"W": np.array([{}, None])})
    assert list(folder.path.iterdir()) == []
    np.savez(folder.path / "model.npz", W=np.array([{}, None]))
    assert "corrupt (Object arrays cannot be loaded" in message_of(folder.read_arrays, "model.npz")


def test_a_lone_array_and_a_foreign_member_are_no_archive(folder):
    np.save(folder.path / "lone.npy", np.eye(2))
    assert "lone.npy: corrupt (" in message_of(folder.read_arrays, "lone.npy")

    with zipfile.ZipFile(folder.path / "odd.npz", "w") as archive:
        archive.writestr("note.txt", "hello")
    assert "odd.npz: corrupt (member 'note.txt' is no array)" in message_of(folder.read_arrays, "odd.npz")


def test_a_damaged_archive_gives_the_arrays_or_a_store_error_and_nothing_else(folder):
    arrays = {"W": np.arange(40.0), "b": np.ones(3)}
    folder.write_arrays("model.npz", arrays)
    whole = (folder.path / "model.npz").read_bytes()
    rng, refused = np.random.default_rng(1), 0
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        (folder.path / "bad.npz").write_bytes(damaged[: rng.integers(len(whole) // 2, 2 * len(whole))])
        try:
            found = folder.read_arrays("bad.npz")
        except StoreError:
            refused += 1
        else:  # damage that was not seen lies where no array's values are
            assert all(np.array_equal(found[key], arrays[key]) for key in found if key in arrays)
    assert refused > 100


@pytest.mark.parametrize(
    ("number", "found", "remedy"),
    [
        (errno.ENOSPC, "No space left on device", "free some space on the disk, or choose another runs folder"),
        (errno.EROFS, "Read-only file system", "choose a runs folder on a disk that can be written to"),
        (errno.EIO, "Input/output error", "check the disk, or choose another runs folder"),
    ],
)
def test_a_write_that_fails_keeps_the_old_file_and_leaves_no_rubbish(folder, monkeypatch, number, found, remedy):
    folder.write_json("result.json", {"old": 1})
    monkeypatch.setattr(os, "fsync", refuse_with(number))
    assert message_of(folder.write_json, "result.json", {"new": 2}) == (
        f"{folder.path / 'result.json'}: cannot be written: {found}; {remedy}"
    )
    assert [file.name for file in folder.path.iterdir()] == ["result.json"]
    assert folder.read_json("result.json") == {"old": 1}


def test_an_interrupt_while_writing_leaves_no_rubbish(folder, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        folder.write_bytes("config.yaml", b"a: 1\n")
    assert list(folder.path.iterdir()) == []


def test_a_file_is_on_the_disk_before_it_takes_its_name(folder, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(Path(a).parent == Path(b).parent), replace(a, b)))
    folder.write_bytes("config.yaml", b"a: 1\n")
    assert order == ["fsync", True, "fsync"]  # the file, its name, the folder


def test_files_that_belong_together_have_their_names_synced_once_after_the_last(folder, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(Path(b).name), replace(a, b)))
    with folder.together() as files:
        files.write_bytes("config.yaml", b"a: 1\n")
        files.write_json("data.json", {"rows": 3})
        assert order == ["fsync", "config.yaml", "fsync", "data.json"]
    assert order[4:] == ["fsync"]
    assert folder.written.digest("config.yaml") == hashlib.sha256(b"a: 1\n").hexdigest()
    folder.write_json("run.json", {})
    assert order[5:] == ["fsync", "run.json", "fsync"]


def test_a_folder_removed_under_a_run_is_told(folder):
    folder.path.rmdir()
    assert message_of(folder.append_line, "lines.jsonl", {"epoch": 1}) == (
        f"{folder.path / 'lines.jsonl'}: cannot be written: No such file or directory; "
        "the run folder was moved or removed; leave it in place while a run is trained"
    )


def test_lines_are_readable_as_soon_as_they_are_added(folder):
    for epoch in (1, 2):
        folder.append_line("lines.jsonl", {"epoch": epoch, "cost": np.float64("nan")})
        assert folder.read_lines("lines.jsonl")[-1] == {"epoch": epoch, "cost": None}
    assert len(folder.read_lines("lines.jsonl")) == 2


def test_a_torn_last_line_is_dropped_wherever_it_was_cut(folder):
    whole = sealed({"epoch": 1}) + sealed({"epoch": 2})
    for cut in range(len(whole) + 1):
        folder.write_bytes("lines.jsonl", whole[:cut])
        assert len(folder.read_lines("lines.jsonl")) == whole[:cut].count(b"\n")


def test_a_torn_tail_is_cut_before_the_next_line_wherever_it_was_cut(folder):
    whole = sealed({"epoch": 1}) + sealed({"epoch": 2})
    for cut in range(len(whole) + 1):
        folder.write_bytes("lines.jsonl", whole[:cut])
        folder.append_line("lines.jsonl", {"epoch": 3})
        kept = whole[: whole[:cut].rfind(b"\n") + 1]
        assert (folder.path / "lines.jsonl").read_bytes() == kept + sealed({"epoch": 3})


def test_a_torn_tail_of_any_length_is_cut(folder):
    for length in (1, TAIL_PIECE - 1, TAIL_PIECE, TAIL_PIECE + 1, 3 * TAIL_PIECE):
        folder.write_bytes("lines.jsonl", sealed({"epoch": 1}) + b"x" * length)
        folder.append_line("lines.jsonl", {"epoch": 2})
        assert [line["epoch"] for line in folder.read_lines("lines.jsonl")] == [1, 2]


def test_every_flipped_bit_of_a_line_is_seen_or_ends_the_line(folder):
    line = sealed({"epoch": 12, "cost": 0.25, "dev_error": None})
    for bit in range(8 * len(line)):
        damaged = bytearray(line)
        damaged[bit // 8] ^= 1 << bit % 8
        folder.write_bytes("lines.jsonl", bytes(damaged))
        found, problem = folder.sound_lines("lines.jsonl")
        assert found == []
        assert problem is not None or not bytes(damaged).endswith(b"\n")


def test_a_line_is_plain_json_with_its_crc_32_for_any_reader(folder):
    folder.append_line("lines.jsonl", {"epoch": 1, "cost": 0.5})
    line = (folder.path / "lines.jsonl").read_text()
    assert line == '{{"epoch": 1, "cost": 0.5, "crc32": "{:08x}"}}\n'.format(zlib.crc32(b'{"epoch": 1, "cost": 0.5}'))


def test_lines_after_the_first_ones_are_given_up_on_request(folder):
    for epoch in (1, 2, 3):
        folder.append_line("lines.jsonl", {"epoch": epoch})
    folder.keep_lines("lines.jsonl", 2)
    assert [line["epoch"] for line in folder.read_lines("lines.jsonl")] == [1, 2]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no checksum"),
        (b'{"epoch": 2}', "no checksum"),
        (sealed({"epoch": 2}).strip().replace(b"2", b"3", 1), "its checksum does not fit"),
        (b"", "no checksum"),
    ],
)
def test_a_corrupt_line_within_is_named_by_its_number(folder, line, reason):
    folder.write_bytes("lines.jsonl", sealed({"epoch": 1}) + line + b"\n" + sealed({"epoch": 3}))
    found = message_of(folder.read_lines, "lines.jsonl")
    assert found.startswith(f"{folder.path / 'lines.jsonl'}: corrupt (line 2: {reason}")
    assert found.endswith("; restore it from a copy, or train again")


def names_of(kind):
    return [field.name for field in fields(kind)]


LAYER = dict.fromkeys(names_of(trace.LayerLook), 0.5)
LINES = {
    "metrics.jsonl": dict.fromkeys(names_of(EpochRecord), 0.5) | {"epoch": 1},
    "trace.jsonl": dict.fromkeys(("loss", "penalty", "penalty_share"), 0.5)
    | {"epoch": 0, "layers": [LAYER | {"layer": 1}]},
}
SOUND = {"metrics.jsonl": sound_metrics, "trace.jsonl": sound_trace}


@pytest.mark.parametrize(
    ("name", "edit", "reason"),
    [
        ("metrics.jsonl", {"epoch": True}, "its epoch is not what dlrun writes there"),
        ("metrics.jsonl", {"cost": "0.5"}, "its cost is not what dlrun writes there"),
        ("metrics.jsonl", {"seconds": None}, "its seconds is not what dlrun writes there"),
        ("trace.jsonl", {"epoch": -1}, "its epoch is not what dlrun writes there"),
        ("trace.jsonl", {"loss": [1]}, "its loss is not what dlrun writes there"),
        ("trace.jsonl", {"layers": []}, "its layers is not what dlrun writes there"),
        ("trace.jsonl", {"layers": [LAYER | {"layer": 2}]}, "layer 1: it is numbered 2"),
        ("trace.jsonl", {"layers": [{"layer": 1}]}, "layer 1: it has no gradient_norm"),
        ("trace.jsonl", {"layers": [LAYER | {"layer": n} for n in (1, 2)]}, "it has 2 layers, and the first line 1"),
        ("trace.jsonl", {"start": {"prior_loss": 1}}, "it has no least_spread"),
    ],
)
def test_a_line_of_another_form_is_damaged_whatever_its_checksum(folder, name, edit, reason):
    for record in (LINES[name], LINES[name] | edit):
        folder.append_line(name, record)
    records, problem = SOUND[name](folder)
    assert (len(records), problem) == (1, f"line 2: {reason}")
    assert verify(folder) == [FileCheck(name, problem)]


def test_metrics_that_are_damaged_are_told_with_what_would_do(folder):
    folder.append_line("metrics.jsonl", LINES["metrics.jsonl"] | {"cost": "0.5"})
    assert message_of(read_metrics, folder) == (
        f"{folder.path / 'metrics.jsonl'}: corrupt (line 1: its cost is not what dlrun writes there);"
        " restore it from a copy, or train again"
    )


def test_a_number_beyond_the_finite_ones_is_no_figure(folder):
    line = sealed(LINES["metrics.jsonl"]).replace(b"0.5", b"1e999", 1)
    body = line[: line.index(b', "crc32"')] + b"}"
    folder.write_bytes("metrics.jsonl", line.replace(line[-12:-3], b'"%s' % checksum(body)))
    assert "its cost is not what dlrun writes there" in message_of(read_metrics, folder)


# --- finding a run --------------------------------------------------------------------------------------------------

A1, A2, B = "20260301-120000-a-00aa", "20260302-120000-a-00ab", "20260303-120000-b-00ac"


@pytest.mark.parametrize(
    ("reference", "run_id"),
    [("latest", B), (A1, A1), ("a", A2), ("b", B), ("20260301", A1), ("20260303-12", B)],
)
def test_a_run_is_found_by_latest_id_name_or_beginning(tmp_path, reference, run_id):
    assert find_run(make_runs(tmp_path, A1, A2, B), reference) == RunFolder(tmp_path / run_id)


def test_a_name_wins_over_a_beginning_and_an_id_over_a_name(tmp_path):
    named_like_a_beginning, named_like_an_id = "20250101-000000-20260301-0001", f"20250101-000000-{A1}-0002"
    make_runs(tmp_path, A1, named_like_a_beginning, named_like_an_id)
    assert find_run(tmp_path, "20260301").id == named_like_a_beginning
    assert find_run(tmp_path, A1).id == A1


def test_of_two_runs_of_one_second_the_later_one_is_latest(tmp_path):
    first, second = "20260301-120000-a-ffff", "20260301-120000-a-0000"
    make_runs(tmp_path, first, second)
    os.utime(tmp_path / first, ns=(1, 1_000))
    os.utime(tmp_path / second, ns=(1, 2_000))
    assert find_run(tmp_path, "latest").id == find_run(tmp_path, "a").id == second


def test_an_ambiguous_beginning_lists_its_candidates(tmp_path):
    make_runs(tmp_path, A1, A2, B)
    assert message_of(find_run, tmp_path, "202603") == (
        f"run '202603': begins 3 ids: {B}, {A2}, {A1}; give more of the one you mean"
    )
    make_runs(tmp_path, *(f"20260304-120000-c-{i:04x}" for i in range(12)))
    assert " and 2 more; give more" in message_of(find_run, tmp_path, "20260304")


HOSTILE = ["../x", "/etc", "a/b", "a\\b", "a\0", "", ".", "..", ".a", "-a", "․․", "a\n", "A" * 86, "~", "*"]


@pytest.mark.parametrize("reference", HOSTILE)
def test_a_reference_that_is_none_is_refused_before_the_disk_is_asked(tmp_path, reference):
    assert message_of(find_run, tmp_path / "nowhere", reference) == (
        f"run {reference!r}: not a reference to a run; "
        "expected latest, best, a run's id, the beginning of one, or a name; no folders (see `dlrun runs`)"
    )


def test_a_run_that_is_not_there_leads_to_the_list(tmp_path):
    make_runs(tmp_path, A1)
    assert message_of(find_run, tmp_path, "c") == (
        f"run 'c': no such run in {tmp_path}; `dlrun runs` lists those there are"
    )


@pytest.mark.parametrize("runs_dir", ["", "nowhere"])
def test_without_any_run_the_message_says_so(tmp_path, runs_dir):
    assert message_of(find_run, tmp_path / runs_dir, "latest") == (
        f"run 'latest': no runs in {tmp_path / runs_dir}; train one first, or choose another runs folder"
    )


def test_a_linked_run_folder_is_refused_and_never_the_latest(tmp_path):
    outside = make_runs(tmp_path / "outside", B) / B
    make_runs(tmp_path / "runs", A1)
    (tmp_path / "runs" / B).symlink_to(outside)
    assert find_run(tmp_path / "runs", "latest").id == A1
    assert message_of(find_run, tmp_path / "runs", B) == (
        f"{tmp_path / 'runs' / B}: a symbolic link; put the run folder itself in its place"
    )


# --- listing runs ---------------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_each_read_by_itself(tmp_path):
    make_runs(tmp_path, A1, A2, B, "not-a-run", "20260301-120000-a-00aa.old")
    (tmp_path / "20260309-120000-file-0000").write_text("a file is no run")
    RunFolder(tmp_path / A1).write_json(
        "result.json",
        {
            "status": "finished",
            "errors": {"train": 0.01, "dev": 0.11, "test": None},
            "verdict": {"bias": "low", "variance": "high"},
        },
    )
    RunFolder(tmp_path / A2).write_bytes("result.json", b"{")
    reason = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    broken = f"{tmp_path / A2 / 'result.json'}: corrupt ({reason}); restore it from a copy, or train again"
    assert list_runs(tmp_path) == [
        RunSummary(B, "b", "crashed"),
        RunSummary(A2, "a", "broken", problem=broken),
        RunSummary(A1, "a", "finished", errors=BySplit(0.01, 0.11, None), verdict=Verdict("low", "high")),
    ]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ([], "no status"),
        ({"status": 3}, "no status"),
        ({"status": "finished", "errors": {"dev": "low"}}, "errors are not numbers"),
        ({"status": "finished", "errors": {"dev": True}}, "errors are not numbers"),
        ({"status": "finished", "errors": [1]}, "errors are not numbers"),
        ({"status": "finished", "verdict": "high"}, "verdict is not of bias and variance"),
        ({"status": "finished", "verdict": {"bias": "low"}}, "verdict is not of bias and variance"),
    ],
)
def test_a_result_of_the_wrong_kind_is_broken_and_says_why(folder, result, reason):
    folder.write_json("result.json", result)
    [row] = list_runs(folder.path.parent)
    assert row.status == "broken"
    assert f"result.json: corrupt ({reason})" in row.problem


def test_a_diverged_run_without_errors_or_verdict_is_listed(folder):
    folder.write_json("result.json", {"status": "diverged", "errors": None, "verdict": None})
    [row] = list_runs(folder.path.parent)
    assert (row.status, row.errors.dev, row.problem) == ("diverged", None, None)


def test_a_linked_run_is_listed_as_broken_in_its_place(tmp_path):
    outside = make_runs(tmp_path / "outside", A2) / A2
    make_runs(tmp_path / "runs", A1, B)
    (tmp_path / "runs" / A2).symlink_to(outside)
    rows = list_runs(tmp_path / "runs")
    assert [row.run_id for row in rows] == [B, A2, A1]
    assert (rows[1].status, rows[1].problem) == ("broken", "a symbolic link, not a run folder")


def test_without_a_runs_folder_the_list_is_empty(tmp_path):
    assert list_runs(tmp_path / "nowhere") == []


def test_a_runs_folder_that_is_a_file_is_refused(tmp_path):
    runs_dir = tmp_path / "runs"
    runs_dir.write_text("")
    assert message_of(list_runs, runs_dir) == (
        f"{runs_dir}: cannot be read: Not a directory; choose a runs folder whose path leads through folders only"
    )


# --- the environment ------------------------------------------------------------------------------------------------


def git(folder, *words):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_commit_and_whether_tracked_files_differ_from_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    assert environment().git is None  # no commit yet
    (tmp_path / "a.txt").write_text("1")
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-qm", "one")
    commit = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "untracked").write_text("")
    assert environment().git == Commit(commit, dirty=False)
    (tmp_path / "a.txt").write_text("2 changed")
    assert environment().git == Commit(commit, dirty=True)


def test_outside_git_or_without_it_the_commit_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert environment().git is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment().git is None


def test_a_git_that_does_not_answer_is_given_up(tmp_path, monkeypatch):
    slow = tmp_path / "git"
    slow.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("dlrun.store.provenance.GIT_TIMEOUT_SECONDS", 0.1)
    assert environment().git is None


def test_versions_agree_with_the_packages_themselves_and_a_missing_one_is_none(monkeypatch):
    found = environment()
    assert found.packages["numpy"] == np.__version__
    assert found.python == sys.version.split()[0]
    monkeypatch.setattr("dlrun.store.provenance.PACKAGES", ("no-such-package-here",))
    assert environment().packages == {"no-such-package-here": None}


def test_thread_variables_are_kept(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    threads = environment().threads
    assert (threads["OMP_NUM_THREADS"], threads["MKL_NUM_THREADS"]) == ("3", None)


def test_the_environment_is_json_and_imports_none_of_the_packages():
    code = (
        "import json, sys; from dlrun.store import environment, to_plain;"
        "json.dumps(to_plain(environment()), allow_nan=False);"
        "print(sorted({'polars', 'sklearn', 'pydantic', 'rich', 'typer', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
