"""What one student gets back: the points, what is wrong in words, what passed, what was assumed.

Nothing in it names another student, a path of the machine that graded, or the seed. What the
student's own code said stands in it as plain text, whatever it was.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.engine import report
from checks.engine.classroom.results import Graded, number, scaled
from checks.engine.course.totals import by_cause
from checks.engine.course.verdict import Frame, Status, Verdict
from checks.engine.html import environment, policy
from checks.engine.plain_text import inert

HERE = Path(__file__).parent
MAX_COMMENT = 2000  # what learning platforms take as a comment
REST = "The rest is in feedback.html."
MARKDOWN = re.compile(r"([\\`*_\[\]<>#|])")
FIXED_TIME = (2020, 1, 1, 0, 0, 0)  # so that the same words make the same file


@dataclass(frozen=True)
class Cause:
    """One thing to fix: its words, where it is, and the checks that it costs."""

    name: str
    words: tuple[tuple[str, str], ...]
    places: tuple[str, ...]
    further: tuple[str, ...]
    checks: tuple[str, ...]
    points: int


@dataclass(frozen=True)
class Tier:
    """A tier in a student's words: what was reached, and what is open."""

    name: str
    state: str
    earned: int
    points: int
    todo: tuple[str, ...]
    passed: tuple[str, ...]


@dataclass(frozen=True)
class Feedback:
    """All that a student is told."""

    title: str
    points: str
    of: str
    tiers: tuple[Tier, ...]
    causes: tuple[Cause, ...]
    advice: tuple[str, ...]
    notes: tuple[str, ...]
    is_graded: bool = True


def feedback(student: Graded, to: float | None = None) -> Feedback:
    """What to tell a student; `to` is what all points are scaled to."""
    advice = dict.fromkeys(text for each in student.verdicts for text in each.advice)
    notes = [*student.record.unclear, *student.record.problems, *student.record.notes]
    return Feedback(
        student.title,
        number(scaled(student.points(), student.of, to)),
        number(to if to is not None else student.of),
        tuple(tier_of(student, tier) for tier in student.tiers),
        tuple(cause_of(group) for group in by_cause(student.verdicts)),
        tuple(inert(text) for text in advice),
        tuple(inert(text, 300) for text in notes),
        student.standing not in ("unclear", "infra"),
    )


def tier_of(student: Graded, tier: str) -> Tier:
    """How a student stands in one tier."""
    mine = [each for each in student.verdicts if each.tier == tier]
    points = sum(check.points for check in student.checks if check.tier == tier)
    open_ones = dict.fromkeys(each.came for each in mine if each.status.is_open)
    passed = tuple(each.title for each in mine if each.status is Status.PASSED)
    unjudged = any(check.tier == tier for check in student.unjudged)
    if tier in student.absent:
        state = f"No {tier}.py was handed in."
    elif unjudged:
        state = "Some of it could not be judged, through no fault of yours."
    elif mine and len(passed) == len(mine):
        state = "All right."
    else:
        state = f"{len(passed)} of {len(mine)} checks passed."
    if borrowed := dict.fromkeys(each.tier for verdict in mine for each in verdict.stand_ins):
        files = " and ".join(f"{name}.py" for name in borrowed)
        state += f" Checked with the reference's {files}, since yours could not be used."
    return Tier(tier, state, student.points(tier), points, tuple(map(inert, open_ones)), passed)


def cause_of(group: Sequence[Verdict]) -> Cause:
    """One thing to fix, from the verdicts that it brought about."""
    first = group[0]
    labels = ("What we expected", "What came", "Why it matters", "What to try")
    texts = (first.expected, first.came, first.why, first.hint)
    said = tuple((label, inert(text)) for label, text in zip(labels, texts, strict=True) if text)
    frames = first.frames or ((first.location,) if first.location else ())
    places = dict.fromkeys(place_in_words(frame) for frame in frames)
    further = dict.fromkeys(f"{o.mistake}. {o.came}" for each in group for o in each.further)
    is_judgement = len(group) == 1 and first.status is Status.FAILED
    came = inert(first.came.split("\n")[0], 100)
    return Cause(
        first.mistake or (first.title if is_judgement else came),
        said,
        tuple(inert(text, 200) for text in places)[-3:],
        tuple(inert(text) for text in further),
        tuple(each.title for each in group),
        sum(each.points for each in group),
    )


def place_in_words(frame: Frame) -> str:
    """A line of a file, or of a notebook's cell, with what stands there."""
    cell = f"cell {frame.cell}, " if frame.cell else ""
    return f"{Path(frame.file).name}, {cell}line {frame.line}: {frame.source}"


# How it is written --------------------------------------------------------------------------------


def as_html(words: Feedback) -> str:
    """The page of one student, in one file that needs nothing else."""
    from markupsafe import Markup

    style = Markup(page_style())  # the kit's own, so it is not escaped
    template = environment(HERE).get_template("feedback.html.j2")
    return template.render(words=words, style=style, policy=policy(style))


def page_style() -> str:
    """The style of the class's pages: that of a run's report, and what they have beside it."""
    base = Path(str(report.__file__)).with_name("page.css")
    return "\n".join(file.read_text(encoding="utf-8") for file in (base, HERE / "class.css"))


def as_markdown(words: Feedback, limit: int = MAX_COMMENT) -> str:
    """The same as a comment of at most `limit` characters."""
    blocks = [f"**{words.points} of {words.of} points**" if words.is_graded else "**Not graded**"]
    blocks += [
        f"- {tier.name}: {tier.earned} of {tier.points}. {tier.state}" for tier in words.tiers
    ]
    blocks[1:] = ["\n".join(blocks[1:])]
    blocks += [f"_{escaped(note)}_" for note in words.notes]
    for cause in words.causes:
        unit = "point" if cause.points == 1 else "points"
        rows = [f"**{escaped(cause.name)}** ({cause.points} {unit})"]
        rows += [f"{label}: {escaped(text)}" for label, text in cause.words]
        rows += [f"In {escaped(place)}" for place in cause.places[-1:]]
        rows += [f"Also: {escaped(text)}" for text in cause.further]
        blocks.append("  \n".join(rows))
    todo = [text for tier in words.tiers for text in tier.todo]
    if todo:
        blocks.append("Still open:\n" + "\n".join(f"- {escaped(text)}" for text in todo))
    return fitted(blocks, limit)


def fitted(blocks: Iterable[str], limit: int) -> str:
    """As many of the blocks as fit."""
    text = ""
    for block in blocks:
        longer = f"{text}\n\n{block}" if text else block
        if len(longer) > limit - len(REST) - 3:
            return f"{text}\n\n{REST}\n"
        text = longer
    return f"{text}\n"


def escaped(text: str) -> str:
    """Text in which Markdown and HTML see nothing."""
    plain = inert(text.replace("&", "&amp;"), 1000).replace("\n", " ")
    return MARKDOWN.sub(r"\\\1", plain).replace("\\<", "&lt;").replace("\\>", "&gt;")


# Where it goes ------------------------------------------------------------------------------------


def folders(students: Sequence[Graded]) -> dict[str, str]:
    """A folder for each student, by key: readable, safe on every system, and nobody else's."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for each in students:
        name = slug(f"{each.record.name} {each.key}" if each.record.name else each.key)
        chosen, copy = name, 1
        while chosen.casefold() in taken:
            copy += 1
            chosen = f"{name}-{copy}"
        taken.add(chosen.casefold())
        found[each.key] = chosen
    return found


def slug(text: str) -> str:
    """Letters and digits with hyphens between them."""
    composed = unicodedata.normalize("NFC", text)
    plain = re.sub(r"[\W_]+", "-", composed).strip("-")[:60].rstrip("-")
    is_device = re.fullmatch(r"(?:con|prn|aux|nul|com\d|lpt\d)", plain, re.IGNORECASE)
    return f"student-{plain}" if is_device or not plain else plain


def moodle_zip(pages: Sequence[tuple[Graded, str]]) -> bytes:
    """Moodle's feedback zip: a folder for each participant, known by the participant's number."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for student, page in pages:
            if not student.key.isdecimal():
                continue
            name = re.sub(r"[\\/:*?\"<>|_\x00-\x1f]", " ", student.record.name).strip(" .~")
            path = f"{name or 'Participant'}_{student.key}_assignfeedback_file/feedback.html"
            packed.writestr(zipfile.ZipInfo(path, FIXED_TIME), page)
    return stream.getvalue()
