"""Mistakes of the intermediate tier: the generator, and sampling from it."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_RANGE = (
    "The real images are scaled to [-1, 1]. Pixels that G cannot make, or makes and should not, "
    "tell D at a glance which images are forged, and G cannot mend it."
)
_WHY_SAMPLING = (
    "Samples are for looking at, in the middle of training too; taking them should show the "
    "generator as it is, and leave it as it was."
)

MISTAKES = (
    Mistake(
        "not-a-module",
        "The generator is not a PyTorch module",
        symptom="No parameters(), no eval(), no state_dict(): nothing to train with.",
        why="nn.Module is what keeps the weights together, for the optimizer and for saving.",
        hints=(
            "The class gets all this by inheritance.",
            "Look at the line that begins with class.",
            "The name in the brackets after the class's name is the base class.",
        ),
        source="PyTorch documentation, torch.nn.Module",
    ),
    Mistake(
        "generator-shape",
        "The generator's output has another shape",
        symptom="The discriminator's first layer refuses the forged images.",
        why="One row for each latent vector, one number for each of the 28 × 28 pixels: real "
        "images come in this shape too, and D must be able to take both.",
        hints=(
            "The last linear layer decides how many numbers a row has.",
            "Look at its number of outputs, and at any reshape after it.",
            "784 outputs, and no reshape needed.",
        ),
    ),
    Mistake(
        "generator-not-flat",
        "Square images where flat ones are promised",
        symptom="The discriminator's first layer refuses the forged images.",
        why="The discriminator has a linear layer at its entrance, which takes rows of 784 "
        "numbers; generate_images gives them their two sides back for looking at.",
        hints=(
            "The pixels are all there, in another arrangement.",
            "Look for a view, reshape or unflatten at the end of forward.",
            "forward gives back rows of 784.",
        ),
    ),
    Mistake(
        "generator-batch-fixed",
        "The same number of images whatever the batch",
        symptom="The last, shorter batch of an epoch goes wrong.",
        why="How many latent vectors come in is the caller's choice: 64 in training, 16 to look "
        "at, and whatever is left over in the last batch of an epoch.",
        hints=(
            "The number of rows has to come from the input.",
            "Look for a number such as 64 or 100 in forward.",
            "z.shape[0] is the batch size; a -1 in reshape works it out.",
        ),
    ),
    Mistake(
        "generator-dtype",
        "Pixels of another type than float32",
        symptom="The discriminator complains that Float and Double do not match.",
        why="PyTorch's layers work in float32, and everything that flows through both networks "
        "has to be of one type.",
        hints=(
            "Weights and noise are float32 by themselves; something converts.",
            "Look for double, float64, half or a NumPy array on the way.",
            "Leave the type as it comes out of the layers.",
        ),
    ),
    Mistake(
        "generator-sigmoid-output",
        "Pixels in [0, 1]: a sigmoid where tanh belongs",
        symptom="The images stay gray and D wins at once: no forged pixel is ever below 0.",
        why=_WHY_RANGE,
        hints=(
            "Two squashing functions are common: one ends at 0 and 1, the other at -1 and 1.",
            "Look at the last activation, and at any rescaling after it.",
            "nn.Tanh() as the last layer, with nothing after it.",
        ),
        source="Radford et al. 2016, section 3",
    ),
    Mistake(
        "generator-no-tanh",
        "Pixels outside of [-1, 1]",
        symptom="The losses run away early, the images are blown out.",
        why=_WHY_RANGE,
        hints=(
            "A linear layer can give any number; pixels have a darkest and a brightest value.",
            "Look at what happens after the last linear layer.",
            "The last step squeezes everything between -1 and 1.",
        ),
        source="Radford et al. 2016, section 3",
    ),
    Mistake(
        "generator-relu-output",
        "A ReLU at the output",
        symptom="Many pixels are stuck at exactly 0, mid-gray, and never get darker.",
        why="ReLU throws away everything below 0: the darker half of the pixel range, and with it "
        "the black that most of a digit's image is made of.",
        hints=(
            "Activations between the layers and the one at the end have different tasks.",
            "Look at the last linear layer: is there a ReLU right before or after the tanh?",
            "After the last linear layer comes the tanh, and nothing else.",
        ),
    ),
    Mistake(
        "generator-softmax-output",
        "A softmax at the output",
        symptom="All images look alike: nearly even gray, one pixel in 784 brighter.",
        why="Softmax makes numbers share a sum of 1, as probabilities of classes do. Pixels are "
        "not rivals: many of them are white at the same time.",
        hints=(
            "Softmax is for choosing one of several classes.",
            "Look at the last activation.",
            "Each pixel is squeezed for itself.",
        ),
    ),
    Mistake(
        "generator-tanh-twice",
        "Tanh applied twice",
        symptom="No pixel is ever darker than -0.76 or brighter than 0.76: pale images.",
        why="tanh(1) is 0.76: the second tanh gets numbers between -1 and 1, and keeps even the "
        "largest of them away from the ends.",
        hints=(
            "The limit of 0.76 is tanh(1).",
            "Look for a tanh among the layers and another one in forward.",
            "One of the two is enough.",
        ),
    ),
    Mistake(
        "generator-short-range",
        "The pixels never come near -1 and 1",
        symptom="Black and white are out of reach: pale images that D tells apart at once.",
        why=_WHY_RANGE,
        hints=(
            "Something squeezes or scales the numbers once too often.",
            "Look at everything that happens after the last linear layer.",
            "The tanh alone reaches both ends.",
        ),
    ),
    Mistake(
        "generator-ignores-input",
        "The output does not depend on z",
        symptom="Sixteen times the same image.",
        why="All variety of the images comes from z; a generator that does not look at it can "
        "only ever make one image.",
        hints=(
            "Follow z through forward, line by line.",
            "Look for a line that uses another variable than the one computed just before.",
            "Each line takes the result of the line before it.",
        ),
    ),
    Mistake(
        "generator-own-noise",
        "The generator draws its own noise",
        symptom="The same z gives another image each time; seeds and interpolation do nothing.",
        why="G is a function: what is random about it is z, which comes from outside, so that the "
        "same vectors can be shown again later.",
        hints=(
            "Noise is drawn by the caller and comes in as z.",
            "Look for rand or randn in forward.",
            "forward works with its argument.",
        ),
    ),
    Mistake(
        "dropout-always-on",
        "Dropout also in eval mode",
        symptom="The same z gives a different, spotty image at every call.",
        why="Dropout is a help in training; when images are made, all units should take part.",
        hints=(
            "eval() reaches modules such as nn.Dropout; a plain function has to be told.",
            "Look for F.dropout or torch.dropout in forward.",
            "The function has an argument for this: training=self.training.",
        ),
        source="PyTorch documentation, torch.nn.functional.dropout",
    ),
    Mistake(
        "generator-linear",
        "No non-linearity between the layers",
        symptom="The images stay blurred blends of all digits, however long the training.",
        why="W2 (W1 z + b1) + b2 is again one matrix times z plus one vector: a hundred linear "
        "layers in a row can do no more than a single one.",
        hints=(
            "Linear layers in a row collapse into one, unless something bends in between.",
            "Look at what stands between the linear layers (dropout and batch-norm do not bend).",
            "After each hidden linear layer an activation such as LeakyReLU or ReLU.",
        ),
    ),
    Mistake(
        "unregistered-layers",
        "Layers that PyTorch does not know of",
        symptom="Part of the generator, or all of it, stays at its random start for ever; or the "
        "optimizer complains about an empty parameter list.",
        why="nn.Module finds layers that are attributes, not those inside a plain Python list. "
        "What it does not find is neither trained nor saved.",
        hints=(
            "parameters() lists what PyTorch knows of.",
            "Look for a Python list or dictionary of layers, or a bare tensor used as a weight.",
            "nn.ModuleList or nn.Sequential instead of the list.",
        ),
        source="PyTorch documentation, torch.nn.ModuleList",
    ),
    Mistake(
        "layers-in-forward",
        "Layers made inside forward",
        symptom="Training changes nothing: each call starts with new random weights.",
        why="What is learned sits in the weights. Layers made in forward are born at every call "
        "and forgotten after it.",
        hints=(
            "Layers are made once, and used many times.",
            "Look for nn.Linear inside forward.",
            "Make them in __init__, keep them on self, use them in forward.",
        ),
    ),
    Mistake(
        "unused-layer",
        "A layer that is never used",
        symptom="The network is smaller than it looks; some weights never change.",
        why="A layer that forward does not call learns nothing, and most often it was meant to be "
        "part of the chain.",
        hints=(
            "Compare the layers that __init__ makes with those that forward calls.",
            "Look for a layer called twice while its neighbour is not called at all.",
            "Each layer once, in order, each taking the result of the one before.",
        ),
    ),
    Mistake(
        "generator-graph-cut",
        "The gradient does not get through the generator",
        symptom="The losses are computed as ever, and the generator does not learn.",
        why="Weights learn from gradients, and these flow back along the recorded computation. "
        "Where it is cut, or flat, everything before that place stays as it is.",
        hints=(
            "Something in forward interrupts the recording, or gives steps instead of slopes.",
            "Look for detach, no_grad, .data, .numpy(), round or sign in forward, and for "
            "requires_grad=False.",
            "forward is layers and activations only.",
        ),
    ),
    Mistake(
        "latent-dim-not-kept",
        "The generator does not tell its latent size",
        symptom="generate_images and the training fail: no attribute latent_dim.",
        why="Whoever draws noise for a generator asks it how long the vectors must be.",
        hints=(
            "An argument of __init__ is forgotten afterwards unless it is kept.",
            "Look at the first lines of __init__.",
            "An attribute of self with the argument's name.",
        ),
    ),
    Mistake(
        "latent-dim-ignored",
        "latent_dim is ignored",
        symptom="Any latent size but the built-in one fails with a shape error.",
        why="The latent size is the caller's choice; other sizes are worth trying.",
        hints=(
            "The first layer was made for 100 numbers, whatever was asked for.",
            "Look for the number 100 in __init__.",
            "The argument's name where the number stands.",
        ),
    ),
    Mistake(
        "hidden-dims-ignored",
        "hidden_dims is ignored",
        symptom="A larger or smaller network cannot be had, however often one asks.",
        why="How wide the network is decides what it can learn and how long that takes; the "
        "arguments should decide it, not numbers in the code.",
        hints=(
            "The layers have the same widths whatever was asked for.",
            "Look for numbers such as 256 and 512 in the layers.",
            "Take the widths from the argument, in a loop.",
        ),
    ),
    Mistake(
        "hidden-dims-fixed-count",
        "hidden_dims works for one length only",
        symptom="Another number of hidden layers fails, or some of them are left out.",
        why="One entry, one hidden layer: a deeper network should be one number more.",
        hints=(
            "Naming the entries one by one fixes how many there are.",
            "Look for hidden_dims[0], hidden_dims[1] or a, b = hidden_dims.",
            "A loop over hidden_dims that adds a layer each time and remembers the last width.",
        ),
    ),
    Mistake(
        "state-dict-incomplete",
        "The saved weights do not hold everything",
        symptom="A generator that was loaded from disk makes other images than before.",
        why="Parameters and registered buffers are saved; any other tensor that the images depend "
        "on is lost.",
        hints=(
            "Something random or learned is kept in a place that state_dict does not see.",
            "Look for tensors on self that are neither layers nor nn.Parameter, and for copies "
            "of layers.",
            "register_buffer is for tensors that belong to a module and are not trained.",
        ),
        source="PyTorch documentation, torch.nn.Module.state_dict",
    ),
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
        why="Pixels are counted row by row, in the real images as well.",
        hints=(
            "The pixels are right, their order is not.",
            "Look for transpose, permute, .T or mT.",
            "A plain reshape reads row by row.",
        ),
    ),
    Mistake(
        "images-rescaled",
        "The images have left the range [-1, 1]",
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
            "Who switches the mode has to switch it back.",
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
