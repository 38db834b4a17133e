"""Which cluster is meant by `--cluster`: a scheduler's address, processes of this machine, or a YAML file.

The YAML file names a class of dask-jobqueue, dask-kubernetes or another package of Dask's, and its own keywords:

    cluster: dask_jobqueue.SLURMCluster
    cores: 8
    memory: 16 GB
    scale: 10           # or adapt: {minimum: 0, maximum: 50}
"""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ..config.problems import KeyPath, Place, Problem, lines_of, shown
from ..config.strict_yaml import Document, read_document
from ..errors import ClusterError, ConfigError, UsageError

EXPECTED = "expected tcp://HOST:8786, local:4, or a YAML file that names a class of dask-jobqueue or dask-kubernetes"

# A scheduler on the network answers in milliseconds.
CONNECT_SECONDS = 10

# Packages that begin so are Dask's own or written for it; a file must not import anything else.
CLASS = re.compile(r"(distributed|dask_\w+)(\.\w+)*\.\w*Cluster")

EXAMPLE = "such as dask_jobqueue.SLURMCluster"


@dataclass(frozen=True)
class Opened:
    """A client of `distributed`, and the cluster that was started for it, None where there was one.

    expected : how many workers are to come. is_local : whether all of them run on this machine.
    """

    client: Any
    cluster: Any = None
    expected: int = 1
    is_local: bool = False


def opened(address: str) -> Opened:
    """Connects to a cluster, or starts it. Raises UsageError, ConfigError, and ClusterError where nobody answers."""
    try:
        import distributed
    except ModuleNotFoundError as absent:
        raise UsageError(f"--cluster needs the package {absent.name}; pip install 'dlrun[cluster]'") from absent
    silence()
    local = re.fullmatch(r"local:([1-9]\d{0,3})", address)
    if local is None and "://" not in address:
        return from_file(address)
    try:
        with no_warnings():
            if local is not None:
                return on_this_machine(int(local[1]))
            return Opened(distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
    except (OSError, ValueError, RuntimeError) as error:  # the last, where a process of this machine does not start
        found = "no scheduler answers there" if isinstance(error, OSError) else str(error)
        raise ClusterError(f"--cluster {address}: {found}; `dask scheduler` starts one and says its address") from error


def on_this_machine(processes: int) -> Opened:
    """A scheduler and so many workers, which end with this process."""
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=processes,
        threads_per_worker=1,
        memory_limit=None,  # the system's own limit, as for the processes of `Here`
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    )
    return Opened(Client(cluster, set_as_default=False), cluster, processes, is_local=True)


def from_file(file: str) -> Opened:
    """The cluster of a YAML file."""
    from distributed import Client

    try:
        document = read_document(Path(file).read_bytes())
    except OSError as error:
        raise UsageError(f"--cluster {file}: {error.strerror or error}; {EXPECTED}") from error
    refuse(file, document.problems)
    settings = dict(document.data) if isinstance(document.data, dict) else {}
    refuse(file, list(problems_of(document, settings)))
    kind = cluster_class(file, document, settings.pop("cluster"))
    scale, adapt = settings.pop("scale", None), settings.pop("adapt", None)
    try:
        with no_warnings():
            cluster = kind(**settings)
            if adapt is None:
                cluster.scale(scale)
            else:
                cluster.adapt(**adapt)
            return Opened(Client(cluster, set_as_default=False), cluster, scale or adapt.get("maximum", 1))
    except Exception as error:  # of a package that is not known here, whose errors may be of any kind
        raise ConfigError([f"{file}: {kind.__name__}: {type(error).__name__}: {error}"]) from error


def require_started(opened: Opened, address: str) -> None:
    """Raises ClusterError where a worker that was asked for cannot be started, as where there is no `sbatch`.

    The cluster itself would only log that, and wait.
    """
    from distributed import SpecCluster, Status

    cluster = opened.cluster
    if not isinstance(cluster, SpecCluster):
        return

    async def started() -> None:
        for worker in list(cluster.workers.values()):
            await worker  # is started again if that has failed

    try:
        with no_warnings():
            cluster.sync(started)
    except Exception as error:  # of a package that is not known here, whose errors may be of any kind
        for name, worker in list(cluster.workers.items()):
            if worker.status == Status.created:  # there is nothing to end, and no cluster closes that tries to
                worker.status = Status.failed
                del cluster.workers[name]
        raise ClusterError(f"--cluster {address}: no worker can be started: {type(error).__name__}: {error}") from error


def problems_of(document: Document, settings: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong with the keys that are dlrun's own."""

    def problem(key: str, sentence: str) -> Problem:
        path: KeyPath = (key,)
        return Problem(path, sentence, Place(document.lines.get(path)))

    name, scale, adapt = (settings.get(key) for key in ("cluster", "scale", "adapt"))
    if not isinstance(name, str) or not CLASS.fullmatch(name):
        yield problem("cluster", f"got {shown(name)}; expected a class of a package of Dask's, {EXAMPLE}")
    if (scale is None) == (adapt is None):
        yield problem("scale", "expected either scale: 10 or adapt: {minimum: 0, maximum: 10}")
    if scale is not None and (not isinstance(scale, int) or isinstance(scale, bool) or scale < 1):
        yield problem("scale", f"got {shown(scale)}; expected a number of workers from 1")
    if adapt is not None and not isinstance(adapt, dict):
        yield problem("adapt", f"got {shown(adapt)}; expected {{minimum: 0, maximum: 10}}")


def cluster_class(file: str, document: Document, name: str) -> Any:
    """The class of that name. Raises ConfigError where its package is not installed, or has no such class."""
    module, _, word = name.rpartition(".")
    line = Place(document.lines.get(("cluster",)))
    try:
        return getattr(import_module(module), word)
    except ModuleNotFoundError as absent:
        package = (absent.name or module).replace("_", "-")
        sentence = f"{name} needs the package {package}; pip install {package}"
        raise ConfigError(lines_of([Problem(("cluster",), sentence, line)], file)) from absent
    except AttributeError as absent:
        names = sorted(word for word in vars(import_module(module)) if word.endswith("Cluster"))
        sentence = f"{module} has no {word}; it has {', '.join(names) or 'none'}"
        raise ConfigError(lines_of([Problem(("cluster",), sentence, line)], file)) from absent


def refuse(file: str, problems: list[Problem]) -> None:
    if problems:
        raise ConfigError(lines_of(problems, file))


def silence() -> None:
    """Keeps what distributed logs from standard error: what a person should know is said in dlrun's own words."""
    names = ["distributed", "tornado", "asyncio"]
    inner = [name for name in logging.root.manager.loggerDict if name.startswith(tuple(f"{n}." for n in names))]
    for name in [*names, *inner]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def no_warnings() -> Iterator[None]:
    """Keeps the warnings of a connection, of versions that differ among others, which `differences` tells."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
