"""Running the script: a copy of its folder, its command line, and how it ended."""

from __future__ import annotations

import ast
import contextlib
import linecache
import os
import shutil
import sys
import threading
import time
import traceback
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checks.probes.doctor import data_stand_ins, stand_ins
from checks.probes.doctor.origins import Origins
from checks.probes.doctor.stand_ins import Surroundings, is_stand_in
from checks.probes.doctor.watch import Enough, Watch

COPIED = "script"  # the folder in the scratch folder that the script's own is copied to
MAX_COPIED = 64 * 2**20
MAX_FILES = 2000
MAX_DEPTH = 5
SKIPPED = {"__pycache__", "node_modules", "venv", ".venv", "site-packages"}


@dataclass(frozen=True)
class Script:
    """What to run: see `examine`."""

    folder: str
    file: str
    source: str
    arguments: list[str]
    images: Any
    labels: Any
    is_given: bool
    n_steps: int
    seconds: float


def run(script: Script) -> dict[str, Any]:
    """Run it under watch; everything that was seen, and how it ended."""
    root = _copied(script.folder)
    path = os.path.join(root, *script.file.split("/"))
    surroundings = Surroundings(root, f"{script.source}\n{_sources(root)}")
    watch = Watch(root, script.n_steps, script.seconds)
    stock = data_stand_ins.Stock(script.images, script.labels, script.is_given)
    ended, error = "end", None
    with contextlib.ExitStack() as stack:
        stack.enter_context(_as_program(path, root, script))
        stack.enter_context(stand_ins.standing_in(surroundings))
        stack.enter_context(data_stand_ins.standing_in(surroundings, watch, stock))
        stack.enter_context(watch.watching())
        stack.enter_context(Origins(watch))
        try:
            with _time_limit(watch):
                exec(_compiled(script, path), sys.modules["__main__"].__dict__)
        except Enough as enough:
            ended = str(enough) or "steps"
            watch.look_for_graphs(enough, sys.modules["__main__"].__dict__)
        except BaseException as problem:
            ended, error = ("steps", None) if watch.is_over else ("error", problem)
            watch.look_for_graphs(problem, sys.modules["__main__"].__dict__)
        else:
            watch.look_for_graphs(None, sys.modules["__main__"].__dict__)
    found = watch.report()
    found["ended"] = ended
    found["error"] = None if error is None else _described(error, root, surroundings)
    found["stand_ins"] = surroundings.said
    return found


def _compiled(script: Script, path: str) -> types.CodeType:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if script.file.endswith(".ipynb") else 0
    linecache.cache[path] = (len(script.source), None, script.source.splitlines(True), path)
    code: types.CodeType = compile(script.source, path, "exec", flags=flags, dont_inherit=True)
    return code


def _copied(folder: str) -> str:
    """A copy of the script's folder that it may do with as it likes; large files stay behind."""
    root = os.path.join(os.getcwd(), COPIED)
    os.makedirs(root, exist_ok=True)
    left, n_files = MAX_COPIED, 0
    for place, folders, files in os.walk(folder):
        inner = os.path.relpath(place, folder)
        depth = 0 if inner == "." else inner.count(os.sep) + 1
        folders[:] = [
            name for name in sorted(folders)
            if depth < MAX_DEPTH and name not in SKIPPED and not name.startswith(".")
        ]  # fmt: skip
        target = os.path.normpath(os.path.join(root, inner))
        os.makedirs(target, exist_ok=True)
        for name in sorted(files, key=lambda name: not name.endswith(".py")):
            source = os.path.join(place, name)
            with contextlib.suppress(OSError):
                size = os.path.getsize(source)
                if size <= left and n_files < MAX_FILES and os.path.isfile(source):
                    shutil.copyfile(source, os.path.join(target, name))
                    left, n_files = left - size, n_files + 1
    return root


def _sources(root: str) -> str:
    """The text of all Python files: what they import is looked for in it."""
    texts: list[str] = []
    for place, _, files in os.walk(root):
        for name in files:
            if name.endswith(".py") and len(texts) < 100:
                path = os.path.join(place, name)
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    texts.append(file.read(200_000).decode("utf-8", "replace"))
    return "\n".join(texts)


@contextlib.contextmanager
def _as_program(path: str, root: str, script: Script) -> Iterator[None]:
    """Stand where `python FILE ARGUMENTS` would."""
    main, argv, search = sys.modules.get("__main__"), sys.argv, list(sys.path)
    program = types.ModuleType("__main__")
    program.__file__ = path
    program.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = program
    sys.modules.pop("doctor", None)
    sys.argv = [path, *script.arguments]
    sys.path[:] = [each for each in sys.path if os.path.basename(each) != "stand_ins"]
    sys.path[:0] = dict.fromkeys([os.path.dirname(path), root])
    with contextlib.suppress(ValueError):
        sys.path.remove(script.folder)
    before = os.getcwd()
    os.chdir(os.path.dirname(path))
    try:
        yield
    finally:
        os.chdir(before)
        sys.argv, sys.path[:] = argv, search
        if main is not None:
            sys.modules["__main__"] = main


@contextlib.contextmanager
def _time_limit(watch: Watch) -> Iterator[None]:
    """Raise `Enough` in the script when its CPU time is over, also where it does not train."""
    import ctypes

    thread, is_done = threading.get_ident(), threading.Event()

    def wait() -> None:
        start = time.process_time()
        while not is_done.wait(0.05):
            used = time.process_time() - start
            if used > watch.seconds or (watch.is_over and used > watch.seconds / 2):
                watch.is_over = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(Enough)
                )
                if is_done.wait(1.0):
                    return

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    try:
        yield
    finally:
        while waiting.is_alive():
            with contextlib.suppress(Enough):  # it may be under way
                is_done.set()
                waiting.join()


def _described(error: BaseException, root: str, surroundings: Surroundings) -> dict[str, Any]:
    """What was raised, where, and whether a stand-in had a part in it."""
    inside = os.path.join(root, "")
    frames = []
    by_stand_in = surroundings.blamed(error)
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.startswith(inside):
            shown = name.removeprefix(inside).replace(os.sep, "/")
            frames.append([shown, line, frame.f_code.co_name])
            if not by_stand_in and _uses_stand_in(frame):
                by_stand_in = "used"
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(inside):
        shown = str(error.filename).removeprefix(inside).replace(os.sep, "/")
        frames.append([shown, error.lineno or 1, ""])
    text = str(error.msg) if isinstance(error, SyntaxError) else str(error)
    return {
        "type": type(error).__name__,
        "bases": [base.__name__ for base in type(error).__mro__][:8],
        "message": text[:2000],
        "frames": [*frames[:2], *frames[2:][-8:]],
        "by_stand_in": by_stand_in,
    }


def _uses_stand_in(frame: types.FrameType) -> bool:
    """Whether a name that the running line uses is a stand-in."""
    names = set(frame.f_code.co_names) | set(frame.f_code.co_varnames)
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    for name in names:
        if name in line:
            value = frame.f_locals.get(name, frame.f_globals.get(name))
            if is_stand_in(value):
                return True
    return False
