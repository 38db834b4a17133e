"""The executor of this machine: every task gives a value or says why not, and no process outlives its parent."""

import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dlrun.errors import ConfigError, Diverged, DlrunError, StoreError
from dlrun.executor import Here, Lost, stop_wanted
from dlrun.executor import here as executors
from dlrun.executor.shared import Mapped, mapped, write_shared
from dlrun.executor.temporary import Temporary
from dlrun.store import checkpoints, find_run, status_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def here():
    with Here(2) as executor:
        yield executor


def doubled(number):
    return 2 * number


def values(executor, function, tasks):
    """The values in the order of the tasks, each of which must have ended once."""
    done = sorted(executor.each(function, tasks), key=lambda one: one.number)
    assert [one.number for one in done] == list(range(len(done)))
    return [one.value for one in done]


@pytest.mark.parametrize("processes", [1, 2])
def test_each_of_a_thousand_tasks_ends_once(processes):
    with Here(processes) as executor:
        assert values(executor, doubled, ((n,) for n in range(1000))) == [2 * n for n in range(1000)]
        assert values(executor, doubled, []) == []


def nap(seconds):
    time.sleep(seconds)
    return seconds


def test_tasks_come_in_the_order_in_which_they_end(here):
    assert [done.number for done in here.each(nap, [(1.0,), (0.0,)])] == [1, 0]


def test_a_task_waits_behind_no_longer_one(here, monkeypatch):
    """Neither at the end, where it would be the last, nor where tasks are long."""
    values(here, nap, [(0.1,)] * 2)
    assert [done.number for done in here.each(nap, [(0.5,), (0.0,), (0.0,)])] == [1, 2, 0]
    monkeypatch.setattr(executors, "SHORT_SECONDS", 0.1)
    values(here, nap, [(0.1,)] * 2)
    assert [done.number for done in here.each(nap, [(0.5,), *[(0.01,)] * 9])] == [*range(1, 10), 0]


def test_tasks_are_taken_as_they_are_needed(here):
    taken = 0

    def tasks():
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield (number,)

    for done in islice(here.each(doubled, tasks()), 500):
        assert done.value == 2 * done.number
    # Two at work, one behind each, and three looked at.
    assert 500 <= taken <= 507


def test_expected_processes_are_started_and_do_the_tasks_and_no_more_than_there_are():
    with Here(3) as executor:
        executor.expect(2)
        expected = [worker.process.pid for worker in executor.workers]
        assert len(expected) == 2
        assert values(executor, doubled, ((n,) for n in range(2))) == [0, 2]
        executor.expect(0)
        assert [worker.process.pid for worker in executor.workers] == expected
        executor.expect(9)
        assert len(executor.workers) == 3
        assert values(executor, pid_of, ((n,) for n in range(50)))[0] in {w.process.pid for w in executor.workers}
    with Here(1) as executor:
        executor.expect(9)
        assert not executor.workers


def pid_of(number):
    return os.getpid()


def mark(folder, number):
    (folder / str(number)).touch()


def meet(folder):
    """Waits until two processes are here, with all that this module imports."""
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)


def test_a_process_goes_on_while_the_parent_is_busy(here, tmp_path, tmp_path_factory):
    values(here, meet, [(tmp_path_factory.mktemp("both"),)] * 2)
    values(here, nap, [(0.1,)] * 2)
    going = here.each(mark, [(tmp_path, number) for number in range(50)])
    next(going)
    deadline = time.monotonic() + 10
    while len(list(tmp_path.iterdir())) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    # One is told, and two for each process are done meanwhile.
    done_meanwhile, rest = len(list(tmp_path.iterdir())), list(going)
    assert (done_meanwhile, len(rest)) == (5, 49)


def test_a_large_task_meets_a_large_answer(here):
    """Neither side waits for the other to read first: 8 MB cross each way."""
    large = np.arange(1_000_000.0)
    assert [float(back[-1]) for back in values(here, np.negative, [(large,)] * 4)] == [-999_999.0] * 4


def kill_myself(folder, times, number):
    """Dies the first `times` times, or the third time ends with a status."""
    if number != 3:
        return number
    began = len(list(folder.iterdir()))
    (folder / str(began)).touch()
    if began < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("times", [1, 2])
def test_a_task_whose_process_is_killed_is_done_again(here, tmp_path, times):
    done = sorted(here.each(kill_myself, [(tmp_path, times, n) for n in range(20)]), key=lambda one: one.number)
    assert [one.value for one in done] == list(range(20))
    assert [one.attempts for one in done] == [1] * 3 + [times + 1] + [1] * 16


def test_a_task_whose_process_is_killed_each_time_is_lost_alone(here, tmp_path):
    done = sorted(here.each(kill_myself, [(tmp_path, 99, n) for n in range(20)]), key=lambda one: one.number)
    lost = done.pop(3)
    assert lost.value == Lost("killed", "killed by signal 9 (SIGKILL) in each of 3 attempts; often for want of memory")
    assert lost.attempts == 3 == len(list(tmp_path.iterdir()))
    assert [(one.value, one.attempts) for one in done] == [(n, 1) for n in range(20) if n != 3]
    with pytest.raises(DlrunError, match="often for want of memory"):
        lost.required()


def leave(how):
    how(3)


def test_a_process_that_leaves_is_told_with_its_status(here):
    [by_exit] = values(here, leave, [(os._exit,)])
    assert by_exit == Lost("killed", "its process ended with status 3 in each of 3 attempts")
    [by_sys] = values(here, leave, [(sys.exit,)])
    assert (by_sys.kind, by_sys.message) == ("error", "SystemExit: 3")


def fail(error):
    raise error


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_told_with_its_place_and_harms_no_other_task(processes):
    with Here(processes) as executor:
        faulty, sound = values(executor, fail_or_double, [(ValueError("no such row"),), (3,)])
        assert sound == 6
        assert (faulty.kind, faulty.message) == ("error", "ValueError: no such row")
        assert "in fail\n" in faulty.traceback
        [done] = executor.each(fail, [(StoreError("runs/a: no room"),)])
        assert done.value.message == "runs/a: no room"
        with pytest.raises(StoreError, match="runs/a: no room"):
            done.required()


def fail_or_double(given):
    return fail(given) if isinstance(given, Exception) else doubled(given)


class OfTwo(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def test_an_error_that_cannot_travel_is_told_all_the_same(here):
    """Its `__init__` takes other arguments than pickle gives it."""
    [done] = here.each(fail_of, [(OfTwo, "a", "b")])
    assert done.value.message == "OfTwo: a and b"
    with pytest.raises(DlrunError, match="a and b"):
        done.required()


def fail_of(kind, *arguments):
    raise kind(*arguments)


def test_errors_for_a_person_travel_whole(here):
    config, diverged = here.each(fail_of, [(ConfigError, ["a: b", "c: d"]), (Diverged, 3, 1, "weights")])
    with pytest.raises(ConfigError, match="a: b\nc: d") as told:
        config.required()
    assert told.value.problems == ["a: b", "c: d"]
    with pytest.raises(Diverged, match="diverged at epoch 3: the weights of layer 1") as told:
        diverged.required()
    assert (told.value.epoch, told.value.layer) == (3, 1)


def eat_memory(most_bytes):
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, before[1]))
    try:
        return np.ones(most_bytes // 8).sum()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_memory_that_is_refused_is_an_error_and_kills_nothing(here):
    [done] = here.each(eat_memory, [(4 * 2**30,)])
    assert (done.value.kind, done.attempts) == ("error", 1)
    assert "Unable to allocate" in done.value.message
    with pytest.raises(MemoryError):
        done.required()


def lambda_of(number):
    return lambda: number


class Unloadable:
    def __reduce__(self):
        return fail, (ImportError("no module of this name"),)


def test_what_cannot_be_sent_is_told_for_its_task_alone(here):
    there, wrong, right = values(here, doubled, [(lambda_of(1),), (Unloadable(),), (2,)])
    assert "lambda" in there.message
    assert wrong.message == "ImportError: no module of this name"
    assert right == 4
    [back] = values(here, lambda_of, [(1,)])
    assert "lambda" in back.message
    [unreadable] = values(here, type.__call__, [(Unloadable,)])
    assert unreadable.message == "ImportError: no module of this name"


def test_a_process_that_cannot_start_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setitem(executors.ONE_THREAD, "PYTHONHOME", "nowhere")
    with Here(2) as executor, pytest.raises(DlrunError) as told:
        list(executor.each(doubled, [(1,), (2,)]))
    assert "no process for trainings can be started: its process ended with status 1" in str(told.value)
    assert str(told.value).endswith("--processes 1 needs none")


def threads():
    from threadpoolctl import threadpool_info

    return [library["num_threads"] for library in threadpool_info()]


def test_linear_algebra_has_one_thread_in_each_process(here, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with Here(2) as executor:
        found = values(executor, threads, [()])[0]
    assert found
    assert set(found) == {1}


def seen(shared):
    value = shared.get()
    part = value["X"]
    return float(part.sum()), type(part).__name__, part.flags.writeable, part.flags.aligned, os.getpid()


def test_a_shared_value_is_the_same_in_each_process_and_mapped_there(rng, tmp_path):
    value = {"X": rng.random((300, 7)), "names": ["a", "b"], "none": np.empty((0, 3)), "F": np.asfortranarray([[1, 2]])}
    sums = {}
    for processes in (1, 2):
        with Here(processes) as executor:
            shared = executor.share("rows", value)
            assert executor.share("rows", value) is shared
            sums[processes] = {one[:1] for one in values(executor, seen, [(shared,)] * 10)}
    assert sums[1] == sums[2]
    write_shared(value, tmp_path / "0")
    back = mapped(str(tmp_path / "0"))
    assert [back[name].tolist() for name in ("X", "none", "F")] == [value[name].tolist() for name in ("X", "none", "F")]
    assert back["none"].shape == (0, 3)
    assert back["names"] == value["names"]
    assert Mapped(str(tmp_path / "0")).get() is back
    assert seen(Mapped(str(tmp_path / "0")))[1:4] == ("ndarray", False, True)
    assert all(back["X"].ctypes.data % 64 == 0 for _ in range(1))


def test_what_was_shared_is_gone_after_the_end(rng):
    with Here(2) as executor:
        folder = executor.folder.path
        executor.share("rows", rng.random(10))
        assert list(folder.iterdir())
    assert not folder.exists()


def test_a_full_disk_is_told_in_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="data for the processes cannot be written there"):
        write_shared([1], tmp_path / "no such folder" / "0")


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def all_gone(pids, seconds):
    deadline = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(is_alive(pid) for pid in pids)


def own_pid(seconds):
    time.sleep(seconds)
    return os.getpid()


def test_an_iteration_that_is_left_ends_what_was_at_work_and_another_one_begins_anew():
    with Here(2) as executor:
        before = set(values(executor, own_pid, [(0.2,)] * 4))
        going = executor.each(own_pid, [(0.0,), (60.0,), (60.0,)])
        next(going)
        began = time.monotonic()
        going.close()
        assert time.monotonic() - began < 3
        assert all_gone(before, 0)
        after = set(values(executor, own_pid, [(0.2,)] * 4))
    assert not before & after
    assert all_gone(after, 0)


def test_a_process_that_does_not_end_in_time_is_killed(monkeypatch):
    monkeypatch.setattr(executors, "GRACE_SECONDS", -1.0)
    with Here(2) as executor:
        pids = set(values(executor, own_pid, [(0.2,)] * 4))
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
    assert all_gone(pids, 0)


def until_unwanted():
    """Goes on until nobody waits for it. It holds SIGTERM off, as a training does that saves itself."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path("at work").touch()
    while not stop_wanted():
        time.sleep(0.01)
    Path("left").touch()


def test_a_task_may_ask_whether_it_is_wanted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Here(2) as executor:
        going = executor.each(until_unwanted_or_soon, [(True,), (False,)])
        next(going)
        going.close()
    assert Path("left").exists()


def until_unwanted_or_soon(is_long):
    if is_long:
        until_unwanted()
    while not Path("at work").exists():
        time.sleep(0.01)


PARENT = """
import os, signal, sys, time
from pathlib import Path

from dlrun.executor import Here

def work(number, seconds):
    Path(str(os.getpid())).touch()
    time.sleep(seconds)

def main():
    with Here(2) as executor:
        executor.share("rows", [1])
        Path("folder").write_text(str(executor.folder.path))
        for done in executor.each(work, [(n, 60.0) for n in range(4)]):
            print(done)

try:
    main()
except KeyboardInterrupt:
    print("interrupted")
"""


def parent_at_work(code, folder, ready):
    """A process of its own group that runs the code in the folder, once `ready()`."""
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    parent = subprocess.Popen(command, cwd=folder, env=variables, text=True, start_new_session=True, **pipes)
    deadline = time.monotonic() + 30
    while not ready():
        assert parent.poll() is None, parent.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return parent


def pids_in(folder):
    return [int(path.name) for path in folder.iterdir() if path.name.isdigit()]


def test_a_parent_that_is_killed_leaves_no_process_and_no_file(tmp_path):
    parent = parent_at_work(PARENT, tmp_path, lambda: len(pids_in(tmp_path)) == 2)
    os.kill(parent.pid, signal.SIGKILL)
    assert all_gone(pids_in(tmp_path), 3)
    assert parent.communicate() == ("", "")
    assert not Path((tmp_path / "folder").read_text()).exists()


HOLDER = """
import sys, time
from pathlib import Path

from dlrun.executor.temporary import Temporary

with Temporary() as one:
    (one.path / "rows").write_text("1")
    Path(sys.argv[1]).write_text(str(one.path))
    time.sleep(60)
"""


def test_what_a_killed_process_has_left_among_temporary_files_goes_with_the_next_folder(tmp_path, monkeypatch):
    temporary_files = tmp_path / "tmp"
    temporary_files.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary_files))
    monkeypatch.setattr(tempfile, "tempdir", None)
    foreign = temporary_files / "dlrun-without-a-lock"
    foreign.mkdir()
    told = tmp_path / "told"
    holder = parent_at_work(
        HOLDER.replace("sys.argv[1]", repr(str(told))), tmp_path, lambda: told.exists() and told.read_text()
    )
    left = Path(told.read_text())
    with Temporary() as mine:
        assert {path.name for path in temporary_files.iterdir()} == {left.name, mine.path.name, foreign.name}
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    assert (left / "rows").exists()
    with Temporary() as mine:
        assert {path.name for path in temporary_files.iterdir()} == {mine.path.name, foreign.name}
    assert [path.name for path in temporary_files.iterdir()] == [foreign.name]


def test_an_interrupt_ends_the_processes_and_nothing_else_is_said(tmp_path):
    """Ctrl-C of a terminal goes to all processes of its group."""
    parent = parent_at_work(PARENT, tmp_path, lambda: len(pids_in(tmp_path)) == 2)
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.communicate(timeout=10) == ("interrupted\n", "")
    assert all_gone(pids_in(tmp_path), 0)
    assert len(pids_in(tmp_path)) == 2  # the tasks that were to come have not begun


def test_a_process_knows_no_interrupt_from_its_first_moment(tmp_path):
    """Also while it starts, when no code of dlrun could keep it from a traceback."""
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    worker = executors.Worker(str(tmp_path))
    try:
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        assert int(re.search(r"SigBlk:\s*(\w+)", status)[1], 16) & 1 << signal.SIGINT - 1
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        executors.stop([worker])


TRAINING = """
from pathlib import Path

from dlrun.experiment import read_config, run
from dlrun.executor import Here

def main():
    loaded = read_config(Path("long.yaml"))
    with Here(2) as executor:
        for done in executor.each(run, [(loaded, Path("runs"))] * 3):
            print(done)

try:
    main()
except KeyboardInterrupt:
    print("interrupted")
"""
LONG = "data: {source: moons}\nnetwork: {width: 8}\ntraining: {epochs: 1000000, checkpoint_seconds: 1000}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_trainings_with_run_folders_are_saved_at_an_interrupt_and_at_the_end_of_their_parent(tmp_path, number):
    (tmp_path / "long.yaml").write_text(LONG)

    def lines():
        return [path for path in tmp_path.glob("runs/*/metrics.jsonl") if path.stat().st_size]

    parent = parent_at_work(TRAINING, tmp_path, lambda: len(lines()) == 2)
    (os.killpg if number == signal.SIGINT else os.kill)(parent.pid, number)
    said = parent.communicate(timeout=10)
    assert said == (("interrupted\n", "") if number == signal.SIGINT else ("", ""))
    folders = [find_run(tmp_path / "runs", path.parent.name) for path in lines()]
    assert len(folders) == 2 == len(list(tmp_path.glob("runs/*/")))
    assert [status_of(folder) for folder in folders] == ["interrupted"] * 2
    assert all(checkpoints.names(folder) for folder in folders)
