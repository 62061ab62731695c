"""How the learner's `discriminator_accuracy` is judged."""

from __future__ import annotations

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence, Solution

# (real scores, fake scores)
CASES = [
    [[0.9, 0.6, 0.4], [0.1, 0.7]],
    [[0.8, 0.9, 0.7, 0.6], [0.2, 0.9, 0.8]],
    [[0.1, 0.2], [0.3, 0.1, 0.2, 0.4, 0.9]],
]
MORE = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]


def _cases(solution: Solution) -> list[list[list[float]]]:
    """CASES at seed 0, else with a few scores more in each."""
    rng = np.random.default_rng(solution.seed)
    return [
        [[*scores, *rng.choice(MORE, solution.size(0, 5)).tolist()] for scores in case]
        for case in CASES
    ]


def _taken(solution: Solution, training: bool) -> Evidence:
    return expect.record(solution.probe("accuracies", cases=_cases(solution), training=training))


def judge_accuracy(solution: Solution) -> None:
    """The share over all images of both kinds."""
    evidence, cases = _taken(solution, training=False), _cases(solution)
    shares = expect.items(evidence["shares"], len(cases))
    came = [expect.number(share, "The accuracy") for share in shares]
    rights = [
        (sum(p > 0.5 for p in real), sum(p < 0.5 for p in fake), len(real), len(fake))
        for real, fake in cases
    ]
    ways = {
        "": [(r + f) / (n + m) for r, f, n, m in rights],
        "accuracy-averaged": [(r / n + f / m) / 2 for r, f, n, m in rights],
        "accuracy-inverted": [1 - (r + f) / (n + m) for r, f, n, m in rights],
        "accuracy-real-only": [r / n for r, f, n, m in rights],
        "accuracy-as-percent": [100 * (r + f) / (n + m) for r, f, n, m in rights],
    }
    matching = [name for name, way in ways.items() if np.allclose(came, way, atol=1e-4)]
    if "" in matching:
        return
    case = next(k for k, share in enumerate(ways[""]) if not np.isclose(came[k], share, atol=1e-4))
    (real, fake), share = cases[case], ways[""][case]
    wrong(
        matching[0] if matching else "accuracy-wrong",
        expected=f"{share:.3f} for real images scored {real} and fake ones scored {fake}.",
        came=f"{came[case]:.3f}.",
    )


def judge_accuracy_mode(solution: Solution) -> None:
    """Scored in eval mode, and the mode restored, from both."""
    for training in (True, False):
        evidence = _taken(solution, training)
        modes = expect.items(evidence["modes"], len(evidence["modes"] or ()))
        if any(mode is not False for mode in modes):
            wrong(
                "accuracy-in-training-mode",
                expected="The discriminator scores in eval mode.",
                came="It was called in training mode.",
            )
        if evidence["training_after"] is not training:
            names = {True: "training mode", False: "eval mode"}
            wrong(
                "accuracy-mode-not-restored",
                expected=f"Afterwards in {names[training]}, as before.",
                came=f"It was left in {names[not training]}.",
            )


def judge_accuracy_graph(solution: Solution) -> None:
    """Without a graph, and nothing that gradients need is left switched off."""
    evidence = _taken(solution, training=True)
    if evidence["gradients_on_after"] is not True:
        wrong(
            "global-settings-changed",
            expected="After the call, PyTorch records graphs again.",
            came="Gradients are switched off for all that comes after.",
        )
    if evidence["frozen_after"] is not False:
        wrong(
            "left-frozen",
            expected="After the call, D's weights want gradients as before.",
            came="requires_grad is False for D's weights.",
        )
    if True in expect.entries(evidence["graphs"]):
        solution.advise(
            "sampling-keeps-graph",
            "D's scores were computed with a graph that nobody uses: torch.no_grad saves it.",
        )
