"""The inside of a process that does tasks for another one, its parent, from its first message to its end.

A thread of its own reads what the parent sends. So a long task keeps nobody waiting, and the end of the parent, however
it came, is seen at once: the pipe between the two closes.
"""

import gc
import os
import pickle
import queue
import shutil
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from ..machine import watch_imports
from .tasks import Lost, lost_by, outcome, stop_mark, stop_wanted

# The first byte of a message to a worker: a function for the tasks from now on; a task's arguments; an end.
FUNCTION, TASK, STOP = b"F", b"T", b"S"

# What a worker sends when it has started.
READY = b"R"

# How long a training has to finish its step and save itself: milliseconds and, on a slow disk, a tenth of a second.
GRACE_SECONDS = 5.0

# One thread of linear algebra in each process: the processes fill the cores, and sums are in the same order everywhere.
LIBRARIES = ("OPENBLAS", "OMP", "MKL", "BLIS", "VECLIB", "NUMEXPR", "NUMBA", "DLRUN")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in LIBRARIES} | {"POLARS_MAX_THREADS": "1"}


def serve(pipe: Connection, folder: str) -> None:
    """Does the tasks that come through the pipe until it closes. folder : of the shared values."""
    if not hasattr(signal, "pthread_sigmask"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # elsewhere this process was started without it
    watch_imports()
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    try:
        threading.Thread(target=receive, args=(pipe, inbox, folder), daemon=True).start()
    except RuntimeError:  # the system begins no more; the parent says so
        os._exit(1)
    function: Callable[..., Any] = nothing
    try:
        pipe.send_bytes(READY)
        while not stop_wanted():
            message = inbox.get()
            if message[:1] == FUNCTION:
                function = loaded_function(message)
            elif message[:1] == TASK and not stop_wanted():
                pipe.send_bytes(answer(function, message))
    except OSError:
        pass  # the parent is gone, which the other thread sees too


def receive(pipe: Connection, inbox: "queue.SimpleQueue[bytes]", folder: str) -> None:
    """Passes messages on until the end; then this process ends too, and after a parent that died, the shared values."""
    message = b""
    try:
        while message[:1] != STOP:
            message = pipe.recv_bytes()
            inbox.put(message)
    except (EOFError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
    end()


def end() -> NoReturn:
    """Ends this process as a person would: a training with a run folder is saved, any other task ends at once."""
    stop_mark().set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def nothing(*task: object) -> None:
    """Stands for the function before there is one."""


def loaded_function(message: bytes) -> Callable[..., Any]:
    """The function of a message; one that raises, in each task, why it cannot be loaded."""
    gc.disable()  # what is imported stays, and looking for garbage in it takes a tenth of the time
    try:
        function: Callable[..., Any] = pickle.loads(memoryview(message)[1:])
        return function
    except Exception as error:
        fault = error

        def unloadable(*task: object) -> NoReturn:
            raise fault

        return unloadable
    finally:
        gc.freeze()
        gc.enable()


def answer(function: Callable[..., Any], message: bytes) -> bytes:
    """A task's value or `Lost`, pickled."""
    try:
        task = pickle.loads(memoryview(message)[1:])
    except Exception as error:
        return pickle.dumps(lost_by(error).portable())
    try:
        value = outcome(function, task)
        if isinstance(value, Lost):
            value = value.portable()
        pickled: bytes = pickle.dumps(value, protocol=5)
        return pickled
    except BaseException as error:  # a task that calls sys.exit ends itself, not the process
        return pickle.dumps(lost_by(error).portable())
