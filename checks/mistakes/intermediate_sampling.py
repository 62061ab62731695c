"""Mistakes of the intermediate tier: sampling from the generator."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_SAMPLING = (
    "Samples are for looking at, in the middle of training too; taking them should show the "
    "generator as it is, and leave it as it was."
)

MISTAKES = (
    Mistake(
        "n-images-ignored",
        "The number of images asked for is ignored",
        symptom="The grid has too many images for its places, or too few.",
        why="The argument decides how many, not a number in the code.",
        hints=(
            "The same number came back for different arguments.",
            "Look at how many latent vectors you draw.",
            "n_images is the number of rows of the noise.",
        ),
    ),
    Mistake(
        "images-not-28x28",
        "The images do not have the shape (N, 28, 28)",
        symptom="Plotting fails, or shows one long line.",
        why="A picture has rows and columns. The first dimension counts the images, even if there "
        "is only one.",
        hints=(
            "The generator gives rows of 784; an image has 28 rows of 28.",
            "Look at the last line: is there a reshape, or a squeeze too many?",
            "reshape with three sizes, the first of them the number of images.",
        ),
    ),
    Mistake(
        "images-transposed",
        "Rows and columns of the images are swapped",
        symptom="All digits lie on their side, mirrored.",
        why="Pixels are counted row by row, in the real images too.",
        hints=(
            "The pixels are right, their order is not.",
            "Look for transpose, permute, .T or mT.",
            "A plain reshape reads row by row.",
        ),
    ),
    Mistake(
        "images-rescaled",
        "The images are rescaled after the generator made them",
        symptom="Shown later, they are rescaled a second time: pale images.",
        why="Every part of the course hands images on in [-1, 1]; only what draws them converts.",
        hints=(
            "The right images, on another scale.",
            "Look for a line that adds, multiplies or clamps after the generator.",
            "Hand on what the generator made.",
        ),
    ),
    Mistake(
        "images-not-the-generators",
        "Other images than the generator made",
        symptom="What you look at says nothing about your generator.",
        why="The samples are how you judge the training, so they have to be the generator's own.",
        hints=(
            "What the generator made and what came back differ.",
            "Look at what is returned: is it the variable that holds the generator's output?",
            "Only the shape changes on the way.",
        ),
    ),
    Mistake(
        "generator-not-called",
        "The generator is never called",
        symptom="The images are the same whatever was trained.",
        why="The images have to come from the generator that was handed in.",
        hints=(
            "The argument generator has to do the work.",
            "Look for where it is called with the noise.",
            "A module is called like a function.",
        ),
    ),
    Mistake(
        "latent-size-assumed",
        "Noise of a fixed size, whatever the generator takes",
        symptom="A generator of another latent size fails with a shape error.",
        why="Each generator knows how long its latent vectors are.",
        hints=(
            "Ask the generator instead of assuming 100.",
            "Look at the sizes with which you draw the noise.",
            "The generator's attribute latent_dim.",
        ),
    ),
    Mistake(
        "sampling-noise-not-normal",
        "Samples from noise that is not N(0, 1)",
        symptom="The samples look worse than the training would have them.",
        why="G has only ever seen noise from N(0, 1); elsewhere its images mean little.",
        hints=(
            "The noise for looking is drawn as the noise for training is.",
            "Look for rand, uniform, a scaling, or a sample_noise_torch that is not right yet.",
            "Your sample_noise_torch, unchanged.",
        ),
    ),
    Mistake(
        "sampling-in-training-mode",
        "Samples taken in training mode",
        symptom="Spotty images from dropout; with batch-norm, each image depends on the others, "
        "and looking changes the running statistics.",
        why=_WHY_SAMPLING,
        hints=(
            "Some layers act differently while training.",
            "Look for a switch of the mode before the generator is called.",
            "A module's method of four letters.",
        ),
        source="PyTorch documentation, torch.nn.Module.eval",
    ),
    Mistake(
        "mode-not-restored",
        "The generator is left in eval mode",
        symptom="After the first samples, dropout and batch-norm no longer work in training, and "
        "nothing says so.",
        why=_WHY_SAMPLING,
        hints=(
            "If you switch the mode, you have to switch it back.",
            "Look at what happens after the images are made.",
            "Remember generator.training before, and hand it to generator.train(…) afterwards.",
        ),
        source="PyTorch documentation, torch.nn.Module.train",
    ),
    Mistake(
        "mode-always-training",
        "The generator is always put into training mode",
        symptom="A generator that was ready for sampling drops units again afterwards.",
        why=_WHY_SAMPLING,
        hints=(
            "The mode to return to is the one it came in, not always the same.",
            "Look for a train() without an argument.",
            "train(…) takes True or False: what generator.training was before.",
        ),
        source="PyTorch documentation, torch.nn.Module.train",
    ),
    Mistake(
        "sampling-changes-generator",
        "Sampling leaves the generator changed",
        symptom="Training goes on with other weights, or does not go on at all.",
        why=_WHY_SAMPLING,
        hints=(
            "Looking at the images should leave weights and gradients as they were.",
            "Look for zero_grad, requires_grad_, double or half on the generator.",
            "The mode is all that is switched, and it is switched back. Only the images may be "
            "converted.",
        ),
    ),
    Mistake(
        "sampling-keeps-graph",
        "The samples drag their graph along",
        symptom="Memory grows with every sample that is kept, and .numpy() refuses.",
        why="A graph is recorded for gradients, and looking at images needs none.",
        hints=(
            "Tell PyTorch that this computation needs no gradients.",
            "Look at the line that calls the generator: what surrounds it?",
            "A with block around the call.",
        ),
        source="PyTorch documentation, torch.no_grad",
    ),
)
