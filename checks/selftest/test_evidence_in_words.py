"""How evidence is put into words: numbers, and values by what they are."""

from __future__ import annotations

import numpy as np
import pytest

from checks.engine.judging.common import expect
from checks.engine.judging.common.exhibits import gradient_beside_formula, sample_beside_normal


@pytest.mark.parametrize(
    ("value", "text"), [(-0.0, "0.00"), (-0.004, "0.00"), (-0.006, "-0.01"), (1.005, "1.00")]
)
def test_what_rounds_to_zero_has_no_sign(value: float, text: str) -> None:
    assert expect.rounded(value) == text


def test_tables_show_no_negative_zero() -> None:
    tiny = np.full(8, -1e-6)
    shown = [sample_beside_normal(tiny), gradient_beside_formula({"real": (-tiny, tiny, tiny)})]
    assert not [cell for exhibit in shown for row in exhibit.rows for cell in row if "-0.0" in cell]
