"""Experiments on the game: the losses, their gradients, and what is left in .grad."""

from __future__ import annotations

import math

from checks.engine.course.verdict import Exhibit
from checks.experiments.record import Experiment, Outcome, nearest


def measure_vanishing(seed: int) -> Outcome:
    """The gradient that reaches G under either loss, as D gets better."""
    import torch
    from advanced import discriminator_loss, generator_loss

    rows = []
    for fooled in (0.5, 0.1, 0.01):
        scores = torch.full((16, 1), fooled)
        d_loss = discriminator_loss(1 - scores, scores).item()
        pulls = []
        for loss in (lambda score: torch.log(1 - score).mean(), generator_loss):
            last_sum = torch.logit(scores).requires_grad_()
            loss(torch.sigmoid(last_sum)).backward()
            assert last_sum.grad is not None
            pulls.append(float(last_sum.grad.sum()))
        rows.append((f"{fooled:.2f}", f"{d_loss:.2f}", *(f"{pull:+.3f}" for pull in pulls)))
    weak = [abs(pull) < 0.1 for pull in pulls]
    letters = {(True, True): "a", (False, False): "b", (False, True): "c", (True, False): "d"}
    shown = Exhibit(
        "The gradient at D's last sum, by its score of fake images",
        ("score", "D's loss", "saturating", "non-saturating"),
        tuple(rows),
        "From there it goes on, back to G. Negative means that G's step raises the score.",
    )
    return Outcome(shown, letters[weak[0], weak[1]])


def measure_forgotten(seed: int) -> Outcome:
    """Three updates on one batch, with and without zero_grad."""
    import torch
    from advanced import Discriminator, discriminator_loss, normalize_images

    from checks.engine.data.digits import draw_digits

    real_images = normalize_images(torch.from_numpy(draw_digits(32, seed)[0]))
    fake_images = torch.rand_like(real_images) * 2 - 1
    lengths: dict[bool, list[float]] = {}
    for clears in (True, False):
        torch.manual_seed(seed)
        discriminator = Discriminator()
        optimizer = torch.optim.SGD(discriminator.parameters(), lr=1e-4)
        lengths[clears] = []
        for _ in range(3):
            before = torch.nn.utils.parameters_to_vector(discriminator.parameters()).detach()
            if clears:
                optimizer.zero_grad()
            loss = discriminator_loss(discriminator(real_images), discriminator(fake_images))
            loss.backward()
            optimizer.step()
            after = torch.nn.utils.parameters_to_vector(discriminator.parameters()).detach()
            lengths[clears].append(float((after - before).norm()) / 1e-4)
    rows = tuple(
        (f"step {i + 1}", f"{lengths[True][i]:.2f}", f"{lengths[False][i]:.2f}") for i in range(3)
    )
    ratio = lengths[False][2] / lengths[False][0]
    note = f"Without clearing, the third update is {ratio:.2f} times the first."
    heads = ("", "cleared each time", "never cleared")
    shown = Exhibit("How far D moves, in units of the learning rate", heads, rows, note)
    return Outcome(shown, nearest(ratio, {"a": 1.0, "b": 3.0, "c": 1 / 3, "d": 0.0}, 0.3))


def measure_twice(seed: int) -> Outcome:
    """The scores that D can give where a sigmoid follows upon its sigmoid."""
    import torch
    from advanced import discriminator_loss

    last_sums = torch.tensor([-20.0, -2.0, 0.0, 2.0, 20.0])
    once = torch.sigmoid(last_sums)
    twice = torch.sigmoid(once)
    rows = tuple(
        (f"{last_sum:+.0f}", f"{one:.3f}", f"{two:.3f}")
        for last_sum, one, two in zip(
            last_sums.tolist(), once.tolist(), twice.tolist(), strict=True
        )
    )
    best = discriminator_loss(twice[-1:], twice[:1]).item()
    ranges = {"a": (0.0, 1.0), "b": (0.0, 0.5), "c": (0.5, 0.73), "d": (0.25, 0.75)}
    low, high = twice.min().item(), twice.max().item()
    off = {each: math.dist((low, high), ends) for each, ends in ranges.items()}
    letter = min(off, key=lambda each: off[each])
    note = f"So D's loss can't fall below {best:.2f}, however well D does."
    shown = Exhibit("What becomes of D's last sum", ("last sum", "once", "twice"), rows, note)
    return Outcome(shown, letter if off[letter] < 0.05 else "")


def measure_guess(seed: int) -> Outcome:
    """What it costs D to give every image the same score."""
    import torch
    from advanced import discriminator_loss

    guesses = (0.01, 0.25, 0.5, 0.75, 0.99)
    losses = [
        discriminator_loss(torch.full((16, 1), guess), torch.full((16, 1), guess)).item()
        for guess in guesses
    ]
    best = guesses[losses.index(min(losses))]
    letter = "b" if max(losses) - min(losses) < 0.01 else nearest(best, {"a": 0.5, "c": 0, "d": 1})
    rows = tuple((f"{g:.2f}", f"{loss:.3f}") for g, loss in zip(guesses, losses, strict=True))
    shown = Exhibit("One score for every image", ("score", "D's loss"), rows)
    return Outcome(shown, letter)


EXPERIMENTS = (
    Experiment(
        "vanishing",
        "D's loss has fallen to 0.02, since it scores fake images near 0.01. What will G's "
        "gradient do, with the saturating loss log(1 - D(G(z))) and with the non-saturating one?",
        {
            "a": "It almost vanishes with both: D leaves G nothing to learn from.",
            "b": "It is strong with both: G learns most where it does the worst.",
            "c": "It is strong with the saturating, and vanishes with the other.",
            "d": "It vanishes with the saturating, and is strong with the other.",
        },
        measure_vanishing,
        "At D's last sum the saturating loss has the gradient -D(G(z)) and the non-saturating one "
        "-(1 - D(G(z))). Both point the same way; where D sees through everything, only the second "
        "is still felt.",
    ),
    Experiment(
        "forgotten",
        "Three steps of plain gradient descent on one batch, at a tiny learning rate, and "
        "zero_grad is forgotten. How large is the third update, compared with the first?",
        {
            "a": "As large: it is the same batch and nearly the same D.",
            "b": "Three times as large: .grad holds all three gradients.",
            "c": "A third as large: it becomes the mean of all three.",
            "d": "Almost 0: the old gradients and the new ones cancel.",
        },
        measure_forgotten,
        "backward() adds to what stands in .grad, so the third step goes along the sum of three "
        "gradients. In a game these belong to other images and to an older D.",
    ),
    Experiment(
        "guess",
        "D cannot tell real from fake and gives every image one and the same score. Which score "
        "costs it the least?",
        {
            "a": "0.5, which says that it does not know.",
            "b": "Any: half of its guesses are right.",
            "c": "Close to 0, as every one may be fake.",
            "d": "Close to 1, as every one may be real.",
        },
        measure_guess,
        "Being sure and wrong costs far more than being unsure. So a D that can only guess says "
        "0.5, at a loss of 2 log 2: the number to remember when you read loss curves.",
    ),
    Experiment(
        "twice",
        "D ends in a sigmoid, and by mistake a second sigmoid is put on its scores. Which scores "
        "can D still give?",
        {
            "a": "All from 0 to 1, as with one sigmoid.",
            "b": "Only those from 0 to 0.5, all too low.",
            "c": "Only those from 0.5 to 0.73 or so.",
            "d": "Only the middle, from 0.25 to 0.75.",
        },
        measure_twice,
        "The second sigmoid is given numbers between 0 and 1 only, and makes of them what a "
        "sigmoid makes of 0 to 1. D can't call an image fake any more. That happens with the "
        "loss binary_cross_entropy_with_logits, which has a sigmoid inside.",
    ),
)
