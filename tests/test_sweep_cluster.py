"""A sweep on a real cluster: every training is there, with the bits of this machine, whatever becomes of a worker."""

import time

import numpy as np
import pytest
from machines import WORKER, Machines
from test_sweep_running import Seen, begun, by_training, same_bits, worked

from dlrun.errors import ClusterError
from dlrun.experiment import read_config, run
from dlrun.store import RunFolder, read_result, verify
from dlrun.sweep.reading import Reader

pytest.importorskip("distributed")

from dlrun.executor.cluster import Cluster

TINY = """\
data: {source: moons, samples: 60, noise: 0.3}
network: {hidden: [4]}
training: {epochs: 2}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def test_five_hundred_trainings_are_all_there_though_a_worker_is_killed_and_another_joins_late(machines, config):
    words = ("regularization.lambda=" + ",".join(str(n / 10) for n in range(100)), "seed=0..4")
    here, there = (begun(config, *words, light=True) for _ in range(2))
    worked(here)

    class Disturbed(Seen):
        def update(self, line):
            super().update(line)
            if len(self.lines) == 50:
                machines.kill("worker1")
            if len(self.lines) == 150:
                machines.start("late", WORKER)

    seen = worked(there, Cluster(machines.address), Disturbed())
    assert len(seen.lines) == 500
    assert {key: line.parameters_sha256 for key, line in by_training(there).items()} == {
        key: line.parameters_sha256 for key, line in by_training(here).items()
    }
    assert {line.status for line in seen.lines} == {"finished"}
    assert sum(line.attempts - 1 for line in seen.lines) <= 2  # those of the killed worker: one at work, one waiting
    [(training, one), *_] = by_training(there).items()
    other = by_training(here)[training]
    assert np.array_equal(Reader(there).row_errors(one).errors, Reader(here).row_errors(other).errors)


@pytest.mark.parametrize(("early", "epochs"), [(False, 9), (True, 9), (True, "auto")])
def test_run_folders_come_back_whole_with_the_paths_and_bits_of_this_machine(machines, config, tmp_path, early, epochs):
    table = tmp_path / "table.csv"
    rows = np.random.default_rng(0).normal(size=(80, 3))
    table.write_text("a,b,c\n" + "".join(f"{a},{b},{int(c > 0)}\n" for a, b, c in rows))
    config.write_text(f"data: {{source: table.csv}}\nnetwork: {{hidden: [4]}}\ntraining: {{epochs: {epochs}}}\n")
    folder = begun(config, "regularization.lambda=0,1,2,3", "seed=0..1", early=early)
    worked(folder, Cluster(machines.address))
    finished = [line for line in folder.lines() if line.status == "finished"]
    assert len(finished) == (4 if early else 8)
    for line in finished:
        own = RunFolder(folder.runs_dir / line.run_id)
        assert [check for check in verify(own) if check.problem] == []
        assert read_result(own).run_dir == str(own.path)
        words = [f"regularization.lambda={line.settings['regularization.lambda']}", f"seed={line.seed}"]
        alone = run(read_config(config, words), tmp_path / "alone")
        assert same_bits(own, alone.folder)
        assert own.read_json("run.json")["config_sha256"] == alone.manifest.identity.hashes.config_sha256


def test_a_sweep_whose_scheduler_is_gone_goes_on_elsewhere_with_what_is_missing(config, tmp_path):
    folder = begun(config, "regularization.lambda=0,1,2", "seed=0..9", light=True)
    others = Machines(tmp_path)

    class Disturbed(Seen):
        def update(self, line):
            super().update(line)
            if len(self.lines) == 5:
                others.kill("scheduler")
                time.sleep(0.2)

    try:
        others.start("worker", WORKER)
        with pytest.raises(ClusterError, match="the scheduler is gone"):
            worked(folder, Cluster(others.address), Disturbed())
    finally:
        others.close()
    done = len(folder.ended())
    assert 5 <= done < 30
    assert len(worked(folder).lines) == 30 - done
