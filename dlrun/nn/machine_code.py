"""Makes machine code of the loops in `loops`, keeps it on disk, and loads it.

Numba makes it. It is kept in the user's cache folder, from where later processes load it by LLVM alone, which Numba
brings along: the import and the start of Numba take longer than many a training.

LLVM neither reorders nor contracts floating point (no fused multiply-add) unless it is asked to, and here it is not.
Whatever goes wrong here is raised; `compiled` goes on without.
"""

import ctypes
import hashlib
import inspect
import os
import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from ..arrays import Array
from .loops import Flags, Indices, Loop

# All that the machine code of a loop may call: roots of the few numbers that fill no vector of the processor.
CALLED = {"sqrt", "sqrtf"}

DIGEST_BYTES = hashlib.sha256().digest_size


class Llvm(NamedTuple):
    """LLVM's binding, its model of this machine with the words for it, and its engine, which owns the code it loads."""

    binding: Any
    machine: Any
    words: tuple[str, ...]
    engine: Any


@cache  # once in a process, and for as long: the code is called by its address
def function_of(loop: Loop, precision: str) -> Loop:
    """The loop as machine code, kept or made anew."""
    place = place_of(loop, precision)
    code = kept(place)
    if code is None:
        code = made(loop, precision)
        keep(place, code)
    llvm, types = this_machine(), {int: ctypes.c_ssize_t} | dict.fromkeys((Array, Flags, Indices), ctypes.c_void_p)
    llvm.engine.add_object_file(llvm.binding.ObjectFileRef.from_data(code))
    llvm.engine.finalize_object()
    signature = ctypes.CFUNCTYPE(None, *(types[kind] for kind in arguments_of(loop)))
    return signature(llvm.engine.get_function_address(name_of(loop, precision)))


def name_of(loop: Loop, precision: str) -> str:
    """The name of the machine code."""
    return f"{loop.__name__}_{precision}"


def made(loop: Loop, precision: str) -> bytes:
    """An object file with the loop, made by Numba for this machine."""
    llvm = this_machine()
    return bytes(llvm.machine.emit_object(llvm.binding.parse_assembly(llvm_words(loop, precision))))


def llvm_words(loop: Loop, precision: str) -> str:
    """The loop in LLVM's language, optimized for this machine; divisions by zero are NumPy's, and raise nothing."""
    from numba import cfunc, types

    number = getattr(types, precision)
    items = {Array: number, Flags: types.uint8, Indices: types.int64}
    kinds = {int: types.intp} | {kind: types.CPointer(item) for kind, item in items.items()}
    function = cfunc(types.void(*(kinds[kind] for kind in arguments_of(loop))), error_model="numpy")(loop)
    return str(function.inspect_llvm()).replace(function.native_name, name_of(loop, precision))


def arguments_of(loop: Loop) -> list[Any]:
    """The types of a loop's arguments."""
    return [parameter.annotation for parameter in inspect.signature(loop).parameters.values()]


@cache
def this_machine() -> Llvm:
    """LLVM, started, and with the settings with which Numba uses it."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    triple, cpu = binding.get_process_triple(), binding.get_host_cpu_name()
    features = binding.get_host_cpu_features().flatten()
    reloc = "static" if triple.startswith("x86") else "default"
    target = binding.Target.from_triple(triple)
    machine = target.create_target_machine(cpu, features, opt=3, reloc=reloc, codemodel="jitdefault", jit=True)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    if not all(map(binding.address_of_symbol, CALLED)):
        raise LookupError("no roots in this process")  # LLVM would end it
    return Llvm(binding, machine, (triple, cpu, features), engine)


# What is kept: an object file behind its SHA-256, so that one which was only half written is not run.


@cache
def place_of(loop: Loop, precision: str) -> Path | None:
    """The file for the machine code of a loop, another one for each text, version and processor; None: nowhere."""
    texts = [inspect.getsource(one) for one in (loop, llvm_words, this_machine)]
    digest = hashlib.sha256("\n".join([*texts, *versions(), *this_machine().words]).encode()).hexdigest()
    folder = cache_folder()
    return folder and folder / f"{name_of(loop, precision)}-{digest[:16]}.o"


@cache  # reading a package's facts takes 0.6 ms, and each training asks for several loops
def versions() -> list[str]:
    """Of what makes the code. Raises PackageNotFoundError."""
    return [metadata.version(package) for package in ("numba", "llvmlite")]


def is_kept(loop: Loop, precision: str) -> bool:
    """Whether the machine code of a loop was kept. LLVM is not started for it where there is none for any processor."""
    folder = cache_folder() if versions() else None
    is_likely = folder is not None and any(folder.glob(f"{name_of(loop, precision)}-*.o"))
    return is_likely and kept(place_of(loop, precision)) is not None


def cache_folder() -> Path | None:
    """The folder of this user for what can be made again; None where nobody knows the user's home."""
    where = {"win32": os.environ.get("LOCALAPPDATA"), "darwin": "~/Library/Caches"}
    above = where.get(sys.platform, os.environ.get("XDG_CACHE_HOME")) or "~/.cache"
    try:
        return Path(above).expanduser() / "dlrun"
    except RuntimeError:
        return None


def is_ours_alone(folder: Path) -> bool:
    """Whether nobody else can write to a folder, since what it holds is run. Raises OSError."""
    status = folder.stat()
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def kept(place: Path | None) -> bytes | None:
    """The machine code that was kept there; None where it is missing, damaged or not ours alone."""
    try:
        held = place.read_bytes() if place and is_ours_alone(place.parent) else b""
    except OSError:
        return None
    digest, code = held[:DIGEST_BYTES], held[DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == digest else None


def keep(place: Path | None, code: bytes) -> None:
    """Keeps machine code for later processes, where that is possible; a file is there whole or not at all."""
    if place is None:
        return
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_ours_alone(place.parent):
            with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
                file.write(hashlib.sha256(code).digest() + code)
            os.replace(file.name, place)
