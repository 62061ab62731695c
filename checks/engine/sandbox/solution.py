"""What a check holds in its hands: the learner's solution, to be probed and never imported."""

from __future__ import annotations

import ast
import random
import re
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from checks.engine.course.check_errors import (
    CheckEndedError,
    CrashedError,
    LearnersCodeError,
    NoFileError,
    NotWrittenError,
    OverMemoryError,
    OverTimeError,
    WaitsError,
)
from checks.engine.course.verdict import Exhibit, LearnersError, StandIn
from checks.engine.learner.file_problem import FileProblem, file_problem
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.parsing import parsed
from checks.engine.paths import KIT, tiers
from checks.engine.sandbox import stand_ins, wire
from checks.engine.sandbox.client import Limits, Outcome, Sandbox
from checks.engine.sandbox.translation import Scene, translated, worded
from checks.mistakes import CATALOGUE

HEAVY = frozenset({"torchvision", "matplotlib", "scipy", "pandas", "sklearn", "PIL", "tqdm"})
# What a figure needs beyond `import matplotlib.pyplot`, and pulls in only when it draws.
DRAWING = ("matplotlib.backends.backend_agg", "PIL.PngImagePlugin")
IMPORT_SECONDS = 7.0
BUDGET = 240.0  # seconds for all probes of a submission
Found = TypeVar("Found")


@dataclass
class Budget:
    """The time that all probes of a submission may take together, and what is used of it.

    What computes is charged by its CPU time, so that a busy machine costs nobody; what waits, by
    a third of the clock's.
    """

    seconds: float = BUDGET
    used: float = 0.0

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is run."""
        return self.used >= self.seconds

    def charge(self, outcome: Outcome) -> None:
        """Count one probe."""
        if outcome.cpu is None:
            self.used += outcome.seconds
        else:
            self.used += max(outcome.cpu, outcome.seconds / 3)


@dataclass
class Submission:
    """A folder of solutions under check: what has been asked of it and what it answered.

    Several threads may ask, each through a sandbox of its own: see `through`.
    """

    folder: Path
    sandbox: Sandbox
    seed: int = 0
    budget: Budget = field(default_factory=Budget)
    _found: dict[Hashable, Future[Any]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _texts: dict[Path, str] = field(default_factory=dict, repr=False)
    _trees: dict[str, ast.Module | None] = field(default_factory=dict, repr=False)
    _libraries: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _hung: set[tuple[str, str]] = field(default_factory=set, repr=False)
    _stand_ins: dict[str, tuple[StandIn, ...]] = field(default_factory=dict, repr=False)
    _blockers: dict[str, tuple[StandIn, ...]] = field(default_factory=dict, repr=False)

    def through(self, sandbox: Sandbox) -> Submission:
        """The same submission, to be asked through another sandbox; what is found is shared."""
        return replace(self, sandbox=sandbox)

    def once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What `find` returns, found once for each key; who asks meanwhile waits for it."""
        with self._lock:
            known = self._found.get(key)
            future: Future[Any] = known or self._found.setdefault(key, Future())
        if known is not None:
            return known.result()  # type: ignore[no-any-return]
        try:
            found = find()
        except BaseException as error:
            with self._lock:
                del self._found[key]
            future.set_exception(error)
            raise
        future.set_result(found)
        return found

    def text(self, path: Path) -> str:
        """A file of this folder as text, read once; "" for what is no plain file of a plain size.

        The judge looks at learners' files only through this: a pipe would hang it, a device fill
        its memory.
        """
        if path not in self._texts:
            self._texts[path] = ""
            try:
                inside = path.resolve().is_relative_to(self.folder)
                if inside and path.is_file() and path.stat().st_size <= MAX_SOURCE:
                    self._texts[path] = path.read_text(encoding="utf-8", errors="replace")
            except (OSError, ValueError, RuntimeError):  # the last one: a link to itself
                pass
        return self._texts[path]

    def source(self, tier: str) -> ast.Module | None:
        """The tier's file, parsed; None where it does not parse."""
        if tier not in self._trees:
            try:
                self._trees[tier] = parsed(self.text(self.folder / f"{tier}.py"))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._trees[tier] = None
        return self._trees[tier]

    def line_of(self, tier: str, name: str) -> int:
        """The line on which the tier's file defines a name; 0 where it doesn't."""
        tree = self.source(tier)
        for node in tree.body if tree else ():
            names = [getattr(node, "name", None)]
            if isinstance(node, ast.Assign):
                names += [t.id for t in node.targets if isinstance(t, ast.Name)]
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.append(node.target.id)
            if name in names:
                return node.lineno
        return 0

    def part_at(self, file: str, line: int) -> str:
        """The top-level function or class that a line belongs to, or ""."""
        tree = self.source(Path(file).stem)
        for node in tree.body if tree else ():
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)) and (
                node.lineno <= line <= (node.end_lineno or node.lineno)
            ):
                return node.name
        return ""

    def line(self, path: Path, number: int) -> str:
        """A line of a file of this folder, counted from 1; "" where there is none."""
        lines = re.split(r"\r\n|\r|\n", self.text(path))
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def scene(self, error: LearnersError) -> Scene:
        """What surrounds an exception in the learner's files."""
        if not error.frames:
            return Scene(defined=self.defined())
        file, number, _ = error.frames[-1]
        return Scene(
            self.statement(file, number),
            self.text(Path(file)),
            self.defined(),
        )

    def statement(self, file: str, number: int) -> str:
        """The statement that a line belongs to, on one line; of a compound one that line alone."""
        tree = self.source(Path(file).stem)
        lines = [self.line(Path(file), number)]
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.stmt) and not hasattr(node, "body"):
                first, last = node.lineno, node.end_lineno or node.lineno
                if first <= number <= last:
                    lines = [self.line(Path(file), each) for each in range(first, last + 1)]
        return " ".join(line.strip() for line in lines)

    def defined(self) -> frozenset[str]:
        """The functions and classes that the folder's tiers define, wherever in them."""
        return self.once(
            "defined",
            lambda: frozenset(
                node.name
                for tier in tiers()
                for node in ast.walk(self.source(tier) or ast.Module([], []))
                if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            ),
        )

    def problem(self, tier: str) -> FileProblem | None:
        """Why the tier's file can't be read; None where it can."""
        return self.once(("problem", tier), lambda: file_problem(self.folder, tier))

    def stand_ins(self, tier: str) -> tuple[StandIn, ...]:
        """The earlier tiers that the reference stands in for, since the learner's can't be used."""
        return self._stand_ins.get(tier, ())

    def blockers(self, tier: str) -> tuple[StandIn, ...]:
        """The earlier tiers that can't be used and for which there is no reference either."""
        return self._blockers.get(tier, ())

    def libraries(self, tier: str) -> list[str]:
        """The heavy libraries that the file imports anywhere, to be loaded once for all."""
        if tier not in self._libraries:
            self._libraries[tier] = self._libraries_of(self.source(tier))
        return self._libraries[tier]

    @staticmethod
    def _libraries_of(tree: ast.Module | None) -> list[str]:
        found: set[str] = set()
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
        heavy = {name for name in found if name.split(".")[0] in HEAVY and "__" not in name}
        if any(name.split(".")[0] == "matplotlib" for name in heavy):
            heavy.update(DRAWING)
        return sorted(heavy)

    def ask(
        self, tier: str, about: str, probe: str, arguments: dict[str, Any], limits: Limits
    ) -> Outcome:
        """Run a probe once; the same question again gets the same answer."""
        return self.once(
            (tier, probe, wire.pack(arguments)),
            lambda: self._answer(tier, about, probe, arguments, limits),
        )

    def preload(self, tier: str) -> None:
        """Have the sandbox load what the tier's file and its probes need, in advance."""
        self.sandbox.preload(self.libraries(tier), tier)

    def _answer(
        self, tier: str, about: str, probe: str, arguments: dict[str, Any], limits: Limits
    ) -> Outcome:
        self.preload(tier)
        # The import alone comes first: where it hangs, nothing else has to be waited for.
        if any((each, "") in self._hung for each in stand_ins.earlier(tier)):
            self._more_stand_ins(tier, Outcome("timeout"), self.stand_ins(tier))
        if not self._is_importable(tier) and (alone := self.imports(tier)).status == "timeout":
            self._hung.add((tier, ""))
            return replace(alone, detail=alone.detail or "import")
        if (tier, about) in self._hung:  # it has hung before: don't wait as long again
            limits = Limits(limits.seconds / 4, limits.memory, limits.file)
        outcome = self._run(tier, probe, arguments, limits)
        if outcome.status == "timeout":
            self._hung.add((tier, about))
        return outcome

    def _run(self, tier: str, probe: str, arguments: dict[str, Any], limits: Limits) -> Outcome:
        """Run a probe with the stand-ins that are known to be needed, while there is time left."""
        sources = {each.tier: stand_ins.source(each.tier) for each in self.stand_ins(tier)}
        if self.budget.is_spent:
            return Outcome("timeout", detail="budget")
        outcome = self.sandbox.run(
            self.folder, tier, probe, arguments, self.seed, limits, stand_ins=sources
        )
        self.budget.charge(outcome)
        return outcome

    def imports(self, tier: str) -> Outcome:
        """How an import of the tier's file ends, and nothing else of it."""
        return self.once(
            ("imports", tier, self.stand_ins(tier)),
            lambda: self._run(tier, "imported", {}, Limits(IMPORT_SECONDS)),
        )

    def _is_importable(self, tier: str) -> bool:
        known, outcome = self.stand_ins(tier), self.imports(tier)
        while outcome.status != "ok":
            if known == (known := self._more_stand_ins(tier, outcome, known)):
                break
            outcome = self.imports(tier)
        return outcome.status == "ok"

    def _more_stand_ins(
        self, tier: str, outcome: Outcome, known: tuple[StandIn, ...]
    ) -> tuple[StandIn, ...]:
        """The stand-ins that an import of the tier needs, which has ended so in spite of these."""
        found = self.once(
            ("stand-ins", tier, known), lambda: tuple(self._unusable(tier, outcome, known))
        )
        there = (*known, *(each for each in found if stand_ins.is_there(each.tier)))
        with self._lock:
            if len(there) > len(self.stand_ins(tier)):
                self._stand_ins[tier] = there
            if absent := tuple(each for each in found if not stand_ins.is_there(each.tier)):
                self._blockers[tier] = absent
        return there

    def _unusable(
        self, tier: str, outcome: Outcome, known: tuple[StandIn, ...]
    ) -> Iterator[StandIn]:
        """The earlier tiers that this one imports, itself or through others, and that break it."""
        replaced = {each.tier for each in known}
        before = stand_ins.earlier(tier)
        needed = stand_ins.imported(self.source(tier))
        for each in reversed(before):
            if each in needed:
                own = stand_ins.source(each) if each in replaced else None
                needed |= stand_ins.imported(parsed(own) if own else self.source(each))
        said = outcome.error.message if outcome.error else ""
        lacks = re.match(r"cannot import name '(\w+)' from '(\w+)'", said)
        for each in (each for each in before if each in needed - replaced):
            if (problem := self.problem(each)) is not None:
                why = "is missing" if problem.is_missing else "cannot be read"
                yield StandIn(each, f"{each}.py {why}")
            elif lacks and lacks[2] == each:
                yield StandIn(each, f"{each}.py defines no {lacks[1]}")
            elif not self._is_importable(each):
                yield StandIn(each, f"{each}.py cannot be imported")


def is_at_import(error: LearnersError, tier: str) -> bool:
    """Whether an exception ended the import of the tier's file, and not a function of it."""
    if not error.frames:
        return False
    file, _, function = error.frames[0]
    return Path(file).name == f"{tier}.py" and function in ("<module>", "")


class Evidence(dict[str, Any]):
    """What a probe reported, by name; a forged report that lacks a name is the learner's."""

    def __missing__(self, name: str) -> NoReturn:
        raise CrashedError(
            "The answer from the process that ran your code was not what the check sent for.",
            expected="The check's own report of what your code did.",
            why="A check can only judge what it sees.",
            hint="Leave the process that runs your code alone: no output to foreign file handles.",
        )


@dataclass
class Solution:
    """One check's view of the submission: probes go in, evidence comes out."""

    submission: Submission
    tier: str
    about: str
    advice: list[str] = field(default_factory=list)
    exhibits: list[Exhibit] = field(default_factory=list)
    output: list[str] = field(default_factory=list)

    @cached_property
    def seed(self) -> int:
        """The run's seed, for checks that draw their own challenges."""
        return self.submission.seed

    def size(self, number: int, spread: int = 8) -> int:
        """That many at seed 0, which the docstrings speak of; else up to `spread` more.

        An answer that was recorded at one seed does not fit the question at another.
        """
        extra = random.Random(f"{self.seed} {number}").randint(1, spread)
        return number + (extra if self.seed else 0)

    def probe(self, name: str, /, *, limits: Limits | None = None, **arguments: Any) -> Any:
        """Run a probe of this tier on the learner's file and return its evidence.

        Raises:
            CheckEndedError: the learner's code did not get that far; the check ends here.
        """
        limits = limits or Limits()
        if problem := self.submission.problem(self.tier):
            raise self._unreadable(problem)
        outcome = self.submission.ask(self.tier, self.about, name, arguments, limits)
        if outcome.output:
            self.output.append(outcome.output)
        if outcome.status == "ok":
            evidence = outcome.evidence
            return Evidence(evidence) if type(evidence) is dict else evidence
        for each in self.submission.blockers(self.tier):
            file = self.file(each.tier)
            raise WaitsError(
                f"Waits for {file}, which this file imports: {each.reason}.",
                awaited=file,
                subject=file,
            )
        raise self._ended(outcome, limits)

    @property
    def stand_ins(self) -> tuple[StandIn, ...]:
        """The earlier tiers that were taken from the reference."""
        return self.submission.stand_ins(self.tier)

    def call(self, function: str, *calls: dict[str, Any]) -> list[Any]:
        """What the learner's function returns for each set of named arguments."""
        returned = self.probe("returned", function=function, calls=list(calls))
        if type(returned) is not list or len(returned) != len(calls):
            Evidence().__missing__("")
        return returned

    def advise(self, mistake_id: str, text: str = "") -> None:
        """Pass, with a word on what could be better."""
        mistake = CATALOGUE[mistake_id]
        self.advice.append(f"{text or mistake.name + '.'} {mistake.why}")

    def show(self, exhibit: Exhibit) -> None:
        """Keep a table of evidence for the screen; it comes out where the check fails."""
        self.exhibits.append(exhibit)

    def file(self, tier: str = "") -> str:
        """The solution's file as a person would name it."""
        path = self.submission.folder / f"{tier or self.tier}.py"
        try:
            return path.relative_to(KIT).as_posix()
        except ValueError:
            return path.name

    def _unreadable(self, problem: FileProblem) -> CheckEndedError:
        """The tier's file is not there, or Python can't read it."""
        if problem.is_missing:
            return NoFileError(
                problem.came,
                expected=f"A Python file {self.tier}.py in the folder of solutions.",
                why="One tier is one file, and it is found by its name.",
                hint=problem.hint,
                subject=self.file(),
            )
        path = self.submission.folder / f"{self.tier}.py"
        frames = ((str(path), problem.line, ""),) if problem.line else ()
        return LearnersCodeError(
            problem.came,
            expected="A file that Python can read from its first line to its last.",
            why="Python reads the whole file before it runs any of it, so no check of "
            f"{self.tier} could begin.",
            hint=problem.hint,
            error=LearnersError(problem.type, problem.came, frames=frames, column=problem.column),
            subject=self.file(),
        )

    def _ended(self, outcome: Outcome, limits: Limits) -> CheckEndedError:
        """How a check ends whose probe did not come to its end."""
        error = outcome.error
        at_import = (
            is_at_import(error, self.tier)
            if error is not None
            else self.submission.imports(self.tier).status != "ok"
        )
        subject = self.file() if at_import else ""
        if error is not None and "MissingPartError" in error.bases:
            return LearnersCodeError(
                f"{self.file()} defines no {error.message.strip(chr(39))}.",
                expected=f"{error.message.strip(chr(39))}, under this very name.",
                why="The checks, and the later tiers, find each part by its name.",
                hint="Compare the name with the stub's; python run_checks.py stubs --to FOLDER "
                "writes fresh stubs to another folder.",
            )
        if error is not None and "NotImplementedError" in error.bases and error.raised_by_learner:
            return self._unfinished(error)
        if outcome.status == "memory":
            return OverMemoryError(
                "Your code asked for more memory than it is given here "
                f"({limits.memory / 2**30:.0f} GB).",
                expected="A few megabytes: all of this works on small arrays.",
                why="On a laptop the whole machine would have begun to crawl.",
                hint="Look for a loop that grows a list, or a shape with a number too many.",
                error=error,
                subject=subject,
            )
        if outcome.status == "timeout" and outcome.detail == "budget":
            return OverTimeError(
                "This was not run any more: your code has used up the time that all checks "
                f"together may take ({self.submission.budget.seconds:.0f} seconds).",
                expected="Code that needs a second or two for most checks.",
                why="Whoever checks a whole class can't wait for one file.",
                hint="Fix first what took so long in the checks before this one.",
            )
        if outcome.status == "timeout":
            what = "The import of this file" if at_import else "Your code"
            return OverTimeError(
                f"{what} was still running when it was stopped.",
                expected=f"An end, long before {limits.seconds:.0f} seconds are over.",
                why="Training code is made of loops, and one that never ends looks just like one "
                "that is slow.",
                hint="Look for a `while` whose condition never changes, or for work at the top "
                "level of the file, outside `if __name__ == '__main__':`.",
                subject=subject,
            )
        if outcome.status == "oversized":
            return CrashedError(
                f"What your code returned is too large to look at: {outcome.detail}.",
                expected="An array or tensor of the size that was asked for.",
                why="A result of the wrong size is most often a shape with a number too many.",
                hint="Print the shape of what you return.",
            )
        if outcome.status == "exit":
            return LearnersCodeError(
                "Your code called exit and ended the program.",
                expected="A return value.",
                why="The checks, and whoever imports your file, go on after your function.",
                hint="Return from the function instead, and keep exit for the main block.",
                error=error,
                subject=subject,
            )
        if outcome.status == "error" and error is not None:
            return self._raised(error, subject)
        if outcome.status == "garbled":
            Evidence().__missing__("")
        return CrashedError(
            f"The process that ran your code broke down: {outcome.detail}.",
            expected="A return value.",
            why="Python code alone does not do that: a call into the system or a C library does.",
            hint="Look for os._exit, os.kill, ctypes, or a very deep recursion.",
            subject=subject,
        )

    def _unfinished(self, error: LearnersError) -> CheckEndedError:
        file, line, _ = error.frames[-1]
        name = self.submission.part_at(file, line)
        tier = Path(file).stem
        if tier == self.tier and name in (self.about, ""):
            is_method = error.message.startswith(f"{self.about}.") and len(error.message) < 80
            part = error.message if is_method else self.about
            return NotWrittenError(f"Write {part} in {self.file()}.", error=error)
        awaited = f"{name or 'a part'} in {self.file(tier)}"
        return WaitsError(
            f"Waits for {awaited}, which is still to be written.", awaited=awaited, error=error
        )

    def _raised(self, error: LearnersError, subject: str) -> CheckEndedError:
        plain = translated(error, self.tier, self.submission.scene(error))
        expected = "A return value; instead your code raised an exception."
        why = plain.why
        if subject:
            expected = "A file that can be imported; instead a line of it raised an exception."
            why += f" No check of {self.tier} could begin: an import runs the whole file."
        return LearnersCodeError(
            worded(error),
            expected=expected,
            why=why,
            hint=plain.hint,
            mistake=CATALOGUE.get(plain.mistake_id),
            error=error,
            subject=subject,
        )
