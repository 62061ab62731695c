"""Experiments on the generator: the two modes, a batch of one, and the range of the output."""

from __future__ import annotations

from checks.engine.course.verdict import Exhibit
from checks.experiments.record import Experiment, Outcome


def measure_dropout(seed: int) -> Outcome:
    """The same vector twice through a network with dropout, in either mode."""
    import torch
    from beginner import sample_noise_torch
    from torch import nn

    network = nn.Sequential(nn.Linear(100, 200), nn.Dropout(0.5))
    z = sample_noise_torch(1, 100, seed)
    rows, same = [], []
    for mode in (True, False):
        network.train(mode)
        with torch.no_grad():
            first, second = network(z), network(z)
        same.append(torch.equal(first, second))
        zeros = (f"{int((output == 0).sum())} of 200" for output in (first, second))
        difference = f"{float((first - second).abs().max()):.2f}"
        rows.append(("training" if mode else "eval", *zeros, difference))
    heads = ("mode", "zeros, first time", "zeros, again", "largest difference")
    letters = {(True, True): "a", (False, False): "b", (True, False): "c", (False, True): "d"}
    shown = Exhibit("One vector, twice through one network", heads, tuple(rows))
    return Outcome(shown, letters[same[0], same[1]])


def measure_batch_of_one(seed: int) -> Outcome:
    """A single vector through a generator with batch normalization."""
    import torch
    from beginner import sample_noise_torch
    from torch import Tensor, nn

    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Linear(100, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2), nn.Linear(64, 784), nn.Tanh()
    )
    z = sample_noise_torch(2, 100, seed)
    messages = []

    def attempt(training: bool, vectors: Tensor) -> Tensor | None:
        network.train(training)
        try:
            with torch.no_grad():
                images: Tensor = network(vectors)
            return images
        except ValueError as error:
            messages.append(f"The error says: {error}.")
            return None

    def said(images: Tensor | None) -> str:
        return "error" if images is None else f"{len(images)} image{'s' * (len(images) > 1)}"

    both, first, second = attempt(True, z), attempt(True, z[:1]), attempt(True, z[1:])
    rows = (
        ("training, 2 vectors", said(both)),
        ("training, 1 vector", said(first)),
        ("eval, 1 vector", said(attempt(False, z[:1]))),
    )
    if first is None or second is None:
        letter = "c"
    elif bool(first.isnan().all()):
        letter = "d"
    else:
        letter = "b" if torch.allclose(first, second, atol=1e-4) else "a"
    note = messages[0] if messages else ""
    return Outcome(Exhibit("A generator with batch-norm", ("", "came out"), rows, note), letter)


def measure_sigmoid(seed: int) -> Outcome:
    """How near a G that ends in a sigmoid comes to a real image in [-1, 1]."""
    import torch
    from advanced import normalize_images

    from checks.engine.data.digits import draw_digits

    digit = normalize_images(torch.from_numpy(draw_digits(1, seed)[0]))
    black, white = digit < -0.9, digit > 0.9
    rows, errors = [], {}
    for name, squeeze in (("tanh", torch.tanh), ("sigmoid", torch.sigmoid)):
        pixels = torch.randn_like(digit, requires_grad=True)
        optimizer = torch.optim.Adam([pixels], lr=0.1)
        for _ in range(500):
            optimizer.zero_grad()
            (squeeze(pixels) - digit).square().mean().backward()
            optimizer.step()
        off = (squeeze(pixels.detach()) - digit).abs()
        errors[name] = float(off[black].mean()), float(off[white].mean())
        rows.append((name, *(f"{error:.2f}" for error in errors[name])))
    on_black, on_white = (error > 0.5 for error in errors["sigmoid"])
    letters = {(False, False): "a", (False, True): "b", (True, True): "c", (True, False): "d"}
    shown = Exhibit(
        "How far a pixel is off after 500 steps of training on one digit",
        ("ends in", "black pixels", "white pixels"),
        tuple(rows),
        "Black is -1 and white is 1, so 1 off is halfway to the other end.",
    )
    return Outcome(shown, letters[on_black, on_white])


EXPERIMENTS = (
    Experiment(
        "dropout",
        "A vector goes through a network with dropout twice, first in training mode, then in eval "
        "mode. In which mode do both times give the same?",
        {
            "a": "In both modes, as neither the weights nor the input change.",
            "b": "In neither mode, as dropout is a layer like every other one.",
            "c": "In training mode only, as eval mode tries something else.",
            "d": "In eval mode only, as training mode draws lots each time.",
        },
        measure_dropout,
        "In training mode dropout draws anew at each call which numbers to switch off; in eval "
        "mode it lets everything through. So images to look at are made in eval mode.",
    ),
    Experiment(
        "batch_of_one",
        "A generator with batch normalization, in training mode, is given a single vector z. What "
        "comes out?",
        {
            "a": "One image, as with any other number of vectors.",
            "b": "One image, but the same one for every single z.",
            "c": "An error: a single vector can't be normalized.",
            "d": "One image full of NaN, after a division by 0.",
        },
        measure_batch_of_one,
        "In training mode batch normalization takes mean and deviation from the batch, and a batch "
        "of one has no deviation. In eval mode it uses what it has collected, and one vector will "
        "do. That is one more thing that eval() is for.",
    ),
    Experiment(
        "sigmoid",
        "Real images are in [-1, 1], and a G that ends in a sigmoid learns a single one of them by "
        "heart. How near does it come?",
        {
            "a": "As near as with tanh: both squeeze numbers into a range.",
            "b": "The black background fits, but no stroke gets white.",
            "c": "Nothing fits: it ends as one gray from edge to edge.",
            "d": "The white strokes fit, but the background stays gray.",
        },
        measure_sigmoid,
        "A sigmoid ends at 0, and in [-1, 1] that is the gray in the middle. Most of a digit is "
        "background, so D tells such images at a glance, and G cannot do anything about it.",
    ),
)
