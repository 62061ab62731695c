"""Errors of shapes: what meets does not fit."""

from __future__ import annotations

from checks.engine.sandbox.translation.record import Translation

TOLD = r"mat1 and mat2 shapes cannot be multiplied "
ASSUMED = "The generator that came in takes latent vectors of another length than the noise has."
ASK_FOR_LENGTH = "Ask the generator for the length: it keeps it in an attribute."

TRANSLATIONS = (
    # Linear layers.
    Translation(
        # The checks' trainings ask for other latent sizes than 100.
        TOLD + r"\(\d+x(?:100 and (?P<asked>12|32)|(?P<drawn>12|32) and 100)x\d+\)",
        "The training asks for latent_dim={asked}{drawn}, and noise or generator has 100, the "
        "default.",
        "Look at where the generator is made and where noise is drawn: both have to be told "
        "latent_dim.",
        "training-latent-ignored",
        tiers=("advanced",),
    ),
    Translation(
        # The checks' own generator takes 8 latent numbers.
        TOLD + r"\(\d+x(?!8 )\d+ and 8x24\)",
        ASSUMED,
        ASK_FOR_LENGTH,
        "latent-size-assumed",
    ),
    Translation(
        # The generator that the snapshots are taken of takes 17 at seed 0, elsewhere up to 25.
        TOLD + r"\(\d+x(?P<came>\d+) and (?!(?P=came)x)(?:1[7-9]|2[0-5])x4[0-8]\)",
        ASSUMED,
        ASK_FOR_LENGTH,
        "latent-size-assumed",
        tiers=("bonus",),
    ),
    Translation(
        TOLD + r"\(\d+x28 and 784x\d+\)",
        "The linear layer takes whole images as rows of 784 numbers, and what came are images of "
        "28 rows with 28 numbers each.",
        "Flatten each image to one row first: images.flatten(start_dim=1) keeps the batch.",
    ),
    Translation(
        TOLD + r"\(1x(?P<came>\d+) and (?P<wanted>\d+)x\d+\)",
        "The linear layer takes rows of {wanted} numbers, and what came is a single row of "
        "{came}: as if the whole batch were one sample, or as one sample of another length.",
        "Flatten each sample and not the batch: .flatten(start_dim=1), or nn.Flatten(). If it is "
        "one sample, compare its length with the layer's first number.",
        line=r"flatten|view|reshape|ravel",
    ),
    Translation(
        TOLD + r"\(\d+x784 and (?P<wanted>\d+)x\d+\)",
        "Rows of 784 numbers, the size of a whole image, go into a linear layer that takes "
        "{wanted}.",
        "Is it the right network? G takes noise, D takes images. If it is, compare the number of "
        "outputs of each layer with the number of inputs of the next.",
    ),
    Translation(
        TOLD + r"\(\d+x(?P<came>\d+) and 784x\d+\)",
        "The linear layer takes whole images, rows of 784 numbers, and rows of {came} came.",
        "Is it the right network? D takes images, G takes noise. If it is, look at what the images "
        "went through before this line.",
    ),
    Translation(
        TOLD + r"\(\d+x(?P<came>\d+) and (?P<wanted>\d+)x\d+\)",
        "Rows of {came} numbers go into a linear layer that takes {wanted}.",
        "In nn.Linear(a, b), a is the length of what comes in and b of what goes out: in a chain, "
        "each layer's a is the b of the one before it. The first layer's a is the data's length.",
    ),
    # Two tensors that meet.
    Translation(
        r"size of tensor a \(\d+\) must match the size of tensor b \(\d+\) at non-singleton "
        r"dimension 0|could not be broadcast together with shapes \(\d+,\) \(\d+,\)",
        "Two rows of different lengths meet. Broadcasting lays shapes side by side from the right, "
        "so n weights in a row meet the latent numbers; in a column they meet all of them.",
        "Print the shape of the weights: as a column they are (n_steps, 1).",
        "weights-not-a-column",
        tiers=("beginner",),
    ),
    Translation(
        r"size of tensor a \((?P<one>\d+)\) must match the size of tensor b \((?P<other>\d+)\) at "
        r"non-singleton dimension 0",
        "Two tensors are combined number by number, and one holds {one} along its first dimension "
        "where the other holds {other}.",
        "The first dimension is most often the batch. The last batch of an epoch may be shorter: "
        "take sizes from the tensor that came, with len(…), and not from batch_size.",
    ),
    Translation(
        r"size of tensor a \((?P<one>\d+)\) must match the size of tensor b \((?P<other>\d+)\) at "
        r"non-singleton dimension (?P<where>\d+)",
        "Two tensors are combined number by number, and along dimension {where} one holds {one} "
        "where the other holds {other}.",
        "Print the .shape of both: one of them still has to be flattened or reshaped.",
    ),
    Translation(
        r"could not be broadcast together with shapes (?P<one>\([\d,]*\)) (?P<other>\([\d,]*\))",
        "Arrays of shapes {one} and {other} are combined number by number, and these do not fit.",
        "NumPy lays shapes side by side from the right; in each place the numbers have to be the "
        "same, or one of them 1.",
    ),
    Translation(
        r"output with shape \[1, .*doesn't match the broadcast shape \[(?P<n>\d+), ",
        "Images with one channel, gray ones, meet {n} means or deviations, one for each channel of "
        "a colour image.",
        "Give Normalize one number of each: (0.5,) and (0.5,). The comma makes it a tuple.",
    ),
    Translation(
        r"[Uu]sing a target size .* (?:different|that is)",
        "Scores have shape (N, 1); labels of shape (N,) are another shape, and stretching one to "
        "the other would compare every score with every label.",
        "Give the labels the scores' own shape: torch.ones_like is made for that.",
        "label-shape",
    ),
    Translation(
        r"Sizes of tensors must match except in dimension (?P<where>\d+). Expected size "
        r"(?P<one>\d+) but got size (?P<other>\d+)",
        "torch.cat puts tensors one after the other along dimension {where}; in all other "
        "dimensions they have to agree, and here {one} meets {other}.",
        "Print the shapes of what goes in: real and fake images both have to be (N, 784), real and "
        "fake scores both (N, 1).",
    ),
    Translation(
        r"stack expects each tensor to be equal size|expected sequence of length \d+ at dim",
        "Samples are stacked to one tensor, and they are not all of one shape.",
        "Print the shape of each of them before they are put together.",
    ),
    # Reshaping.
    Translation(
        r"shape '\[(?P<shape>.*)\]' is invalid for input of size (?P<n>\d+)"
        r"|cannot reshape array of size (?P<m>\d+) into shape",
        "view and reshape keep the count of numbers, and the shape asked for holds another count. "
        "A fixed number in the place of the batch size does that, and so does a shape without "
        "room for the batch.",
        "Use len(…) of what came in, or -1, in the place of the batch size.",
    ),
    Translation(
        r"view size is not compatible with input tensor's size and stride",
        "view only looks at the numbers in another way, as they lie in memory; after a transpose "
        "or permute they no longer lie in that order.",
        "Use reshape in the place of view: it copies the numbers where it has to.",
    ),
    Translation(
        r"Dimension out of range \(expected to be in range of \[(?P<range>.*?)\], but got "
        r"(?P<came>-?\d+)\)",
        "Dimensions count from 0. This tensor has none with the number {came}.",
        "Print the tensor's .shape just before this line; has something squeezed or flattened it?",
    ),
    Translation(
        r"(?:invalid index of a 0-dim tensor|iteration over a 0-d tensor)",
        "This tensor holds a single number and no dimension, as a mean or a loss does, so there is "
        "nothing to index or to loop over.",
        "Take the number out with .item(), or look at where the other numbers have gone.",
    ),
    Translation(
        r"too many indices for (?:tensor of dimension (?P<n>\d+)|array)",
        "There are more indices in the brackets than the tensor has dimensions.",
        "Print its .shape just before this line.",
    ),
    Translation(
        r"IndexError: index (?P<i>-?\d+) is out of bounds for (?:dimension|axis) (?P<where>\d+) "
        r"with size (?P<n>\d+)",
        "Counting begins at 0: among {n} there is no number {i}.",
        "Look at where the index comes from: it may be one too far, or count something else than "
        "dimension {where}.",
    ),
    # Batch-norm and convolutions.
    Translation(
        r"Expected more than 1 value per channel when training",
        "Batch-norm in training mode compares the samples of a batch, so it needs two or more.",
        "Put the generator into eval mode before it makes a single image. In a training, a last "
        "batch of one image does it too.",
    ),
    Translation(
        r"expected (?P<wanted>\d)D(?: or \dD)? input \(got (?P<came>\d)D input\)",
        "This layer takes tensors of {wanted} dimensions, and {came} came.",
        "BatchNorm1d goes with rows (N, features), BatchNorm2d with images (N, channels, height, "
        "width).",
    ),
    Translation(
        r"running_mean should contain (?P<came>\d+) elements not (?P<wanted>\d+)",
        "Batch-norm was made for {wanted} numbers in a row, and {came} came.",
        "Its number is the number of outputs of the layer right before it.",
    ),
    Translation(
        r"Expected 3D \(unbatched\) or 4D \(batched\) input to (?P<name>\w+)",
        "Convolutions take images as (N, channels, height, width). In this course images travel as "
        "rows of 784 numbers.",
        "Give them their shape at the start of forward, .reshape(-1, 1, 28, 28), and flatten what "
        "comes out.",
    ),
    Translation(
        r"expected input\[.*\] to have (?P<wanted>\d+) channels, but got (?P<came>\d+) channels",
        "The convolution was made for {wanted} channels, and {came} came. Gray images have one.",
        "Its first number is the number of channels that come in.",
    ),
    Translation(
        r"Kernel size can't be greater than actual input size|Output size is too small",
        "By this layer the image has become smaller than the window that moves over it.",
        "Follow the size through the layers: a stride of 2 halves it each time, and 28 becomes 14, "
        "then 7.",
    ),
)
