"""The intermediate tier: the generator, and the images that it makes.

False alarms: one check judges a fresh draw, 20,000 numbers that must come from N(0, 1); right code
fails it with a probability of at most 3e-7 (see `engine/judging/common/statistics.py`). All the
rest compares what one network made with what it made elsewhere, or random tensors that are never
equal by chance.
"""

from __future__ import annotations

from checks.engine.course.check import check
from checks.engine.judging.common.answers import judge_answers
from checks.engine.judging.intermediate import (
    generator_layers,
    generator_output,
    generators,
    sampling,
)
from checks.engine.sandbox.solution import Solution

NETWORK, SAMPLING = "Generator", "generate_images"


# --- Generator ------------------------------------------------------------------------------------


@check("One flat image of 784 pixels for each latent vector", about=NETWORK, points=1)
def test_shape(solution: Solution) -> None:
    """Your generator gets batches of 64, 7 and 1 latent vectors. Each has to come out as float32 of
    shape (N, 784), one flat image for each vector.

    An image of 28 × 28 is a row of 784 pixels for a linear layer, W h + b. The number of rows is
    the batch, and it may be any number.

    Hint: The last linear layer decides how many numbers come out of each row.
    """
    generator_output.judge_shape(solution)


@check("Pixels fill the range [-1, 1] and never leave it", about=NETWORK, points=2)
def test_range(solution: Solution) -> None:
    """The check feeds small and very large latent vectors, with weights as they are and with far
    stronger ones. No pixel may leave [-1, 1], both ends must come within reach, and no activation
    may stand between the last linear layer and the tanh. A clamp in its place brings advice.

    tanh(s) = (exp(s) - exp(-s)) / (exp(s) + exp(-s)) bends every number into (-1, 1). The real
    images are scaled to the same range, so D cannot tell the two by it, and a slope is left for G
    to learn from.

    Hint: Look for the function that maps all numbers to those between -1 and 1; it comes last, and
    nothing is rescaled after it.
    """
    generator_output.judge_range(solution)


@check("Another z gives another image, the same z the same", about=NETWORK, points=1)
def test_uses_input(solution: Solution) -> None:
    """In eval mode the same latent vectors must give the same images, and other vectors others. An
    image may not depend on its neighbors in the batch, and each of the latent numbers has to have
    an effect.

    G is a fixed recipe from z to an image. All the variety of its images comes from z, so a z that
    is ignored is mode collapse from the start.

    Hint: Send z through all the layers in forward, one after the other, and draw no random numbers
    there.
    """
    generator_output.judge_input(solution)


@check("More than one linear layer: a non-linearity in between", about=NETWORK, points=2)
def test_nonlinear(solution: Solution) -> None:
    """The check compares G's image halfway between two latent vectors with halfway between their
    images, at seven scales and before the last activation. It also looks whether one hidden linear
    layer hands its numbers straight to the next.

    W2 (W1 z + b1) + b2 is again one matrix times z plus one vector: without something that bends in
    between, many layers can do no more than a single one.

    Hint: Put a non-linearity, such as LeakyReLU, behind each hidden linear layer.
    """
    generator_layers.judge_nonlinear(solution)


@check("PyTorch knows every weight that the generator uses", about=NETWORK, points=1)
def test_registered(solution: Solution) -> None:
    """The check follows the computation from the images back to all the weights in it, and looks
    whether each of them is among generator.parameters().

    An optimizer moves what parameters() lists, and state_dict saves the same. A weight that PyTorch
    does not know of is never trained and never saved.

    Hint: Make the layers in __init__ and keep them on self; a plain Python list hides them, an
    nn.Sequential does not.
    """
    generators.judge_registered(generators.learning(solution))


@check("A new generator starts with random weights of its own", about=NETWORK, points=1)
def test_own_weights(solution: Solution) -> None:
    """The check makes two generators. No weight matrix may hold one number all over (zeros in some
    layers are allowed), the two may not share any tensors, and making a generator must not set a
    seed for the rest of the program.

    Two units with equal weights get equal gradients and stay the same forever, so a network has to
    start from different, random numbers.

    Hint: PyTorch's layers bring random first weights along; it is enough to make new layers in each
    __init__.
    """
    generators.judge_own_weights(solution)


@check("The gradient reaches every weight", about=NETWORK, points=1)
def test_gradient(solution: Solution) -> None:
    """The check goes backward from the images of a new generator. Each of its weights must want a
    gradient and get one, finite and not 0 everywhere. Weights that are never used bring advice.

    Training follows w <- w - lr · dL/dw, and dL/dw reaches a weight through the images only. A
    weight that is cut off, frozen or never used stays as it was at the start.

    Hint: Use every layer that you make, and keep forward free of detach, no_grad and conversions to
    NumPy.
    """
    generators.judge_gradient(solution)


@check("latent_dim is kept, and decides the size of z", about=NETWORK, points=1)
def test_latent_dim(solution: Solution) -> None:
    """Generators are made with latent_dim=64, with 100 and with the default. Each has to take
    vectors of that length and to keep the number as generator.latent_dim, also where it was passed
    by position.

    To draw noise for a generator, you have to know how long its latent vectors are. Your later
    functions ask it for the number.

    Hint: The first linear layer takes latent_dim numbers; the stub's own lines already keep the
    attribute.
    """
    generator_layers.judge_latent_dim(solution)


@check("hidden_dims decides the hidden layers, any number of them", about=NETWORK, points=1)
def test_hidden_dims(solution: Solution) -> None:
    """Generators are made with hidden_dims=(40,) and (72, 48, 88). Each has to have a hidden layer,
    or a block of them, for each entry, of that width and in that order. A hidden layer more, or
    trouble without any, (), brings advice only.

    Width and depth decide how complicated a mapping from noise to images G can learn. As an
    argument they can be tried out without a change in the code.

    Hint: Go through hidden_dims in a loop, and remember how wide the layer before was: the next one
    takes that many numbers.
    """
    generator_layers.judge_hidden_dims(solution)


@check("Weights that are saved and loaded give the same images", about=NETWORK, points=1)
def test_state_dict(solution: Solution) -> None:
    """One generator is fed some noise in training mode, and its state_dict is loaded into a new
    one. In eval mode the two then have to make the same images of the same z.

    A training is worth nothing if its result cannot be kept. The state_dict holds what PyTorch
    knows of a network, and nothing else survives.

    Hint: Whatever the images depend on has to be a layer, a parameter or a buffer of the module.
    """
    generators.judge_state_dict(solution)


# --- generate_images ------------------------------------------------------------------------------


@check("As many images of 28 × 28 as asked for", about=SAMPLING, points=1)
def test_images_shape(solution: Solution) -> None:
    """Your generate_images is asked for 7 images, for 1 and for the default's 16, by name and by
    place. They have to come as a tensor of shape (n_images, 28, 28).

    G makes flat rows of 784 pixels. To look at them one needs the rows and columns back:
    784 = 28 · 28.

    Hint: First let G make its rows from n_images latent vectors; the last thing is a change of
    shape.
    """
    sampling.judge_shape(solution)


@check("The images are what the generator makes", about=SAMPLING, points=1)
def test_images_are_the_generators(solution: Solution) -> None:
    """A small generator notes what it makes. The images that come back must be exactly these
    pixels, line by line from the top, neither rescaled nor turned.

    The images are to show what G can do at this moment, in the range [-1, 1] that all of this
    course agrees on. If they are changed on the way, you judge G by a distorted picture.

    Hint: Call the generator that was handed in, and do nothing to its pixels but give them two
    sides.
    """
    sampling.judge_pixels(solution)


@check("The noise fits the generator and comes from N(0, 1)", about=SAMPLING, points=1)
def test_images_noise(solution: Solution) -> None:
    """A small generator with latent vectors of 5 numbers notes its noise. For 4,000 images there
    must be 4,000 different vectors of that length, with numbers from N(0, 1).

    G knows only the noise that it was trained on. From any other distribution its images say little
    about what it has learned.

    Hint: Your function of the beginner tier draws this noise, and generator.latent_dim says how
    long each vector is.
    """
    sampling.judge_noise(solution)


@check("Sampling happens in eval mode", about=SAMPLING, points=1)
def test_eval_mode(solution: Solution) -> None:
    """The generator comes in training mode and notes its mode at each call. While it makes the
    images it has to be in eval mode.

    In training mode dropout removes random units, and batch normalization looks at the other images
    of the batch. Samples should show the whole of G, one image at a time.

    Hint: Every module has a method that switches it to eval mode; call it before the generator.
    """
    sampling.judge_eval_mode(solution)


@check("Afterwards the generator is in the mode it came in", about=SAMPLING, points=1)
def test_mode_restored(solution: Solution) -> None:
    """The generator comes once in training mode and once in eval mode, and has to be handed back in
    the mode in which it came. Where it is not restored after an error, there is advice.

    Samples are often taken in the middle of a training. If G stays in eval mode, the training goes
    on without its dropout, and no error tells.

    Hint: Make a note of generator.training before you change it, and put it back in a finally.
    """
    sampling.judge_mode_restored(solution)


@check("Sampling leaves the weights as they were", about=SAMPLING, points=1)
def test_generator_unchanged(solution: Solution) -> None:
    """After generate_images, the generator's weights have to be what they were before: their
    values, their type, and whether they want gradients. Gradients that have gone bring advice.

    To look is not to train. A G that was halved or frozen by looking at it goes on differently
    afterwards.

    Hint: To save the work of gradients, tell PyTorch not to record them for a while; the weights
    need no change for that.
    """
    sampling.judge_generator_unchanged(solution)


@check("The images drag no graph along", about=SAMPLING, points=1)
def test_no_graph(solution: Solution) -> None:
    """The images that come back must not want gradients. If a graph was recorded on the way and
    only cut off at the end, the check passes with advice.

    PyTorch keeps all steps of a computation in memory in case of a backward(). Images to look at
    will never have one, and they cannot be drawn before they are cut off.

    Hint: PyTorch has a block, opened by with, inside which nothing is recorded.
    """
    sampling.judge_graph(solution)


@check("Same seed, same images; other seed, other images", about=SAMPLING, points=1)
def test_images_seed(solution: Solution) -> None:
    """The check asks one generator for images with nine seeds, and with two of these, 7 and 0,
    again. The same seed has to give the same images, and no two seeds may share one.

    Only on the same latent vectors can one see how G improves. New images from other vectors differ
    anyway, whether G has learned or not.

    Hint: The images follow from the noise, so it is enough to hand the seed on to where the noise
    is drawn.
    """
    sampling.judge_seed(solution)


@check("Without a seed, new images at every call", about=SAMPLING, points=1)
def test_images_fresh(solution: Solution) -> None:
    """The check asks for images without a seed, then with one, then without again. The first and
    the last ones must differ.

    Sixteen images are a small sample of what G can do. To see more of it, each look has to show
    others.

    Hint: Hand the seed on as it came, None included, and set none of your own.
    """
    sampling.judge_fresh(solution)


@check("Sampling leaves PyTorch's settings alone", about=SAMPLING, points=1)
def test_images_global_state(solution: Solution) -> None:
    """The check compares PyTorch's settings before and after, among them whether gradients are
    recorded: they must be the same. Sampling that sets the global random numbers brings advice.

    Sampling between two epochs should not change how the training goes on. With gradients switched
    off for good, nothing more is learned.

    Hint: Leave the seed to your function of the beginner tier, and switch gradients off in a way
    that ends by itself.
    """
    sampling.judge_global_state(solution)


@check("The questions on the generator", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    """Your letters in ANSWERS are compared with the right ones. A wrong choice is named, without
    telling which one is right; a question that still has a question mark counts as not written yet.

    A generator that runs is quickly written. The questions ask why it is built this way, and what
    would be missing otherwise.

    Hint: The lesson at the top of the file explains each of these points; rule out the choices that
    contradict it.
    """
    judge_answers(solution)
