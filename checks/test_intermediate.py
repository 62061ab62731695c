"""The intermediate tier: the generator, and the images that it makes.

False alarms: one check judges a fresh draw, 20,000 numbers that must come from N(0, 1); right code
fails it with a probability of at most 3e-7 (see `checks/engine/statistics.py`). All the rest
compares what one network made with what it made elsewhere, or random tensors that are never equal
by chance.
"""

from __future__ import annotations

from checks.engine import generator_layers, generator_output, generators, sampling
from checks.engine.check import Solution, check
from checks.engine.questions import judge_answers

NETWORK, SAMPLING = "Generator", "generate_images"


# --- Generator ------------------------------------------------------------------------------------


@check("One flat image of 784 pixels for each latent vector", about=NETWORK, points=1)
def test_shape(solution: Solution) -> None:
    generator_output.judge_shape(solution)


@check("Pixels fill the range [-1, 1] and never leave it", about=NETWORK, points=2)
def test_range(solution: Solution) -> None:
    generator_output.judge_range(solution)


@check("Another z gives another image, the same z the same", about=NETWORK, points=1)
def test_uses_input(solution: Solution) -> None:
    generator_output.judge_input(solution)


@check("More than one linear layer: a non-linearity in between", about=NETWORK, points=2)
def test_nonlinear(solution: Solution) -> None:
    generator_layers.judge_nonlinear(solution)


@check("PyTorch knows every weight that the generator uses", about=NETWORK, points=1)
def test_registered(solution: Solution) -> None:
    generators.judge_registered(generators.learning(solution))


@check("A new generator starts with random weights of its own", about=NETWORK, points=1)
def test_own_weights(solution: Solution) -> None:
    generators.judge_own_weights(solution)


@check("The gradient reaches every weight", about=NETWORK, points=1)
def test_gradient(solution: Solution) -> None:
    generators.judge_gradient(solution)


@check("latent_dim is kept, and decides the size of z", about=NETWORK, points=1)
def test_latent_dim(solution: Solution) -> None:
    generator_layers.judge_latent_dim(solution)


@check("hidden_dims decides the hidden layers, any number of them", about=NETWORK, points=1)
def test_hidden_dims(solution: Solution) -> None:
    generator_layers.judge_hidden_dims(solution)


@check("Weights that are saved and loaded give the same images", about=NETWORK, points=1)
def test_state_dict(solution: Solution) -> None:
    generators.judge_state_dict(solution)


# --- generate_images ------------------------------------------------------------------------------


@check("As many images of 28 × 28 as asked for", about=SAMPLING, points=1)
def test_images_shape(solution: Solution) -> None:
    sampling.judge_shape(solution)


@check("The images are what the generator makes", about=SAMPLING, points=1)
def test_images_are_the_generators(solution: Solution) -> None:
    sampling.judge_pixels(solution)


@check("The noise fits the generator and comes from N(0, 1)", about=SAMPLING, points=1)
def test_images_noise(solution: Solution) -> None:
    sampling.judge_noise(solution)


@check("Sampling happens in eval mode", about=SAMPLING, points=1)
def test_eval_mode(solution: Solution) -> None:
    sampling.judge_eval_mode(solution)


@check("Afterwards the generator is in the mode it came in", about=SAMPLING, points=1)
def test_mode_restored(solution: Solution) -> None:
    sampling.judge_mode_restored(solution)


@check("Sampling leaves the weights and their gradients as they were", about=SAMPLING, points=1)
def test_generator_unchanged(solution: Solution) -> None:
    sampling.judge_generator_unchanged(solution)


@check("The images drag no graph along", about=SAMPLING, points=1)
def test_no_graph(solution: Solution) -> None:
    sampling.judge_graph(solution)


@check("Same seed, same images; other seed, other images", about=SAMPLING, points=1)
def test_images_seed(solution: Solution) -> None:
    sampling.judge_seed(solution)


@check("Without a seed, new images at every call", about=SAMPLING, points=1)
def test_images_fresh(solution: Solution) -> None:
    sampling.judge_fresh(solution)


@check("Sampling leaves the global random state and settings alone", about=SAMPLING, points=1)
def test_images_global_state(solution: Solution) -> None:
    sampling.judge_global_state(solution)


@check("The questions on the generator", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    judge_answers(solution)
