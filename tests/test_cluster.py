"""The executor of a cluster: a real scheduler and workers, which are killed, join late, and differ."""

import os
import re
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from machines import WORKER, Machines

from dlrun import __version__
from dlrun.errors import ClusterError, ConfigError, UsageError
from dlrun.executor import Here, Lost
from dlrun.executor.cluster_address import CLASS, opened
from dlrun.executor.shared import write_shared

pytest.importorskip("distributed")

from dlrun.executor import cluster as clusters
from dlrun.executor import cluster_worker
from dlrun.executor.cluster import Cluster

ROOT = Path(__file__).parents[1]


def noted(folder, shared, number, seconds):
    """The sum of the shared rows times the number. Leaves a line that it has begun, and where, and one at its end."""
    note(folder / "begun", number)
    time.sleep(seconds)
    value = float(shared.get()["rows"].sum()) * number
    note(folder / "ended", number)
    return value


def note(path, number):
    with open(path, "a") as file:
        file.write(f"{number} {Path.cwd().name}\n")


def await_workers(cluster, workers):
    deadline = time.monotonic() + 30
    while cluster.processes != workers:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def notes(path):
    return [line.split() for line in path.read_text().splitlines()]


def test_no_task_is_lost_with_a_worker_and_a_late_one_takes_its_share(machines, tmp_path, rng, capfd):
    rows = rng.random((1000, 3))
    with Cluster(machines.address) as cluster:
        assert cluster.differences() == []
        shared = cluster.share("rows", {"rows": rows})
        await_workers(cluster, 3)

        def tasks():
            for number in range(500):
                if number == 400:
                    await_workers(cluster, 3)
                    assert "late" in {Path(place).name for place in cluster.client.run(os.getcwd).values()}
                yield tmp_path, shared, number, 0.01

        going = cluster.each(noted, tasks())
        done = list(islice(going, 100))
        machines.kill("worker2")
        machines.start("late", WORKER)
        done += list(going)
    assert sorted(one.number for one in done) == list(range(500))
    assert {one.number: one.value for one in done} == {n: float(rows.sum()) * n for n in range(500)}
    again = len(notes(tmp_path / "begun")) - 500
    assert 0 <= again <= 2 * clusters.TASKS_A_THREAD
    # What the dead worker was at is another attempt; what it had ended, and nobody had fetched yet, Dask does again.
    told = {one.number for one in done if one.attempts > 1}
    unfetched = {int(number) for number, place in notes(tmp_path / "ended") if place == "worker2"}
    numbers = [int(number) for number, _ in notes(tmp_path / "begun")]
    assert {number for number in numbers if numbers.count(number) > 1} <= told | unfetched
    assert all(one.attempts <= 2 for one in done)
    places = {place for _, place in notes(tmp_path / "begun")}
    assert places == {"worker1", "worker2", "worker3", "late"}
    assert capfd.readouterr() == ("", "")


def die_or(folder, number):
    if number == 3:
        (folder / str(len(list(folder.iterdir())))).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_task_that_kills_its_workers_is_lost_alone(machines, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "REFRESH_SECONDS", 0.1)
    with Cluster(machines.address) as cluster:
        done = sorted(cluster.each(die_or, [(tmp_path, n) for n in range(12)]), key=lambda one: one.number)
    lost = done.pop(3)
    told = f"its process was lost in each of {lost.attempts} attempts; often for want of memory"
    assert lost.value == Lost("killed", told)
    assert lost.attempts == 3
    assert [one.value for one in done] == [n for n in range(12) if n != 3]
    # The scheduler may begin it again before the client has told it not to, up to its own limit of 4, now and alone.
    assert 3 <= len(list(tmp_path.iterdir())) <= 8


def fail(error):
    raise error


def test_errors_are_told_as_on_this_machine(machines):
    tasks = [(ValueError("no such row"),), (lambda: 1,), (SystemExit(3),)]
    with Cluster(machines.address) as cluster:
        faulty, _, left = sorted(cluster.each(fail, tasks), key=lambda one: one.number)
    with Here(1) as here:
        [as_here] = here.each(fail, tasks[:1])
    assert faulty.value == Lost("error", "ValueError: no such row", faulty.value.traceback)
    assert faulty.value.message == as_here.value.message
    assert "in fail\n" in faulty.value.traceback
    assert left.value.message == "SystemExit: 3"


def threads_and_bits(matrix):
    from threadpoolctl import threadpool_info

    return {library["num_threads"] for library in threadpool_info()}, (matrix @ matrix.T).tobytes()


def test_workers_have_one_thread_of_linear_algebra_and_the_bits_of_this_machine(machines, rng, monkeypatch):
    """Also a worker that was started with more threads, as one without a nanny is."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "2")
    machines.start("wide", f"{WORKER} --no-nanny")
    matrix = rng.random((200, 300))
    with Cluster(machines.address) as cluster:
        await_workers(cluster, 4)
        assert [done.value for done in cluster.each(abs, [(-1,)])] == [1]
        there = list(cluster.client.run(threads_and_bits, matrix).values())
    machines.kill("wide")
    with Here(2) as here:
        [as_here] = here.each(threads_and_bits, [(matrix,)])
    assert there == [as_here.value] * 4
    assert as_here.value[0] == {1}


def spin(folder, number):
    (folder / f"at work {number}").touch()
    while number:
        (folder / f"still {number}").touch()
        time.sleep(0.01)


def test_tasks_end_where_they_are_when_nobody_waits_for_them(machines, tmp_path):
    with Cluster(machines.address) as cluster:
        going = cluster.each(spin, [(tmp_path, number) for number in range(3)])
        next(going)
        deadline = time.monotonic() + 10
        while len(list(tmp_path.glob("at work *"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        going.close()
        time.sleep(0.5)
        for mark in tmp_path.glob("still *"):
            mark.unlink()
        time.sleep(0.3)
        assert not list(tmp_path.glob("still *"))


def test_the_bits_of_trainings_are_those_of_this_machine(machines, tmp_path):
    from dlrun.experiment import prepare, read_config
    from dlrun.search.trainings import Variant, train_variants

    (tmp_path / "c.yaml").write_text("data: {source: iris}\nnetwork: {width: 8}\ntraining: {epochs: 5}\n")
    experiment = prepare(read_config(tmp_path / "c.yaml"))
    variants = [Variant(seed=seed) for seed in range(4)] + [Variant(np.arange(40))]
    with Cluster(machines.address) as cluster:
        there = train_variants(experiment, variants, executor=cluster)
    here = train_variants(experiment, variants, processes=1)
    assert [one.dev.losses.tobytes() for one in there] == [one.dev.losses.tobytes() for one in here]


def test_what_a_worker_has_otherwise_is_told_in_sentences():
    here = {"dlrun": "1", "Python": "3.12.1", "NumPy": "2.1", "distributed": "1", "a processor": "x86_64 SkylakeX"}
    other = here | {"NumPy": "2.0", "a processor": "x86_64 Haswell"}
    old = here | {"Python": "3.11.7"}
    assert cluster_worker.differences(here, {"tcp://a:1": here}) == []
    assert cluster_worker.differences(
        here, {"tcp://a:1": other, "tcp://b:1": other, "tcp://c:1": old, "tcp://d:1": None, "tcp://e:1": here}
    ) == [
        "tcp://d:1 has no dlrun 1: install it there as here",
        "tcp://c:1 has Python 3.11.7, and this machine 3.12.1: tasks may fail there",
        "tcp://a:1 and 1 more worker have NumPy 2.0, and this machine 2.1: the last bits of results may differ",
        "tcp://a:1 and 1 more worker have a processor x86_64 Haswell, and this machine x86_64 SkylakeX:"
        " the last bits of results may differ",
    ]
    assert set(cluster_worker.environment()) == set(here)


def test_a_worker_without_dlrun_is_told(machines, tmp_path):
    code = "import sys; sys.modules['dlrun'] = None; from distributed.cli.dask_worker import main; main(sys.argv[1:])"
    alone = subprocess.Popen(
        [sys.executable, "-c", code, machines.address, "--nthreads", "1", "--no-nanny", "--name", "without"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with Cluster(machines.address) as cluster:
            await_workers(cluster, 4)
            [sentence] = cluster.differences()
            missing = re.escape(f"has no dlrun {__version__}: install it there as here")
            assert re.fullmatch(rf"tcp://127\.0\.0\.1:\d+ {missing}", sentence)
    finally:
        alone.kill()
        alone.wait()


def test_processes_of_this_machine_as_a_cluster(capfd):
    with Cluster("local:2") as cluster:
        assert cluster.processes == 2
        shared = cluster.share("rows", {"rows": np.ones(4)})
        assert cluster.share("rows", {"rows": np.ones(4)}) is shared
        done = list(cluster.each(sum_of, [(shared, number) for number in range(20)]))
    assert {one.number: one.value for one in done} == {n: 4.0 * n for n in range(20)}
    assert capfd.readouterr() == ("", "")


def sum_of(shared, number):
    return shared.get()["rows"].sum() * number


CLIENT = """
import sys, time
from dlrun.errors import ClusterError
from dlrun.executor.cluster import Cluster

try:
    with Cluster(sys.argv[1]) as cluster:
        for done in cluster.each(time.sleep, [(0.05,)] * 2000):
            print("done", flush=True)
except ClusterError as error:
    print(error)
"""


def test_a_scheduler_that_is_gone_is_told_in_a_sentence_and_nothing_else_is_said(tmp_path):
    machines = Machines(tmp_path)
    try:
        machines.start("worker", WORKER)
        command = [sys.executable, "-c", CLIENT, machines.address]
        variables = os.environ | {"PYTHONPATH": str(ROOT)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=variables, text=True, **pipes) as client:
            assert client.stdout.readline() == "done\n"
            machines.kill("scheduler")
            out, err = client.communicate(timeout=60)
    finally:
        machines.close()
    sentence = "the scheduler is gone; what had ended before is kept"
    assert out.replace("done\n", "") == f"--cluster {machines.address}: {sentence}\n"
    assert err == ""


def test_a_cluster_without_workers_is_not_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "PATIENCE_SECONDS", 0.2)
    machines = Machines(tmp_path)
    try:
        with Cluster(machines.address) as cluster, pytest.raises(ClusterError) as told:
            cluster.each(time.sleep, [(0.0,)])
    finally:
        machines.close()
    assert str(told.value).endswith(f"no worker for 0 seconds; `dask worker {machines.address}` starts one")


@pytest.mark.parametrize("seen", ["not at all", "with other bytes", "as it is"])
def test_a_value_is_copied_to_a_machine_that_does_not_see_it(tmp_path, rng, seen):
    rows = rng.random((20, 3))
    path, worker = tmp_path / "shared", SimpleNamespace(local_directory=tmp_path / "there")
    worker.local_directory.mkdir()
    write_shared(rows, path)
    delivery = cluster_worker.Delivery(seen, path, path.read_bytes())
    if seen != "as it is":
        path.unlink()
    if seen == "with other bytes":
        write_shared(rows[::-1], path)
    delivery.setup(worker)
    assert np.array_equal(cluster_worker.Delivered(seen).get(), rows)
    assert len(list(worker.local_directory.iterdir())) == (seen != "as it is")
    delivery.teardown(worker)
    assert not list(worker.local_directory.iterdir())


def message(address):
    with pytest.raises((ClusterError, ConfigError, UsageError)) as told:
        opened(str(address))
    return str(told.value)


def test_an_address_where_nobody_answers(monkeypatch):
    monkeypatch.setattr("dlrun.executor.cluster_address.CONNECT_SECONDS", 0.2)
    start = "--cluster tcp://127.0.0.1:9: no scheduler answers there"
    assert message("tcp://127.0.0.1:9") == f"{start}; `dask scheduler` starts one and says its address"
    assert message("abc://127.0.0.1").startswith("--cluster abc://127.0.0.1: ")
    assert message("local:0").startswith("--cluster local:0: No such file or directory; expected tcp://HOST:8786")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("cluster: SLURM\nscale: 1", ["1: cluster: got 'SLURM'; expected a class of a package of Dask's, such as"]),
        ("cluster: os.system\nscale: 0", ["1: cluster: got 'os.system'", "2: scale: got 0; expected a number"]),
        ("cluster: distributed.LocalCluster", ["scale: expected either scale: 10 or adapt: {minimum: 0, maximum: 10}"]),
        ("- a", ["cluster: got null"]),
        ("cluster: [", ["not YAML"]),
        ("cluster: distributed.SlurmCluster\nscale: 1", ["1: cluster: distributed has no SlurmCluster; it has Local"]),
        (
            "cluster: dask_no_such.OwnCluster\nscale: 1",
            ["1: cluster: dask_no_such.OwnCluster needs the package dask-no-such; pip install dask-no-such"],
        ),
        ("cluster: distributed.SSHCluster\nscale: 1\nhosts: []", ["c.yaml: SSHCluster: ValueError: `hosts` must be "]),
    ],
)
def test_a_file_that_names_no_cluster(tmp_path, text, sentences):
    (tmp_path / "c.yaml").write_text(text)
    told = message(tmp_path / "c.yaml")
    assert told.startswith(str(tmp_path / "c.yaml"))
    assert [sentence for sentence in sentences if sentence not in told] == []


def test_classes_that_a_file_may_name():
    names = "dask_jobqueue.SLURMCluster", "dask_kubernetes.operator.KubeCluster", "distributed.LocalCluster"
    assert all(CLASS.fullmatch(name) for name in names)
    assert not any(CLASS.fullmatch(name) for name in ("evil.XCluster", "os.system", "dask_x", "dask_x.y", "XCluster"))


FILE = """
cluster: distributed.LocalCluster
n_workers: 1
threads_per_worker: 1
dashboard_address: null
adapt: {minimum: 1, maximum: 2}
"""


def test_a_cluster_of_a_file_by_the_words_of_its_own_class(tmp_path):
    (tmp_path / "c.yaml").write_text(FILE)
    with Cluster(str(tmp_path / "c.yaml")) as cluster:
        assert cluster.opened.expected == 2
        assert sorted(one.value for one in cluster.each(abs, [(-n,) for n in range(20)])) == list(range(20))


SBATCH = """#!/bin/sh
cp "$1" job.sh
sh job.sh >job.log 2>&1 &
echo "Submitted batch job $!"
"""
SLURM = """
cluster: dask_jobqueue.SLURMCluster
cores: 1
memory: 1 GB
interface: lo
scale: 1
"""


def test_a_queueing_system_by_the_words_of_dask_jobqueue(tmp_path, monkeypatch):
    """With an `sbatch` that begins the job at once and a `scancel` that ends it: the job's script is the real one."""
    pytest.importorskip("dask_jobqueue")
    for name, script in (("sbatch", SBATCH), ("scancel", "#!/bin/sh\nkill $1\n")):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slurm.yaml").write_text(SLURM)
    with Cluster("slurm.yaml") as cluster:
        assert sorted(one.value for one in cluster.each(abs, [(-n,) for n in range(20)])) == list(range(20))


@pytest.mark.parametrize("scale", ["scale: 1", "adapt: {minimum: 0, maximum: 2}"])
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (None, "FileNotFoundError: .*'sbatch'"),
        ("#!/bin/sh\necho the queue is closed >&2\nexit 1\n", r"RuntimeError: (.|\n)*the queue is closed"),
    ],
)
def test_a_job_that_cannot_be_begun_is_told_and_not_waited_for(tmp_path, monkeypatch, script, sentence, scale):
    pytest.importorskip("dask_jobqueue")
    if script is not None:
        (tmp_path / "sbatch").write_text(script)
        (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "slurm.yaml").write_text(SLURM.replace("scale: 1", scale))
    with (
        Cluster(str(tmp_path / "slurm.yaml")) as cluster,
        pytest.raises(ClusterError, match=f"slurm.yaml: no worker can be started: {sentence}"),
    ):
        cluster.differences()


def test_a_cluster_that_adapts_from_no_worker_at_all_starts_one(tmp_path):
    text = FILE.replace("n_workers: 1", "n_workers: 0").replace("minimum: 1", "minimum: 0")
    (tmp_path / "c.yaml").write_text(text)
    with Cluster(str(tmp_path / "c.yaml")) as cluster:
        assert cluster.differences() == []
        assert sorted(one.value for one in cluster.each(abs, [(-n,) for n in range(20)])) == list(range(20))


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert message("tcp://127.0.0.1:9") == "--cluster needs the package distributed; pip install 'dlrun[cluster]'"
