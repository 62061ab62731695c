"""Mistakes of the intermediate tier: the generator."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_RANGE = (
    "The real images are scaled to [-1, 1]. Pixels that G cannot make, or makes and should not, "
    "tell D at a glance which images are fake, and G can do nothing about it."
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
        symptom="The discriminator's first layer refuses the fake images.",
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
        symptom="The discriminator's first layer refuses the fake images.",
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
        symptom="The images stay gray and D wins at once: no fake pixel is ever below 0.",
        why=_WHY_RANGE,
        hints=(
            "Two squashing functions are common: one ends at 0 and 1, the other at -1 and 1.",
            "Look at the last activation, and at any rescaling after it.",
            "nn.Tanh() as the last layer, with nothing after it.",
        ),
        source="Radford et al. 2016, section 3",
    ),
    Mistake(
        "activation-before-tanh",
        "An activation between the last linear layer and the tanh",
        symptom="Hardly a pixel gets darker than mid-gray, so D tells the fake images at a glance.",
        why="The tanh makes black, -1, of large negative numbers. ReLU, LeakyReLU or a sigmoid "
        "right before it holds the negative numbers back, and dark pixels are out of reach or far "
        "away. Most of a digit's image is black.",
        hints=(
            "Activations go between the linear layers. The last one's numbers belong to the tanh.",
            "Look at the loop over your layers, in __init__ or in forward: does the last linear "
            "layer get the same activation as the others?",
            "The activation for every layer but the last; for the last one the tanh alone.",
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
        "generator-rescaled",
        "The pixels are rescaled after the tanh",
        symptom="The fake images have another range than the real ones: D wins at once.",
        why=_WHY_RANGE,
        hints=(
            "The tanh gives the range that is wanted, and a line after it takes it away again.",
            "Look for a sum, a factor or a division behind the last activation.",
            "What the tanh gives is what forward returns. Converting is for the code that draws "
            "the images.",
        ),
    ),
    Mistake(
        "generator-clamped",
        "The pixels are cut off at -1 and 1 instead of bent",
        symptom="Pixels get stuck at black or white, and training never brings them back.",
        why="Beyond the edge of a clamp the slope is exactly 0: a pixel that has gone too far gets "
        "no gradient that could bring it back. Tanh comes ever nearer to the ends and keeps a "
        "slope on the way.",
        hints=(
            "Two ways lead into a range: cutting off what is outside, and bending everything "
            "into it.",
            "Look at the last step for clamp, clip, hardtanh or hardsigmoid.",
            "nn.Tanh() bends.",
        ),
        source="PyTorch documentation, torch.nn.Hardtanh and torch.nn.Tanh",
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
        "latent-numbers-unused",
        "A part of z has no effect",
        symptom="Fewer kinds of images than the latent size promises; a part of each walk stands "
        "still.",
        why="Each latent number is one more way in which images can differ. What forward leaves "
        "out, G can't use.",
        hints=(
            "Every one of the latent numbers has to reach the first layer.",
            "Look for a slice of z, a mask, or zeros that take its place.",
            "The first layer takes z as it came.",
        ),
    ),
    Mistake(
        "images-depend-on-batch",
        "An image depends on what else is in the batch",
        symptom="The same z gives another image in another batch, so snapshots can't be compared.",
        why="G is a function of z, row by row. In eval mode even batch normalization goes by what "
        "it has learned, and no longer by the batch.",
        hints=(
            "A row of the result should come from the same row of z alone.",
            "Look for mean, std, max or a sort over the first dimension.",
            "Statistics of a batch are the business of nn.BatchNorm1d, which knows both modes.",
        ),
        source="PyTorch documentation, torch.nn.BatchNorm1d",
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
        "nonlinearity-missing",
        "A non-linearity is missing between two layers",
        symptom="The network has more layers than it makes use of.",
        why="Two linear layers with nothing between them can do no more than a single one: "
        "W2 (W1 z + b1) + b2 is again one matrix times z plus one vector.",
        hints=(
            "One block is a linear layer and then a non-linearity, for each entry of hidden_dims.",
            "Follow z from layer to layer: which of them takes what a linear layer has just made?",
            "The non-linearity goes into the loop, right after its linear layer.",
        ),
        source="d2l.ai, section 5.1, From linear to nonlinear",
    ),
    Mistake(
        "weights-all-equal",
        "All weights start alike",
        symptom="A hundred units do what one would do, before training and after it.",
        why="Units with the same weights compute the same numbers and get the same gradients, so "
        "they stay the same forever. Random first weights break this tie.",
        hints=(
            "Two units of a layer have to differ from the start.",
            "Look for zeros_, ones_, constant_ or fill_ on a layer's weight.",
            "Biases may start at 0; the tables of weights start with random numbers, which "
            "PyTorch's layers draw by themselves.",
        ),
        source="Goodfellow, Bengio and Courville 2016, section 8.4",
    ),
    Mistake(
        "weights-shared",
        "Two generators share their weights",
        symptom="Training one generator changes another: a comparison compares a network with "
        "itself.",
        why="Each generator is a network of its own. Layers that are made once for all of them are "
        "one network under several names.",
        hints=(
            "Layers belong to the object, not to the class and not to the file.",
            "Look for layers outside of __init__: at class level, at the top of the file, or as a "
            "parameter's default.",
            "Each __init__ makes new layers and keeps them on self.",
        ),
    ),
    Mistake(
        "unregistered-layers",
        "Layers that PyTorch does not know of",
        symptom="Part of the generator, or all of it, stays at its random start forever; or the "
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
            "Look for a layer called twice while its neighbor is not called at all.",
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
        "generator-frozen",
        "The generator's weights are frozen",
        symptom="The loss does not require grad; or G stays at its random start.",
        why="With requires_grad off, no gradient is computed for a weight, so that no step can "
        "move it.",
        hints=(
            "A new generator should come ready to learn.",
            "Look for requires_grad in __init__ and forward.",
            "Layers are ready to learn by themselves; nothing has to be set.",
        ),
        source="PyTorch documentation, torch.nn.Module.requires_grad_",
    ),
    Mistake(
        "latent-dim-not-kept",
        "The generator does not tell its latent size",
        symptom="generate_images and the training fail: no attribute latent_dim.",
        why="Code that draws noise for a generator asks it how long the vectors must be.",
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
        "generator-widths-order",
        "The hidden layers come in another order",
        symptom="G narrows where it was meant to widen, or the other way round.",
        why="hidden_dims lists the widths from z to the image, so its first entry is the layer "
        "that takes z.",
        hints=(
            "The widths are right, their order is not.",
            "Look for reversed, sorted, [::-1], and for layers put in front of others.",
            "The first entry first, each layer taking the width of the one before.",
        ),
    ),
    Mistake(
        "hidden-layer-added",
        "A hidden layer that nobody asked for",
        symptom="G is larger than its hidden_dims say, and slower.",
        why="hidden_dims should tell the reader what the network is: one entry, one hidden layer.",
        hints=(
            "There is one hidden layer more than hidden_dims has entries.",
            "Look for a layer with a number of its own, before or after the loop.",
            "The loop's layers, then the last one to the pixels, and no others.",
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
)
