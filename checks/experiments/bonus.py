"""Experiments on what samples and losses tell: fixed noise, and a judge that gets stricter."""

from __future__ import annotations

from checks.engine.course.verdict import Exhibit
from checks.experiments.record import Experiment, Outcome


def measure_fixed_noise(seed: int) -> Outcome:
    """Two grids of one G, with the same noise and with new noise."""
    from intermediate import Generator, generate_images

    generator = Generator()
    first, again = generate_images(generator, 16, seed), generate_images(generator, 16, seed)
    other = generate_images(generator, 16, seed + 1)
    same, new = (float((first - grid).abs().mean()) for grid in (again, other))
    letters = {(False, True): "a", (False, False): "b", (True, True): "c", (True, False): "d"}
    rows = (("the same noise", f"{same:.2f}"), ("new noise", f"{new:.2f}"))
    shown = Exhibit("How far two grids of 16 images differ", ("", "a pixel, on average"), rows)
    return Outcome(shown, letters[same > 0.05, new > 0.05])


def measure_stricter_judge(seed: int) -> Outcome:
    """G's loss while G stands still and D trains."""
    import torch
    from advanced import Discriminator, discriminator_step, generator_loss, normalize_images
    from beginner import sample_noise_torch
    from intermediate import Generator

    from checks.engine.data.digits import draw_digits

    real_images = normalize_images(torch.from_numpy(draw_digits(256, seed)[0]))
    generator, discriminator = Generator(), Discriminator()
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    z = sample_noise_torch(64, 100, seed)
    rows, losses = [], []
    with torch.no_grad():
        images = generator(z)
    for step in range(31):
        if step % 10 == 0:
            with torch.no_grad():
                losses.append(generator_loss(discriminator(generator(z))).item())
                moved = float((generator(z) - images).abs().max())
            rows.append((str(step), f"{losses[-1]:.2f}", f"{moved:.2f}"))
        discriminator_step(
            generator, discriminator, optimizer, real_images[torch.randperm(256)[:64]]
        )
    change = losses[-1] / losses[0]
    if abs(change - 1) < 0.05:
        letter = "a" if max(losses) / min(losses) < 1.1 else "c"
    else:
        letter = "d" if change > 1 else "b"
    heads = ("D's steps", "G's loss", "change in its images")
    return Outcome(Exhibit("G stands still while D trains", heads, tuple(rows)), letter)


EXPERIMENTS = (
    Experiment(
        "fixed_noise",
        "Nothing is trained between two grids of 16 images. How much do they differ, with the same "
        "noise for both and with new noise for the second?",
        {
            "a": "Not at all with the same noise, plainly with new noise.",
            "b": "Not at all in either case, as no weight has moved.",
            "c": "Plainly in either case, as G draws at random each time.",
            "d": "Plainly with the same noise, not at all with new noise.",
        },
        measure_fixed_noise,
        "G is a fixed recipe: the same noise gives the same images, to the last digit. With new "
        "noise two grids differ even if G has learned nothing in between.",
    ),
    Experiment(
        "stricter_judge",
        "G stands still and goes on making the same images, while D trains for 30 steps. What does "
        "G's loss do?",
        {
            "a": "It stays as it is, since the images stay as they are.",
            "b": "It falls: a better D gives G better advice each step.",
            "c": "It goes up and down and ends where it has started.",
            "d": "It rises, since the same images face a stricter judge.",
        },
        measure_stricter_judge,
        "L_G is measured against the D of the moment. It rose here with no image any worse, and in "
        "a training it may rise while the images get better.",
    ),
)
