"""Notebooks as files: what is taken out of their cells, and what is said of those that can't be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.engine.errors import FileError
from checks.engine.learner.notebook import MAX_BYTES, Place, cells, code, defined_in
from checks.engine.learner.source import parsed
from checks.engine.learner.transfer import places, transferred

PART = "def part(a):\n    return a + 1"


def file(*sources: str | list[str], **changes: Any) -> bytes:
    """A notebook with these code cells."""
    made: list[Any] = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [],
         "execution_count": None}
        for source in sources
    ]  # fmt: skip
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": made} | changes).encode()


def text(*sources: str, parts: tuple[str, ...] = ("part",), name: str = "part.py") -> str:
    return code(cells(file(*sources), "my.ipynb"), parts, name).text


def notes(*sources: str) -> tuple[str, ...]:
    return code(cells(file(*sources), "my.ipynb"), ["part"]).notes


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"print(1)", "its contents are no JSON"),
        (b"[" * 100_000, "its contents are no JSON"),
        (b"\xff\xfe", "its contents are no JSON"),
        (b"{}", "it has no cells"),
        (b"[1]", "it has no cells"),
        (file(PART, nbformat=3), "old format"),
        (file(), "holds no code"),
        (file("", " \n"), "holds no code"),
        (file(PART, cells=7), "holds no code"),
        (file("x" * 2**21), "more than 1 MB of code"),
        (b" " * (MAX_BYTES + 1), "has 50 MB; clear the outputs"),
        (file("x <- 1", metadata={"kernelspec": {"language": "R"}}), "a notebook in R, not in"),
        (file("x", metadata={"language_info": {"name": "julia"}}), "a notebook in julia, not in"),
    ],
)
def test_what_is_no_notebook_of_ours_is_said(contents: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said):
        cells(contents, "my.ipynb")


def test_sources_come_as_texts_or_as_lists_of_lines() -> None:
    found = cells(file("a = 1\r\nb = 2", ["c = 3\n", "d = 4"]), "my.ipynb")
    assert [(cell.number, cell.text) for cell in found] == [
        (1, "a = 1\nb = 2"),
        (2, "c = 3\nd = 4"),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "!pip install torch\n" + PART,
        "!pip install torch \\\n    --quiet\n" + PART,
        "%matplotlib inline\n%load_ext autoreload\n" + PART,
        "%%time\n" + PART,
        "files = !ls\n" + PART,
        "part?\n" + PART,
        "if True:\n    !ls\n" + PART,
        "from google.colab import drive\ndrive.mount('/content')\n" + PART,
    ],
)
def test_magics_and_shell_lines_do_no_harm(cell: str) -> None:
    assert text(cell).strip() == PART
    assert not notes(cell)


def test_a_cell_of_another_language_is_nothing() -> None:
    assert text("%%bash\nrm -rf part", PART, "%%html\n<b>part</b>").strip() == PART


def test_a_percent_sign_in_a_text_stays() -> None:
    whole = 'def part():\n    return """\n%time\n!x\n"""'
    assert text(whole).strip() == whole


def test_what_trains_or_plots_is_dropped() -> None:
    assert text("import torch\ntorch.manual_seed(0)", PART, "model = part(1)\nprint(model)",
                "for epoch in range(5):\n    loss = part(epoch)").strip() == PART  # fmt: skip


def test_what_a_part_uses_comes_along() -> None:
    found = text(
        "import numpy as np\nimport wandb\nSIZE = 3",
        "def helper(a, n=SIZE):\n    return np.ones(n) * a",
        "if SIZE > 2:\n    SCALE = 2\nelse:\n    SCALE = 1",
        "def part(a):\n    return helper(a) * SCALE",
    )
    made = parsed(found, "")
    assert "wandb" not in found
    space: dict[str, Any] = {}
    exec(found, space)  # the test's own text
    assert space["part"](1).tolist() == [2, 2, 2]
    assert list(made.definitions) == ["SIZE", "helper", "part"]


def test_the_last_definition_counts_and_that_is_said() -> None:
    assert text("def part():\n    return 1", PART).strip() == PART
    assert notes("def part():\n    return 1", PART) == (
        "part is defined in cell 1 and again in cell 2; the last one counts.",
    )


def test_a_value_that_is_built_up_stays_whole() -> None:
    found = text("def part():\n    return 1\npart = twice(part)", "def twice(f):\n    return f")
    assert found.index("def twice") < found.index("part = twice(part)")
    assert found.index("def part") < found.index("part = twice(part)")


def test_a_cell_that_is_no_python_is_left_out_and_named() -> None:
    assert text("def part(:\n", PART).strip() == PART
    assert notes("def part(:\n", PART)[0].startswith(
        "Cell 1 is left out, since it is not valid Python (line 1:"
    )


def test_cells_run_in_another_order_are_noted() -> None:
    made = json.loads(file(PART, "a = 1"))
    made["cells"][0]["execution_count"], made["cells"][1]["execution_count"] = 2, 1
    found = code(cells(json.dumps(made).encode(), "my.ipynb"), ["part"])
    assert "another order" in found.notes[0]


def test_a_base_class_in_a_later_cell_comes_first() -> None:
    found = text("class part(Base):\n    pass", "class Base:\n    pass")
    assert found.index("class Base") < found.index("class part")


def test_answers_and_their_changes_are_kept() -> None:
    found = text("ANSWERS = {}", "ANSWERS['a'] = 'b'", "REFLECTION = 'x'", "OTHER = {}")
    assert found.split("\n")[:3] == ["ANSWERS = {}", "ANSWERS['a'] = 'b'", "REFLECTION = 'x'"]
    assert "OTHER" not in found


def test_a_cell_that_writes_the_file_is_the_file() -> None:
    found = code(cells(file("%%writefile x/part.py\nimport os\n" + PART), "my.ipynb"), ["part"],
                 "part.py")  # fmt: skip
    assert found.text == "import os\n" + PART
    assert found.place(2) == Place(1, 3)


SOURCES = ["import os", "X = 1", PART, "def h():\n    return X", "print(2)", "%time 1", "def (",
           "@h\ndef part(b):\n    return b", "Y = X"]  # fmt: skip


@given(st.lists(st.sampled_from(SOURCES)))
def test_every_line_leads_back_to_its_cell(sources: list[str]) -> None:
    if not any(source.strip() for source in sources):
        return
    given_cells = cells(file(*sources), "my.ipynb")
    found = code(given_cells, ["part", "h", "Y"])
    parsed(found.text, "")
    for number, line in enumerate(found.text.split("\n"), 1):
        if (place := found.place(number)) is not None:
            assert given_cells[place.cell - 1].text.split("\n")[place.line - 1] == line
    assert defined_in(given_cells) >= set(parsed(found.text, "").definitions)


# Into a file --------------------------------------------------------------------------------------

FILE = '''"""A tier."""

import os

# Part 1 -----


def part(a):
    """Say."""
    raise NotImplementedError("part")


# Your choices:
ANSWERS = {"a": "?"}


def main():
    part(1)


if __name__ == "__main__":
    main()
'''


def put(*sources: str, into: str = FILE) -> str:
    found = code(cells(file(*sources), "my.ipynb"), ["part", "ANSWERS"])
    return transferred(found, parsed(into, "part.py"), "my.ipynb").text


def test_a_definition_is_replaced_and_the_rest_stays() -> None:
    changed = 'def part(a):\n    """Say."""\n    return a'
    assert put(changed) == FILE.replace('    raise NotImplementedError("part")', "    return a")
    assert put(changed, into=put(changed)) == put(changed)
    assert put('ANSWERS = {"a": "b"}') == FILE.replace('"?"', '"b"')


def test_new_imports_and_helpers_come_below_the_imports() -> None:
    helper = "def h():\n    return nn, math, K"
    found = put("import os, math\nfrom torch import nn", "K = 2", helper,
                "def part(a):\n    return h(), os")  # fmt: skip
    head = found[: found.index("# Part 1")]
    assert head == (
        '"""A tier."""\n\nimport os\nimport os, math\nfrom torch import nn\n\nK = 2\n\n\n'
        "def h():\n    return nn, math, K\n\n"
    )


def test_what_needs_the_files_own_definitions_comes_after_them() -> None:
    found = put("quick = part\ndef user():\n    return quick", PART, "ANSWERS = {'a': user}")
    assert found.index("quick = part") > found.index("ANSWERS")
    assert found.index("quick = part") < found.index("__main__")


def test_windows_line_ends_stay() -> None:
    found = put(PART, into=FILE.replace("\n", "\r\n"))
    assert "\r\n" in found
    assert found.count("\n") == found.count("\r\n")


def test_two_definitions_in_a_line_are_left_to_their_writer() -> None:
    with pytest.raises(FileError, match="something else in one line"):
        put("part = 1", into="part = 2; other = 3\n")


def test_lines_of_the_file_lead_back_to_their_cells() -> None:
    found = code(cells(file("import os", "\n# mine\n" + PART), "my.ipynb"), ["part"])
    into = transferred(found, parsed(FILE, "part.py"), "my.ipynb")
    line = into.definitions["part"].node.lineno
    assert places(found, into)[line + 1] == Place(2, 4)
