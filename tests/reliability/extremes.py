"""Every number of a config at its extremes, one at a time: a right result or a sentence, by each verb that computes.

`numbers` has the cases that somebody thought of; here none is left out, since the keys are those of the schema.
"""

from collections import Counter
from pathlib import Path

from .commands import ended, faults_of, start
from .formats import LOADED, bounded, keys, other_lines

EXTREMES = ("0", "-1", "1e-320", "1e30", "1.7e308", "9223372036854775807")

CONFIGS = {
    "classes": "data: {source: moons, samples: 60, noise: 0.3}\n",
    "numbers": "data: {source: regression, samples: 60, noise: 0.3}\n",
}
REST = "network: {width: 4}\ntraining: {epochs: 2, batch_size: 16}\nregularization: {keep_prob: 0.8}\n"

# What is asked where the training was not refused. A gradient check may fail where no difference can be taken.
VERBS = (("probe", (0, 3)), ("gradcheck", (0, 3, 4, 5)), ("explain step", (0, 2, 3, 5)))

# Words that go with a key, without which it does not count.
BESIDE = {
    "network.init_scale": ("network.init=normal",),
    "training.rms_decay": ("training.optimizer=rmsprop",),
    "training.warmup_fraction": ("training.schedule=cosine",),
    "data.factor": ("data.source=circles",),
    "data.classes": ("data.source=blobs",),
    "data.cluster_std": ("data.source=blobs",),
}


def every_number(folder: Path, extremes: tuple[str, ...] = EXTREMES, every: int = 1) -> dict:
    """Trains with each, of every so-manyth key: {settings, commands, ends by exit status, losses}."""
    losses, ends, settings, commands = [], Counter[int](), 0, 0
    for name in LOADED:
        __import__(name)
    for kind in CONFIGS:
        for number, path in enumerate(keys()[::every]):
            place, key = folder / f"{kind}-{number}", ".".join(path)
            place.mkdir(parents=True)
            (place / "t.yaml").write_text(CONFIGS[kind] + REST)
            for extreme in extremes:
                overrides = (f"{key}={extreme}", *BESIDE.get(key, ()))
                status, asked, found = tried(place, overrides)
                settings, commands = settings + 1, commands + asked
                ends[status] += 1
                losses += [f"{kind}, {key}={extreme}: {fault}" for fault in found]
    by_status = {f"exit {status}": count for status, count in sorted(ends.items())}
    return {"settings": settings, "commands": commands, **by_status, "losses": losses}


def tried(place: Path, overrides: tuple[str, ...]) -> tuple[int, int, list[str]]:
    """(exit status of the training, commands, faults) with these overrides."""

    def ask(*words: str, statuses: tuple[int, ...]) -> tuple[int, list[str]]:
        done = ended(start(place, *words, before=bounded), place)
        return done.status, [f"dlrun {words[0]}: {fault}" for fault in faults_of(done, statuses) + other_lines(done)]

    status, found = ask("train", "t.yaml", "-q", *overrides, statuses=(0, 2, 3, 5, 130))
    if status not in (0, 5):
        return status, 1, found
    found += ask("diagnose", "latest", statuses=(0, 6))[1]  # 6: it diverged before it had an error
    for verb, statuses in VERBS:
        found += ask(*verb.split(), "t.yaml", *overrides, statuses=(*statuses, 130))[1]
    return status, 2 + len(VERBS), found
