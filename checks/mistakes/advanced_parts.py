"""Mistakes of the advanced tier: the pixels, the discriminator, the losses and the accuracy."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_PIXELS = (
    "G's images lie in [-1, 1], from black to white. Real ones on any other scale give D an easy "
    "way to tell them: by brightness, without a look at the digits."
)
_WHY_SCORE = (
    "A score is the probability that an image is real: 0 surely fake, 1 surely real, 0.5 no "
    "idea. D must be able to say all of these, and the losses take logarithms of them."
)
_WHY_ACCURACY = (
    "Accuracy is the number of images that D gets right over the number of all images: near 1 D "
    "sees through everything, near 0.5 it might as well toss a coin."
)
_WHY_MODE = (
    "Measuring should show D as it is, with all of its units, and leave it as it was, since the "
    "training goes on afterwards."
)

MISTAKES = (
    # normalize_images
    Mistake(
        "pixels-not-flat",
        "The images do not become rows of 784 pixels, one below the other",
        symptom="mat1 and mat2 shapes cannot be multiplied, when they enter D.",
        why="D begins with a linear layer, which takes one row for each image, and G makes its "
        "images in the same form.",
        hints=(
            "28 rows of 28 pixels, one after the other, are one row of 784.",
            "Look at the reshape: is the first dimension still the number of images?",
            "flatten can be told at which dimension to start.",
        ),
        source="PyTorch documentation, torch.flatten",
    ),
    Mistake(
        "pixels-out-of-order",
        "The pixels come in another order",
        symptom="The digits lie on their side, or are scrambled, when they are shown.",
        why="A row holds an image line by line, each line from the left. Whoever shows a row as "
        "28 × 28 again counts on that.",
        hints=(
            "The numbers are right, their places are not.",
            "Look for a transpose, .T, flip or permute, and at the order of sizes in a reshape.",
            "With the number of images as its first size, a reshape leaves each image whole.",
        ),
        source="PyTorch documentation, torch.Tensor.view",
    ),
    Mistake(
        "images-changed-in-place",
        "The caller's images are changed",
        symptom="The second time around the same images look different: they were worked on twice.",
        why="A tensor is handed over without a copy. If you write into it, you write into the "
        "caller's own data, and into what backward still needs.",
        hints=(
            "The images that came in should be the same afterwards.",
            "Look for +=, *=, assignments to images[…], functions whose name ends in an "
            "underscore, and inplace=True.",
            "Compute a new tensor and leave the one that came in as it is.",
        ),
        source="PyTorch documentation, Autograd mechanics, In-place operations",
    ),
    Mistake(
        "pixels-dtype",
        "Pixels of another type than float32",
        symptom="mat1 and mat2 must have the same dtype, when they enter D.",
        why="PyTorch's layers hold float32 weights and take float32 only.",
        hints=(
            "The stored pixels are whole numbers, and NumPy's fractions are float64.",
            "Look at the conversion, and print the result's dtype.",
            ".float() makes float32 of any tensor.",
        ),
    ),
    Mistake(
        "pixels-in-0-1",
        "Pixels in [0, 1] instead of [-1, 1]",
        symptom="D tells the two kinds apart early. What G learns to call black is 0, and is shown "
        "as gray.",
        why=_WHY_PIXELS,
        hints=(
            "Divided by 255, black is 0; it should be -1.",
            "Look at what the formula makes of 0 and of 255.",
            "Twice the range, then one down.",
        ),
        source="Radford et al. 2016, section 4",
    ),
    Mistake(
        "pixels-standardized",
        "Pixels standardized with MNIST's mean and deviation",
        symptom="White is at 2.82, where G's tanh cannot get: its digits stay too dark, and D "
        "tells them at once.",
        why="0.1307 and 0.3081 bring MNIST's mean to 0 and its deviation to 1, as classifiers like "
        "it. Black is then -0.42 and white 2.82; a generator that ends in tanh needs -1 and 1.",
        hints=(
            "The recipe for a classifier's input is not one for a GAN's real images.",
            "Look for 0.1307 and 0.3081.",
            "Map the darkest pixel to -1 and the brightest to 1.",
        ),
        source="Radford et al. 2016, section 4",
    ),
    Mistake(
        "pixels-raw",
        "The pixels are left between 0 and 255",
        symptom="D tells the two kinds apart from the first batches on, and G cannot get there.",
        why=_WHY_PIXELS,
        hints=(
            "Changing the type does not change the scale.",
            "Look at what the function makes of a white pixel, 255.",
            "A division and a subtraction.",
        ),
        source="Radford et al. 2016, section 4",
    ),
    Mistake(
        "pixels-overflow",
        "Calculated in whole numbers",
        symptom="The images are torn: bright parts turn dark, or only two or three grays are left.",
        why="uint8 holds the whole numbers 0 to 255 and nothing else. Beyond, it starts over "
        "(200 times 2 is 144, 0 less 1 is 255), and fractions are cut off.",
        hints=(
            "First the type, then the arithmetic.",
            "Look at the order of the conversion to float and the formula, and for // in it.",
            "images, to float, and only then the division and the subtraction.",
        ),
        source="PyTorch documentation, Tensor Attributes, torch.dtype",
    ),
    Mistake(
        "pixels-relative",
        "The scale depends on the images at hand",
        symptom="The same gray comes out darker in one batch and lighter in the next.",
        why="Scaled by its own largest or smallest pixel, or by its own mean, a batch loses how "
        "bright it was, and what D learns about one batch does not hold for another.",
        hints=(
            "All images share one scale, whichever of them come together.",
            "Look for max, min, mean or std of the images.",
            "The two ends of the scale are known beforehand: 0 and 255.",
        ),
    ),
    Mistake(
        "pixels-inverted",
        "Black and white are swapped",
        symptom="The samples become black digits on white.",
        why="0 is black and becomes -1, 255 is white and becomes 1; all that draws images in this "
        "course reads them so.",
        hints=(
            "The range is right, its direction is not.",
            "Look at the signs: which pixel does the subtraction begin with?",
            "A brighter pixel has to give a larger number.",
        ),
    ),
    Mistake(
        "pixels-other-range",
        "Pixels on another scale than [-1, 1]",
        symptom="D tells the two kinds apart by their brightness.",
        why=_WHY_PIXELS,
        hints=(
            "Two points fix the line: 0 becomes -1, 255 becomes 1.",
            "Put 0 and 255 into your formula by hand.",
            "127.5 is half of 255.",
        ),
        source="Radford et al. 2016, section 4",
    ),
    # Discriminator
    Mistake(
        "scores-shape",
        "The scores do not have the shape (N, 1)",
        symptom="The loss refuses labels of another size, or compares each score with all labels.",
        why="One row for each image, with one number in it: the losses and the accuracy expect it.",
        hints=(
            "The last linear layer decides how many numbers a row has.",
            "Look at its number of outputs, and for a squeeze or a mean after it.",
            "One output, and the shape left as it comes.",
        ),
    ),
    Mistake(
        "scores-relative",
        "An image's score depends on the images beside it",
        symptom="Real and fake images that come in separate batches get the same scores.",
        why="D is asked how real an image is, not which of several is the most real. A softmax "
        "over the batch, or the batch's mean taken off, answers the second question.",
        hints=(
            "Alone or among others, an image should get the same score.",
            "Look for dim=0, for a mean or sum over all scores, and for a normalization that uses "
            "the batch also in eval mode.",
            "After the last linear layer, each number goes through the sigmoid for itself.",
        ),
    ),
    Mistake(
        "scores-not-probabilities",
        "The scores leave the range from 0 to 1",
        symptom="Binary cross-entropy refuses: all elements of input should be between 0 and 1.",
        why=_WHY_SCORE,
        hints=(
            "A linear layer can give any number; a probability cannot be any number.",
            "Look at what happens after the last linear layer.",
            "The last activation is the one that squeezes everything between 0 and 1.",
        ),
        source="PyTorch documentation, torch.nn.Sigmoid",
    ),
    Mistake(
        "scores-sigmoid-twice",
        "Two sigmoids in a row",
        symptom="D never says less than 0.5, so that no image ever counts as fake, and its loss "
        "stays above 1.0.",
        why="The second sigmoid gets numbers between 0 and 1, and makes numbers between 0.5 and "
        f"0.73 of them. {_WHY_SCORE}",
        hints=(
            "0.5 is the sigmoid of 0, and 0.73 that of 1.",
            "Look for a sigmoid among the layers and another one in forward.",
            "One of the two is enough.",
        ),
    ),
    Mistake(
        "scores-constant",
        "Every image gets the same score",
        symptom="The losses stand still, and neither network learns.",
        why="A score that does not depend on the image tells nothing about it. Softmax over a "
        "single number is such a score: numbers that share a sum of 1, and one alone gets it all.",
        hints=(
            "Follow an image through forward: where does the difference to another one get lost?",
            "Look at the last activation (softmax?), and for a layer whose result is not used.",
            "A single number is squeezed by a sigmoid.",
        ),
        source="PyTorch documentation, torch.nn.Softmax",
    ),
    Mistake(
        "scores-in-narrow-range",
        "The scores stay in a part of the range from 0 to 1",
        symptom="D's loss gets stuck early, well above what a good D could reach.",
        why=_WHY_SCORE,
        hints=(
            "To come near 0 and 1, a sigmoid needs large negative and large positive numbers.",
            "Look for a tanh, ReLU or scaling next to the sigmoid: before it or after it.",
            "The last linear layer, then the sigmoid, then nothing.",
        ),
    ),
    Mistake(
        "scores-one-sided",
        "The scores stay on one side of 0.5",
        symptom="D can call no image fake, or none real, and its loss gets stuck.",
        why="The sigmoid of 0 is 0.5. Where what goes into it cannot be negative, no score is "
        f"below 0.5. {_WHY_SCORE}",
        hints=(
            "The last sum must be free to be negative and positive.",
            "Look for an activation such as ReLU, softplus or abs between the last linear layer "
            "and the sigmoid.",
            "Activations stand between the linear layers; after the last one there is the sigmoid.",
        ),
        source="Radford et al. 2016, section 3",
    ),
    Mistake(
        "activation-before-sigmoid",
        "An activation between the last linear layer and the sigmoid",
        symptom="D is slow to call anything fake: its loss stays near 1.39, and G learns little.",
        why="The sigmoid makes a score near 0, surely fake, of large negative numbers. LeakyReLU "
        "and its kin shrink just these, so that D hardly gets away from 0.5 on that side.",
        hints=(
            "Activations go between the linear layers. The last one's number belongs to the "
            "sigmoid.",
            "Look at the loop over your layers, in __init__ or in forward: does the last linear "
            "layer get the same activation as the others?",
            "The activation for every layer but the last; for the last one the sigmoid alone.",
        ),
    ),
    Mistake(
        "scores-clamped",
        "Scores cut off at 0 and 1 instead of squeezed between them",
        symptom="The losses jump to 100 and stay there: where a score is cut off, no gradient gets "
        "through.",
        why="A clamp is flat outside its limits, so a D that is wrong and sure of it has nothing "
        "to learn from. A sigmoid has a slope everywhere.",
        hints=(
            "Into the range is not enough; the way there should have a slope everywhere.",
            "Look for clamp, hardtanh, hardsigmoid, or min and max at the end of forward.",
            "The last activation is the smooth one of the three with an S shape.",
        ),
        source="PyTorch documentation, torch.nn.Sigmoid",
    ),
    Mistake(
        "scores-rounded",
        "The scores are rounded",
        symptom="The losses are 0 or 100, and nothing is learned.",
        why="A rounded number does not move when the weights move a little: its gradient is 0 "
        "everywhere. D hands on a probability; rounding is for whoever needs a decision.",
        hints=(
            "Whether an image counts as real is decided outside of D.",
            "Look for round, a comparison with 0.5, long() or argmax in forward.",
            "The sigmoid's result goes back as it is.",
        ),
    ),
    Mistake(
        "discriminator-linear",
        "No non-linearity between the discriminator's layers",
        symptom="D's loss stops falling early: it only weighs each pixel for itself.",
        why="W2 (W1 x + b1) + b2 is again one matrix times x plus one vector: a hundred linear "
        "layers in a row can do no more than a single one.",
        hints=(
            "Linear layers in a row collapse into one, unless something bends in between.",
            "Look at what stands between the linear layers (dropout and batch-norm do not bend).",
            "After each hidden linear layer an activation such as LeakyReLU.",
        ),
        source="Goodfellow et al. 2016, Deep Learning, section 6.1",
    ),
    Mistake(
        "dropout-missing",
        "The dropout argument has no effect",
        symptom="D learns the real images by heart and gets too far ahead of G.",
        why="Dropout switches off a random share of the numbers while training, so that D cannot "
        "rely on a few of them. How large the share is, the caller decides.",
        hints=(
            "In training mode the same images should get other scores each time.",
            "Look at what becomes of the argument dropout.",
            "nn.Dropout takes the share; one after each hidden activation, and used in forward.",
        ),
        source="PyTorch documentation, torch.nn.Dropout",
    ),
    Mistake(
        "dropout-other-share",
        "Dropout of another share than the one asked for",
        symptom="D is weaker or stronger than it was meant to be; dropout=0 drops all the same.",
        why="The argument is the share of numbers to switch off, and the caller counts on it: 0.0 "
        "means none, which is the default.",
        hints=(
            "PyTorch's dropout takes the share that goes, not the share that stays.",
            "Look for a fixed number in nn.Dropout, and for 1 - dropout.",
            "The argument goes to each dropout layer as it came.",
        ),
        source="PyTorch documentation, torch.nn.Dropout",
    ),
    Mistake(
        "dropout-on-scores",
        "Dropout after the sigmoid",
        symptom="all elements of input should be between 0 and 1; or scores of 0 for no reason.",
        why="Dropout sets numbers to 0 and makes the others larger to make up for it. That suits "
        "hidden numbers, of which there are many, but a score is the answer itself.",
        hints=(
            "Nothing should be left out of one number.",
            "Look at the end of the network: what comes after the last linear layer?",
            "Dropout belongs to the hidden blocks, behind their activation.",
        ),
        source="PyTorch documentation, torch.nn.Dropout",
    ),
    Mistake(
        "discriminator-dropout-in-eval",
        "Dropout also in eval mode",
        symptom="The same image gets another score each time, and the accuracy jitters.",
        why="Dropout is a help in training; when D is measured, all units should take part.",
        hints=(
            "eval() reaches modules such as nn.Dropout; a plain function has to be told.",
            "Look for F.dropout or torch.dropout in forward.",
            "The function has an argument for this: training=self.training.",
        ),
        source="PyTorch documentation, torch.nn.functional.dropout",
    ),
    Mistake(
        "discriminator-own-noise",
        "Random numbers also in eval mode",
        symptom="The same image gets another score each time, and the accuracy jitters.",
        why="Noise on D's input can be a help in training; when D is measured, the same image "
        "should get the same score.",
        hints=(
            "In eval mode D should not draw random numbers.",
            "Look for randn and the like in forward.",
            "Without noise, or only where self.training says so.",
        ),
    ),
    Mistake(
        "discriminator-widths-ignored",
        "hidden_dims is ignored",
        symptom="A larger or smaller D cannot be had, however often one asks.",
        why="How strong D is compared to G matters in this game, so its size should be the "
        "caller's choice: one entry, one hidden layer of that width.",
        hints=(
            "The layers have the same widths whatever was asked for.",
            "Look for numbers such as 512 and 256 in the layers, and for hidden_dims[0].",
            "A loop over hidden_dims that adds a block each time and remembers the last width.",
        ),
    ),
    Mistake(
        "discriminator-widths-order",
        "The hidden layers come in another order",
        symptom="D narrows where it was meant to widen, or the other way round.",
        why="hidden_dims lists the widths from the images to the score, so the first entry is the "
        "layer that sees the pixels.",
        hints=(
            "The right widths, in another order.",
            "Look for reversed, sorted, [::-1], and for layers put in front of others.",
            "The first entry first, each layer taking the width of the one before.",
        ),
    ),
    Mistake(
        "discriminator-weights-unreached",
        "Some of the discriminator's weights never get a gradient",
        symptom="A part of D stays at its random start forever.",
        why="Weights learn from gradients, and these flow back along the recorded computation. A "
        "layer that forward does not use, or that lies behind a cut, gets none.",
        hints=(
            "Compare the layers that __init__ makes with those that forward calls.",
            "Look for a layer that is left out, and for detach, no_grad or requires_grad=False.",
            "Each layer once, in order, each taking the result of the one before.",
        ),
    ),
    Mistake(
        "discriminator-frozen",
        "The discriminator's weights are frozen",
        symptom="D never gets better than at its random start; or the loss does not require grad.",
        why="With requires_grad off, no gradient is computed for a weight, so that no step can "
        "move it.",
        hints=(
            "A new D should come ready to learn.",
            "Look for requires_grad in __init__ and forward.",
            "Freezing, where it is wanted, is for who uses D, and for a while only.",
        ),
        source="PyTorch documentation, torch.nn.Module.requires_grad_",
    ),
    Mistake(
        "discriminator-input-cut",
        "No gradient gets through the discriminator to the images",
        symptom="D learns, and G never does: its images stay noise.",
        why="G learns from D alone: the gradient of its loss flows back through D into the images, "
        "and from there into G. If D cuts the images off, G hears nothing.",
        hints=(
            "Between the images and the score, each operation has to be recorded.",
            "Look for detach, .data, numpy, torch.tensor(…), rounding or a comparison at the start "
            "of forward.",
            "The images go into the first layer as they come.",
        ),
        source="PyTorch documentation, Autograd mechanics",
    ),
    Mistake(
        "discriminator-unregistered",
        "Layers that PyTorch does not know of",
        symptom="Part of D, or all of it, stays at its random start; or the optimizer complains "
        "about an empty parameter list.",
        why="nn.Module finds layers that are attributes, not those inside a plain Python list. "
        "What it does not find is neither trained nor saved.",
        hints=(
            "parameters() lists what PyTorch knows of.",
            "Look for a Python list or dictionary of layers, and for layers made in forward.",
            "nn.ModuleList or nn.Sequential instead of the list.",
        ),
        source="PyTorch documentation, torch.nn.ModuleList",
    ),
    # The two losses
    Mistake(
        "loss-wrong",
        "The loss does not follow its formula",
        symptom="The networks play another game than the one you meant, or none.",
        why="The loss is all that a network knows of its task.",
        hints=(
            "Work out the formula by hand for one score, 0.5: each term is log 2 = 0.69.",
            "Compare labels, signs and means with the docstring, term by term.",
            "F.binary_cross_entropy of the scores and of labels of the same shape.",
        ),
        source="PyTorch documentation, torch.nn.functional.binary_cross_entropy",
    ),
    Mistake(
        "loss-infinite",
        "The loss or its gradient is infinite or NaN at scores of exactly 0 or 1",
        symptom="Training goes well until D is quite sure once; then everything is nan.",
        why="log(0) is minus infinity, and 0 times infinity is NaN. In float32 a sigmoid does "
        "reach exactly 0 and 1, and one NaN in a gradient spoils the weights for good.",
        hints=(
            "The loss function of PyTorch keeps its logarithms above -100.",
            "Look for torch.log. Cutting off its result still leaves NaN in the gradient, and in "
            "float32 a limit of 1 - 1e-8 is just 1.",
            "F.binary_cross_entropy instead of logarithms of your own.",
        ),
        source="PyTorch documentation, torch.nn.BCELoss",
    ),
    Mistake(
        "loss-not-a-scalar",
        "The loss is not a tensor with one number",
        symptom="grad can be implicitly created only for scalar outputs; or: 'float' object has no "
        "attribute 'backward'.",
        why="A gradient is the direction in which one number falls. backward needs this number, as "
        "a tensor that remembers how it was computed.",
        hints=(
            "Each image has its loss; the mean over all of them is the loss of the batch.",
            "Look for reduction='none', a missing mean, or an .item() or float(…) too early.",
            "A tensor goes back; its plain number is taken later, for printing.",
        ),
        source="PyTorch documentation, torch.Tensor.backward",
    ),
    Mistake(
        "loss-without-gradient",
        "No gradient gets from the loss back to the scores",
        symptom="element 0 of tensors does not require grad and does not have a grad_fn; or "
        "nothing is learned.",
        why="backward follows the recorded operations from the loss back to the scores, and on "
        "into the network. Where the record is cut, learning ends.",
        hints=(
            "Each operation between the scores and the loss has to be recorded.",
            "Look for detach, no_grad, .item(), .numpy(), torch.tensor(…), and for rounding a "
            "score or comparing it with 0.5.",
            "Hand the scores to the loss function as they come in.",
        ),
        source="PyTorch documentation, Autograd mechanics",
    ),
    Mistake(
        "loss-not-falling",
        "The loss does not fall although the opponent stands still",
        symptom="This network does not get better at its task, even without an opponent that does.",
        why="The two losses need not fall while both networks learn. Against an opponent that "
        "stands still it is plain descent, and a working step gets its loss down.",
        hints=(
            "The checks on what moves, what is fed and on the loss tell more: fix them first.",
            "Look at the returned number, the clearing of gradients, and your network and losses.",
            "Fresh images, scores, loss, clear, backward, step, and that loss returned.",
        ),
    ),
    # discriminator_accuracy
    Mistake(
        "accuracy-wrong",
        "The accuracy comes out wrong",
        symptom="The number printed says nothing about how the game stands.",
        why=_WHY_ACCURACY,
        hints=(
            "Work out by hand: two real images, scores 0.9 and 0.2; one fake, score 0.4.",
            "Compare what your function counts with your own count: it should be 2 of 3.",
            "Real scores above a half and fake scores below it, both counted, over all images.",
        ),
    ),
    Mistake(
        "accuracy-averaged",
        "The mean of two shares instead of the share of all images",
        symptom="With as many real images as fake ones nothing is noticed.",
        why="Averaging the share of real images and that of fake ones gives both kinds the same "
        "weight, however many there are. What was asked for counts each image the same.",
        hints=(
            "3 of 4 and 0 of 1 make 3 of 5, not the mean of 75 % and 0 %.",
            "Look for two means, and a division by 2.",
            "Add up what is right, add up how many there are, then divide once.",
        ),
    ),
    Mistake(
        "accuracy-inverted",
        "The share that D gets wrong instead of right",
        symptom="A D that sees through everything seems to know nothing.",
        why=_WHY_ACCURACY,
        hints=(
            "What came back is 1 less the right answer.",
            "Look at the comparisons with 0.5: which way round is each of them?",
            "Real is right above, fake is right below.",
        ),
    ),
    Mistake(
        "accuracy-real-only",
        "Only the real images count",
        symptom="A D that says real to everything seems perfect.",
        why="D has two ways to be wrong: to believe a fake and to reject a real image. One kind "
        "of image shows one of them only.",
        hints=(
            "The fake images have no influence on what came back.",
            "Look at what becomes of fake_images.",
            "Count the fake images that are right too, and add them on both sides.",
        ),
    ),
    Mistake(
        "accuracy-in-training-mode",
        "The accuracy is taken in training mode",
        symptom="With dropout, the number changes each time and is most often too low.",
        why=_WHY_MODE,
        hints=(
            "Some layers act differently while training.",
            "Look for a switch of the mode before the discriminator is called, both times.",
            "A module's method of four letters.",
        ),
        source="PyTorch documentation, torch.nn.Module.eval",
    ),
    Mistake(
        "accuracy-mode-not-restored",
        "The discriminator is left in another mode than it came in",
        symptom="After the first measurement D trains without dropout, or drops units where it "
        "should not, and nothing says so.",
        why=_WHY_MODE,
        hints=(
            "If you switch the mode, you have to switch it back to what it was.",
            "Look at what happens after the scores are computed.",
            "Remember discriminator.training before, and hand it to train(…) afterwards.",
        ),
        source="PyTorch documentation, torch.nn.Module.train",
    ),
    Mistake(
        "accuracy-as-percent",
        "A percentage instead of a share",
        symptom="Printed with a percent format, the accuracy is some thousand percent.",
        why="A share lies between 0 and 1. Whoever shows it decides how to write it down.",
        hints=(
            "The right number, a hundred times too large.",
            "Look for 100 in the function.",
            "Hand on the share; the format :.0% makes a percentage of it when printing.",
        ),
    ),
    Mistake(
        "batch-norm-in-discriminator",
        "Batch-norm in the discriminator, and the samples hardly get closer",
        symptom="The losses look lively, and the images stay noise for many epochs.",
        why="D scores real and fake images in batches of their own, and batch-norm takes out "
        "what the images of a batch have in common: the very thing that tells the kinds apart.",
        hints=(
            "What D needs most is what all fake images have in common.",
            "Look at what stands between D's linear layers.",
            "Layer norm or dropout keep what a batch has in common; so does no norm at all.",
        ),
    ),
)
