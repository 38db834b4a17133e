"""The machine a benchmark ran on: one core and one thread for everybody, and the facts a reader of the table needs."""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path

# Read by the libraries when they load, so set before a worker is started. XLA has a flag instead of a variable.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}
PACKAGES = ("numpy", "torch", "jax", "jaxlib", "scikit-learn")


def pin(core: int | None = None) -> int | None:
    """Hold this process, and those it will start, to one thread on one core; the last allowed one unless given.

    Returns the core, or None where the system cannot pin.
    """
    os.environ.update(ONE_THREAD)
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0)) if core is None else core
    os.sched_setaffinity(0, {core})
    return core


def facts(core: int | None) -> dict:
    """Processor, system, versions and load, as JSON has it."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "pinned_to_core": core,
        "threads": int(os.environ.get("OMP_NUM_THREADS", 0)) or None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := version_of(name))},
        "load_average_at_start": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def sentence(found: dict) -> str:
    """The facts in a line, for the foot of a table."""
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    threads = "threads as each likes" if found["threads"] is None else f"threads: {found['threads']}"
    pinned = "not pinned" if found["pinned_to_core"] is None else f"pinned to core {found['pinned_to_core']}"
    return (
        f"{found['processor']}, {found['cores']} cores, {threads}, {pinned}, load {found['load_average_at_start']} "
        f"at the start; {found['system']}, Python {found['python']}, {packages}"
    )


def processor() -> str:
    """The processor's name with the flags that matter to products, where Linux tells."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    fields = {line.split(":", 1)[0].strip(): line.split(":", 1)[1].strip() for line in text.splitlines() if ":" in line}
    flags = fields.get("flags", "").split()
    vectors = [flag.upper() for flag in ("avx2", "avx512f") if flag in flags]
    return " ".join([fields.get("model name", platform.machine()), *vectors])


def version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def memory() -> dict[str, int]:
    """Bytes of this process: its peak resident set, and the anonymous part of it now (0 where the system hides it)."""
    try:
        text = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return {"peak_bytes": peak_from_rusage(), "anonymous_bytes": 0}
    fields = {line.split(":")[0]: line.split()[1] for line in text.splitlines() if line.endswith("kB")}
    # VmHWM and not getrusage, whose figure for a fresh process can be that of the one that started it.
    return {
        "peak_bytes": int(fields["VmHWM"]) * 1024,
        "anonymous_bytes": int(fields.get("RssAnon", 0)) * 1024,
    }


def peak_from_rusage() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
