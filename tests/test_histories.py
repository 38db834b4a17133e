"""Logs of other packages are read as those wrote them, and say what their curves show."""

import csv
import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from dlrun.advice.curves import CHECKS, Curves, curve_findings
from dlrun.errors import DataError, UsageError
from dlrun.inspection.histories.events import masked_checksum
from dlrun.inspection.histories.judging import judge_history
from dlrun.inspection.histories.reading import READERS, read_history
from dlrun.inspection.histories.roles import parse_columns, role_of
from dlrun.records import Sizes
from dlrun.report.history import picture
from tests.commands import dlrun

LOGS = Path(__file__).parent / "elsewhere"


def column(file, name, **how):
    """The numbers of a column as the csv module reads them, without the cells where nothing was measured."""
    with open(LOGS / file, newline="") as text:
        return [float(row[name]) for row in csv.DictReader(text, **how) if row[name] not in ("", "NA")]


def read(file, **named):
    return read_history(LOGS / file, named).curves


# File, number of epochs, the number of the first, and the first and last train loss and dev error.
WRITTEN = (
    ("keras_overfitted.csv", 30, 0, (0.69945, 0.13090), (0.38333, 0.27333)),
    ("keras_sparse.csv", 12, 0, (0.72931, 0.58791), (0.41, 0.31333)),
    ("lightning_metrics.csv", 10, 0, (0.71487, 0.59844), (0.55, 0.36333)),
    ("lightning.tfevents", 10, 0, (0.71487, 0.59844), (0.55, 0.36333)),
    ("torch_plain", 20, 1, (1.3, 0.11729), (0.48, 0.1)),
    ("torch_tensors", 20, 1, (1.3, 0.11729), (0.48, 0.1)),
    ("two_folders", 20, 1, (1.3, 0.11729), (0.48, 0.1)),
    ("trainer_state.json", 6, 1, (0.69945, 0.66143), (0.53333, 0.47)),
    ("sklearn_curves.json", 14, 1, (0.91425, 0.77172), None),
    ("sklearn_loss_curve.json", 14, 1, (0.91425, 0.77172), None),
    ("sklearn_loss_curve.npy", 14, 1, (0.91425, 0.77172), None),
    ("sklearn_loss_curve.csv", 14, 1, (0.91425, 0.77172), None),
)


@pytest.mark.parametrize(("file", "epochs", "first", "loss", "error"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_each_package_s_log_is_read(file, epochs, first, loss, error):
    curves = read(file)
    assert (len(curves.numbers), curves.numbers[0], curves.unit) == (epochs, first, "epoch")
    assert (curves.train_loss[0], curves.train_loss[-1]) == pytest.approx(loss, abs=1e-5)
    if error is None:
        assert curves.dev_error is None
    else:
        measured = [value for value in curves.dev_error if value is not None]
        assert (measured[0], measured[-1]) == pytest.approx(error, abs=1e-5)


def test_every_reader_has_a_log_of_a_real_package():
    assert {read_history(LOGS / file, {}).kind for file, *_ in WRITTEN} == {reader.name for reader in READERS}


def test_all_numbers_of_a_csv_are_those_of_another_reader():
    curves = read("keras_overfitted.csv")
    assert list(curves.dev_loss) == column("keras_overfitted.csv", "val_loss")
    assert list(curves.train_error) == pytest.approx([1 - one for one in column("keras_overfitted.csv", "accuracy")])


def test_lightning_s_csv_and_its_events_tell_the_same_curves():
    csv_curves, events = read("lightning_metrics.csv"), read("lightning.tfevents")
    for name in ("train_loss", "dev_loss", "train_error", "dev_error"):
        assert getattr(csv_curves, name) == pytest.approx(getattr(events, name), abs=1e-6)  # events hold float32


def test_what_keras_did_not_measure_is_no_number_and_nan_is_no_gap():
    assert [value is None for value in read("keras_sparse.csv").dev_loss] == [True, True, False] * 4
    curves = read("keras_diverged.csv")
    assert curves.train_loss[0] == 7637965824.0
    assert all(math.isinf(value) for value in curves.train_loss[1:])


def test_the_sum_of_the_trainer_is_no_epoch():
    text = json.loads((LOGS / "trainer_state.json").read_text())["log_history"]
    by_epoch = [entry["loss"] for entry in text if "loss" in entry]
    assert read("trainer_state.json").train_loss == pytest.approx(np.reshape(by_epoch, (6, 2)).mean(axis=1))


def test_what_tensorboardx_writes_is_read(tmp_path):
    writers = pytest.importorskip("tensorboardX")
    losses = [1.0, 0.5, math.nan, 0.25]
    with writers.SummaryWriter(str(tmp_path)) as writer:
        for step, loss in enumerate(losses):
            writer.add_scalar("train/loss", loss, step)
            writer.add_histogram("weights", np.arange(5.0), step)
    assert read_history(tmp_path, {}).curves.train_loss == (1.0, 0.5, math.inf, 0.25)


def test_the_checksum_is_that_of_the_record_files():
    # CRC-32C of "123456789" is e3069283 (RFC 3720, appendix B.4, of the same polynomial); the mask is of TensorFlow.
    assert masked_checksum(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_damaged_events_are_refused_and_an_unfinished_record_is_not(tmp_path):
    whole = (LOGS / "torch_plain" / "torch.tfevents").read_bytes()
    file = tmp_path / "x.tfevents"
    for at in range(0, len(whole), 37):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DataError, match=rf"^{file}, record \d+: is (damaged|no event file)"):
            read_history(file, {})
    file.write_bytes(whole[:-5])
    assert len(read_history(file, {}).curves.numbers) == 20
    file.write_bytes(struct.pack("<QI", 3, 0) + b"abc" + bytes(4))
    with pytest.raises(DataError, match="record 1: is no event file of TensorBoard; expected a length"):
        read_history(file, {})


ROLES = (
    ("loss", "train_loss"),
    ("val_loss", "dev_loss"),
    ("Loss/train", "train_loss"),
    ("validation/epoch_loss", "dev_loss"),
    ("train_loss_epoch", "train_loss"),
    ("valAcc", "dev_accuracy"),
    ("val_sparse_categorical_accuracy", "dev_accuracy"),
    ("eval_accuracy", "dev_accuracy"),
    ("Train Error", "train_error"),
    ("test_loss", None),
    ("mean_squared_error", None),
    ("top_5_accuracy", None),
    ("validation_scores_", None),
    ("train_val_loss", None),
    ("lr", None),
)


@pytest.mark.parametrize(("name", "role"), ROLES)
def test_a_column_tells_its_role(name, role):
    assert role_of(name) == role


def written(tmp_path, text, name="log.csv"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


PROBLEMS = (
    ("a,b\n1,2\n", "no column is known as a loss, an accuracy or an error; it has a, b; say which is which: --columns"),
    ("loss,val_loss\n1,2\nx,3\n", r"line 3: column 'loss' has 'x', which is no number; expected one such as 0.31"),
    ("loss\n1\n2,3\n", "line 3: has 2 cells, the first line 1; expected as many in each"),
    ("loss,loss\n1,2\n", "line 1: two columns are called 'loss'"),
    ("", "holds nothing; expected a line an epoch"),
    ("loss\nNA\n", "nothing was measured; expected a number in loss"),
    ("epoch,loss\n0,1\n1,1\n0,1\n", "line 4: epoch 0 comes after epoch 1, so two trainings are in this file"),
    ("epoch,loss\nnan,1\n", "line 2: the epoch is nan; expected a number"),
    ("loss,train_loss\n1,2\n", "loss and train_loss may each be the train loss; say which: --columns train_loss=loss"),
    ("acc\n-0.1\n", "line 2: column 'acc' has -0.1; expected shares of rows, from 0 to 1, or percentages"),
    ("acc\n101\n", "line 2: column 'acc' has 101; expected shares of rows"),
)


@pytest.mark.parametrize(("text", "message"), PROBLEMS)
def test_a_bad_log_is_told_with_its_line(tmp_path, text, message):
    file = written(tmp_path, text)
    with pytest.raises((DataError, UsageError), match=message) as problem:
        read_history(file, {})
    assert str(problem.value).startswith(str(file))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.json", '{"a": ', "line 1: is no JSON: .*; expected a list of losses"),
        ("x.json", "3", "holds int; expected a list of losses"),
        ("x.json", '{"a": 3}', "holds no list of numbers"),
        ("x.json", '{"loss": [1, "x"]}', "entry 2: column 'loss' has 'x'"),
        ("x.pkl", "", "is a pickle, which may run any code .*; write what it holds as JSON"),
        ("x.npy", "abc", "cannot be read as arrays of numbers"),
        ("x.tfevents", "", "no column is known as a loss"),
    ],
)
def test_other_bad_files_are_told(tmp_path, name, text, message):
    with pytest.raises((DataError, UsageError), match=message):
        read_history(written(tmp_path, text, name), {})


def test_what_is_no_text_and_what_is_not_there_are_told(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="is no text in UTF-8"):
        read_history(tmp_path / "x.csv", {})
    with pytest.raises(DataError, match="no such file; expected a log"):
        read_history(tmp_path / "none.csv", {})
    with pytest.raises(DataError, match="no event file is in it; expected one with tfevents"):
        read_history(tmp_path, {})
    np.save(tmp_path / "two.npy", np.ones((2, 2)))
    with pytest.raises(DataError, match=r"loss is of shape \(2, 2\) and float64; expected numbers \(epochs,\)"):
        read_history(tmp_path / "two.npy", {})
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read as arrays"):
        read_history(tmp_path / "objects.npy", {})


def test_columns_are_named_on_the_command_line(tmp_path):
    file = written(tmp_path, "n;a;b;c\n1;0,5;0,25;3\n2;0,4;0,25;4\n".replace(",", "."))
    told = read_history(file, parse_columns("epoch=n,train_loss=a,dev_loss=b,dev_error=c%"))
    assert told.curves == Curves("epoch", (1.0, 2.0), (0.5, 0.4), (0.25, 0.25), None, (0.03, 0.04))
    with pytest.raises(UsageError, match=r"train_loss=zzz: .* has no such column; it has n, a, b, c"):
        read_history(file, {"train_loss": "zzz"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loss", "got 'loss'; expected role=column pairs"),
        ("loss=a", "unknown role 'loss'; expected some of train_loss, dev_loss"),
        ("dev_loss=a,dev_loss=b", "dev_loss is given twice"),
    ],
)
def test_a_bad_naming_of_columns_is_told(text, message):
    with pytest.raises(UsageError, match=f"^--columns: {message}"):
        parse_columns(text)


def test_percentages_are_told_from_fractions_for_train_and_dev_together(tmp_path):
    told = read_history(written(tmp_path, "acc,val_acc\n0.9,40\n0.95,55\n"), {})
    assert told.curves.train_error == pytest.approx((0.991, 0.9905))
    assert told.curves.dev_error == pytest.approx((0.6, 0.45))
    assert told.notes == ("accuracy is read as a percentage: it reaches 55",)
    told = read_history(written(tmp_path, "error,val_error\n0.3,0.5\n0.2,0.4\n"), {})
    assert told.curves.dev_error == (0.5, 0.4)
    assert told.notes == (
        "error is read as a fraction: it reaches 0.5; name the column with a % where it is a percentage: --columns"
        " train_error=error%",
    )


def test_without_epochs_a_dev_figure_ends_what_is_measured_together(tmp_path):
    curves = read_history(written(tmp_path, "step,loss,val_loss\n1,4,\n2,2,\n2,,9\n3,1,\n3,,8\n4,7,\n"), {}).curves
    assert (curves.unit, curves.train_loss, curves.dev_loss) == ("evaluation", (3.0, 1.0), (9.0, 8.0))


def falling(epochs, end=0.1, pace=0.8):
    return tuple(end + pace**at for at in range(epochs))


def curves(train_loss=None, dev_loss=None, train_error=None, dev_error=None):
    epochs = next(len(one) for one in (train_loss, dev_loss, dev_error) if one)
    return Curves("epoch", tuple(range(1, epochs + 1)), train_loss, dev_loss, train_error, dev_error)


DONE = falling(60)
NOISE = np.random.default_rng(0).standard_normal(60)

# Curves by hand, and the codes that they are told with.
SHOWN = (
    (curves(DONE, DONE), []),
    (curves(DONE), []),
    (curves(falling(8)), ["still-falling"]),
    (curves(falling(8, end=5.0)), ["still-falling"]),
    (curves(DONE[:40], (*falling(20, 0.3), *(0.35 + 0.02 * at for at in range(20)))), ["overfitting"]),
    (curves(DONE, tuple(0.5 + 0.01 * NOISE)), []),
    (curves((1.0, 2.0, 9.0)), ["diverged"]),
    (curves((1.0, math.inf, math.inf)), ["not-finite"]),
    (curves(tuple(1 + 0.3 * NOISE)), ["oscillation", "plateau"]),
    (curves(tuple(1 + 0.3 * NOISE), train_error=(0.01,) * 60), []),
    (curves((1.0,) + (0.95,) * 19), ["plateau"]),
    (curves(dev_error=(0.5, 0.3, 0.2, *(0.2 + 0.01 * at for at in range(20)))), ["overfitting"]),
)


@pytest.mark.parametrize(("shown", "codes"), SHOWN)
def test_curves_are_told_by_what_they_show(shown, codes):
    assert [finding.code for finding in curve_findings(shown)] == codes


def test_every_check_of_curves_is_tried():
    assert len({code for _, codes in SHOWN for code in codes}) == len(CHECKS)


def test_an_overfitted_log_is_told_with_its_epoch_and_its_verdict():
    told = judge_history(LOGS / "keras_overfitted.csv", {}, sizes=Sizes(120, 300), baseline=0.5)
    dev_loss = column("keras_overfitted.csv", "val_loss")
    finding = told.findings[0]
    assert finding.code == "overfitting"
    assert f"dev loss was lowest at epoch {int(np.argmin(dev_loss))} (the {int(np.argmin(dev_loss)) + 1}th), 0.518" in (
        finding.evidence
    )
    assert "train loss went from 0.408 to 0.131 and dev error went from 23.7% to 27.3%" in finding.evidence
    assert told.judged_at == "epoch 29 (the 30th)"
    assert told.diagnosis.verdict.variance == "high"
    assert told.diagnosis.errors.dev == pytest.approx(82 / 300)
    assert told.advice[0].action.startswith("stop at epoch 6 (the 7th) or keep its weights")
    assert "regularize: stop early" not in [item.action for item in told.advice]


def test_the_advice_names_no_key_of_a_config():
    from dlrun.config.keys import leaf_paths

    keys = {".".join(path) for path in leaf_paths()}
    for file, *_ in WRITTEN:
        told = judge_history(LOGS / file, {}, optimal=0.9)
        words = " ".join([*(item.action for item in told.advice), *(finding.do for finding in told.findings)])
        assert not [key for key in keys if "." in key and key in words]


def test_without_both_errors_there_is_no_verdict_and_a_reason():
    told = judge_history(LOGS / "torch_plain", {})
    assert told.diagnosis is None
    assert told.lacking.endswith("and there is that of dev alone")
    assert judge_history(LOGS / "keras_diverged.csv", {}).lacking.endswith("the numbers left the finite ones")


def test_the_command_tells_a_log_and_prints_it_as_json(tmp_path):
    log = LOGS / "keras_overfitted.csv"
    shown = dlrun("diagnose", "--history", log, "--sizes", "train=120,dev=300", cwd=tmp_path)
    assert shown.returncode == 0
    assert "30 epochs, from separated text" in shown.stdout
    assert "high variance: dev error is 24.8 points" in " ".join(shown.stdout.split())
    plain = json.loads(dlrun("diagnose", "--history", LOGS / "keras_diverged.csv", "--json", cwd=tmp_path).stdout)
    assert plain["curves"]["train_loss"][:3] == [7637965824.0, None, None]
    assert [finding["code"] for finding in plain["findings"]] == ["not-finite"]
    refused = dlrun("diagnose", "--history", log, "--errors", "train=0,dev=0", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--history: judges a log alone" in refused.stderr
    assert "--columns: belongs to --history" in dlrun("diagnose", "--columns", "dev_loss=a", cwd=tmp_path).stderr


def test_a_curve_is_drawn_by_its_means():
    assert picture([0, 1, 2, 3], "abcd") == "abcd"
    assert picture([1, 1], "abcd") == "aa"
    assert len(picture(range(1000), "abcd")) == 40


def test_of_a_figure_an_epoch_and_a_step_that_of_the_epoch_is_taken(tmp_path):
    told = read_history(written(tmp_path, "loss_step,loss,loss_epoch\n1,2,3\n"), {})
    assert told.columns == {"train_loss": "loss_epoch"}
    told = read_history(written(tmp_path, "loss_step,loss\n1,2\n"), {})
    assert told.columns == {"train_loss": "loss"}
