"""Mistakes of the advanced tier: the training steps of the two networks."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_GOODFELLOW = "Goodfellow et al., Generative Adversarial Networks, 2014"
_ZERO_GRAD = "PyTorch documentation, torch.optim.Optimizer.zero_grad"
_WHY_UPDATE = (
    "An update takes three things: clear the old gradients, compute new ones with backward, and "
    "let the optimizer step along them. Without one of them, or in another order, it is none."
)
_WHY_CLEAR = (
    "backward() adds to the gradients that are there. What is left of another step pulls the "
    "weights in a direction that this step's loss never asked for."
)
_WHY_G_LEARNS = (
    "G learns from nothing but the gradient that comes back to it through D. Where the way is cut, "
    "PyTorch raises no error: G's optimizer finds no gradients and does nothing."
)
_WHY_BOTH_HALVES = (
    "D is a classifier of two classes. With one of them left out, always giving the same answer is "
    "perfect, and such a D knows nothing of digits that G could learn."
)
_WHY_LABELS = (
    "The labels say what D's score means: 1 for real, 0 for fake. G's step relies on it, as it "
    "pushes the scores of its images towards 1."
)

MISTAKES = (
    Mistake(
        "labels-mixed",
        "Labels do not go with the images that they are for",
        symptom="D's loss stays near 1.39, as if it tossed a coin.",
        why="Where a real image is as often called fake as real, there is nothing to learn from "
        "the labels.",
        hints=(
            "Images and labels are two lists: what is done to the order of one has to be done to "
            "the other.",
            "Look for a shuffle, and for the order in which real and fake are put together.",
            "One index for both: x[order] and y[order].",
        ),
    ),
    Mistake(
        "step-unread",
        "The step asks a network for more than the stub gives it",
        symptom="With another G or D, the step ends with an AttributeError.",
        why="The check's small networks lack it, so the loss was not read here. A step that only "
        "uses generator(z), generator.latent_dim and discriminator(images) works with every pair "
        "of networks.",
        hints=(
            "A network is used by calling it.",
            "Look for what you ask the networks for, beyond calling them.",
            "discriminator(images) gives the scores, after the sigmoid.",
        ),
    ),
    # Which network moves, and how
    Mistake(
        "wrong-network-moved",
        "The step moves the other network",
        symptom="The losses may well fall, and the images do not get better.",
        why="The two networks want opposite things: downhill for one is uphill for the other. So "
        "in each step one of them moves, and the other has to stand still.",
        hints=(
            "Gradients may be computed for both networks; only an optimizer's step moves weights.",
            "Look for a second optimizer, for a call of the other step, and for weights that are "
            "changed by hand.",
            "The argument optimizer holds the right weights: it steps, and nothing else does.",
        ),
    ),
    Mistake(
        "own-optimizer",
        "The step does not use the optimizer that was passed in",
        symptom="Training is rough. With a new Adam at each step, every weight moves by nearly the "
        "full learning rate each time, even where its gradient is tiny.",
        why="Adam keeps running averages of the gradients of earlier steps. An optimizer that is "
        "made anew inside the step forgets them each time, and ignores the caller's learning rate.",
        hints=(
            "An optimizer is made once, before the training, and used at every step.",
            "Look for torch.optim in the step, and for weights that are changed by hand.",
            "The argument is called optimizer; its method step does the work.",
        ),
        source="Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015, section 2",
    ),
    Mistake(
        "two-steps",
        "The optimizer steps more than once",
        symptom="Learning is jumpy, and this network gets ahead of the other.",
        why="One call is one move of the game. D's loss has two halves, and a step after each of "
        "them first pulls D towards one answer, then towards the other.",
        hints=(
            "Two backward calls are fine, as their gradients add up; one step then takes both.",
            "Count the calls of optimizer.step(), those in loops as well.",
            "A single step, after the last backward.",
        ),
    ),
    Mistake(
        "step-before-backward",
        "The optimizer steps before the gradients are computed",
        symptom="The first step changes nothing. Later ones do nothing either, or follow the "
        "gradients of a batch that is long gone.",
        why="step() moves the weights along the gradients that backward() has put there. Before "
        "backward there are none, or old ones.",
        hints=(
            "First find out which way is downhill, then go.",
            "Look at the order of backward and step.",
            "Clear, backward, step: in this order.",
        ),
        source="PyTorch documentation, torch.optim",
    ),
    Mistake(
        "no-step",
        "The optimizer never steps",
        symptom="The losses are printed as ever, and this network stays at its random start.",
        why="backward() only computes which way each weight should go. It moves none of them.",
        hints=(
            "The gradients are there, and nobody uses them.",
            "Look at what comes after backward.",
            "The optimizer's method step, with brackets, so that it is called.",
        ),
        source="PyTorch documentation, torch.optim.Optimizer.step",
    ),
    Mistake(
        "no-backward",
        "No gradients are computed for this network",
        symptom="The losses are printed as ever, and this network stays at its random start.",
        why=_WHY_UPDATE,
        hints=(
            "Which way is downhill is computed on request only.",
            "Look for backward: is it there, on this step's loss, and does the code get that far?",
            "The loss has a method for it; the step of the optimizer comes after.",
        ),
        source="PyTorch documentation, torch.Tensor.backward",
    ),
    Mistake(
        "zero-grad-before-step",
        "No gradients are left when the optimizer steps",
        symptom="The losses are printed as ever, and this network stays at its random start.",
        why=_WHY_UPDATE,
        hints=(
            "Old gradients are cleared, not the ones that were just computed.",
            "Look at the order: does zero_grad stand between backward and step, or is backward "
            "missing?",
            "zero_grad goes before backward, and nothing between backward and step.",
        ),
        source=_ZERO_GRAD,
    ),
    Mistake(
        "no-grad-in-generator-step",
        "The generator runs without a graph in its own step",
        symptom="No error, a loss as ever, and the images stay noise.",
        why=_WHY_G_LEARNS,
        hints=(
            "What runs under torch.no_grad() is not recorded, so that no gradient can get there.",
            "Look at what surrounds the generator's call, and whether its weights were frozen.",
            "In this step the generator is called like any function, with no block around it.",
        ),
        source="PyTorch documentation, torch.no_grad",
    ),
    Mistake(
        "detach-in-generator-step",
        "The fake images are detached in the generator's step",
        symptom="No error, a loss as ever, and the images stay noise.",
        why=_WHY_G_LEARNS,
        hints=(
            "Detaching is for D's step. Here the gradient has to pass through D into G.",
            "Look for detach, .data, clone or a new tensor between the generator and D.",
            "The generator's output goes into the discriminator as it is.",
        ),
        source="PyTorch documentation, torch.Tensor.detach",
    ),
    # What D is shown
    Mistake(
        "discriminator-not-called",
        "The discriminator is never asked",
        symptom="D's loss has nothing to do with the images.",
        why="D learns from what is wrong with its own scores, so it has to give some: to real "
        "images and to fake ones.",
        hints=(
            "The loss compares D's scores with labels.",
            "Look at where the scores come from that go into the loss.",
            "A module is called like a function, with the images as its argument.",
        ),
    ),
    Mistake(
        "real-images-changed",
        "The real images are changed on their way to the discriminator",
        symptom="D wins at once, or the samples get other grays than the digits have.",
        why="The images come in [-1, 1] already, as G's do. Scaled a second time they leave this "
        "range, and D tells both kinds apart by their brightness alone.",
        hints=(
            "Whoever calls the step has normalized the images; nothing is left to be done.",
            "Look at each line that real_images goes through before D sees it.",
            "real_images goes into the discriminator as it came.",
        ),
    ),
    Mistake(
        "real-images-missing",
        "The discriminator sees only a part of the real images",
        symptom="Training takes more epochs than it should: images are loaded and never used.",
        why="A batch is what one step learns from; what the step leaves out is lost for this "
        "epoch.",
        hints=(
            "All rows of the batch belong into D.",
            "Look for a slice of real_images, or for a fixed batch size.",
            "The whole argument, however many rows it has.",
        ),
    ),
    Mistake(
        "never-sees-real",
        "The discriminator never sees a real image",
        symptom="D calls everything fake, and G's images never turn into digits.",
        why="The real images are the only source of what a digit looks like. G never sees them: "
        "all that it learns of them, it learns through D.",
        hints=(
            "D's step needs two sets of scores.",
            "Look at what D is called with, each time.",
            "One call with real_images, one with the fake images (or one with both in a row).",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "never-sees-fakes",
        "The discriminator never sees a fake image",
        symptom="D says 1 to everything, both losses are near 0, and the images stay noise.",
        why="Without fakes D has nothing to tell apart: calling everything real is perfect. A "
        "D that is content with all of G's images gives G hardly any gradient.",
        hints=(
            "D's step needs two sets of scores.",
            "Look at what D is called with, each time.",
            "Make images with the generator, and have D score them too.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "fed-with-noise",
        "The discriminator sees fake images that the generator did not make",
        symptom="D's loss falls to almost 0 in no time, and G gets nothing useful from D.",
        why="D has to learn what is wrong with this generator's images, as they are. Telling "
        "digits from random pixels is easy, and of no use to G.",
        hints=(
            "Fake images come from the generator, and go to D unchanged.",
            "Look for random numbers with 784 columns, and for changes to the generator's output.",
            "Noise of the latent size, through the generator, then to D.",
        ),
    ),
    Mistake(
        "generator-step-without-fakes",
        "No fake image reaches the discriminator in the generator's step",
        symptom="G's loss says nothing of G's images, and these do not get better.",
        why="What D says to G's images is all that G learns from.",
        hints=(
            "The chain is noise, generator, discriminator, loss.",
            "Look at what D is called with: is it the generator's output, unchanged?",
            "D's argument is the result of calling the generator on noise.",
        ),
    ),
    Mistake(
        "batch-size-ignored",
        "The batch size asked for is ignored",
        symptom="Steps take longer or learn less than the caller asked for.",
        why="How many images go into a step is the caller's choice, and the last batch of an epoch "
        "is shorter.",
        hints=(
            "The number of fake images is the number of latent vectors that you draw.",
            "Look for a number such as 64 or 100 where the noise is drawn.",
            "The argument's name where the number stands.",
        ),
    ),
    Mistake(
        "noise-reused",
        "The same noise at every step",
        symptom="G gets better on these few latent vectors only; samples from any others are poor "
        "or all alike.",
        why="G has to learn what to do with every z from N(0, 1), so it must be shown new ones all "
        "the time.",
        hints=(
            "Drawing fresh noise is part of every step.",
            "Look for a fixed seed, and for noise that is drawn outside of the step and kept.",
            "A draw inside the step, without a seed.",
        ),
    ),
    # The loss that the update went down
    Mistake(
        "unexplained-update",
        "The update fits no loss of these scores",
        symptom="The network moves, but not as its scores ask for; what it learns is unclear.",
        why="Whatever the loss of the scores, its update is a sum of what each score asks for. "
        "This one is not. More the evidence does not show: it fits no mistake known by name.",
        hints=(
            "The loss should hang on D's scores of this step's images, and on nothing else.",
            "Look for further terms in the loss, for images changed before D sees them, for scores "
            "of other images, and for gradients or weights changed by hand.",
            "Images, scores, loss, clear, backward, step, and nothing in between.",
        ),
    ),
    Mistake(
        "saturating-loss",
        "The saturating loss of the minimax game",
        symptom="At the beginning, while D sees through every fake, G hardly moves.",
        why="Where D(G(z)) is near 0, log(1 - D(G(z))) is flat, so that G learns the least where "
        "it is worst. -log D(G(z)) pulls the same way, and is steep there.",
        hints=(
            "Two losses have the same goal for G; the lesson at the top of the file says which "
            "one to take.",
            "Look for a minus sign before a loss with labels 0, or for log(1 - scores).",
            "Binary cross-entropy with the labels that G would like its images to have.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "generator-labels-fake",
        "The generator learns to be found out",
        symptom="Both losses fall together towards 0, and the images stay as bad as they were.",
        why="With label 0, G's loss is small when D calls its images fake: G helps its opponent. "
        "The label in G's step is what G wants D to say.",
        hints=(
            "Ask what D should say to G's images, if G had its way.",
            "Look at the labels of the generator's loss.",
            "Binary cross-entropy with label 1; the images are fake, but real is the wish.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "negated-loss",
        "The loss is climbed instead of descended",
        symptom="Most often, a loss below 0 that falls and falls while the network gets worse.",
        why="The paper writes D's goal as a sum of logarithms to be made large. Optimizers make "
        "small, hence the minus signs; binary cross-entropy has them built in.",
        hints=(
            "Descending a loss with the wrong sign is climbing the right one.",
            "Look for a minus sign too many before the loss, or one missing before a logarithm.",
            "A loss of this kind is never below 0: print it and see.",
        ),
        source=f"{_GOODFELLOW}, algorithm 1",
    ),
    Mistake(
        "loss-without-real",
        "The discriminator's loss leaves out the real images",
        symptom="D says 0 to everything: its loss falls to 0, and G's grows and grows.",
        why=_WHY_BOTH_HALVES,
        hints=(
            "D's loss is a sum of two halves.",
            "Look at what becomes of the scores of the real images.",
            "Binary cross-entropy of the real scores with label 1 has to be part of the sum.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "loss-without-fakes",
        "The discriminator's loss leaves out the fake images",
        symptom="D says 1 to everything: both losses are near 0, and the images stay noise.",
        why=_WHY_BOTH_HALVES,
        hints=(
            "D's loss is a sum of two halves.",
            "Look at what becomes of the scores of the fake images.",
            "Binary cross-entropy of the fake scores with label 0 has to be part of the sum.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "labels-swapped",
        "The labels of real and fake images are swapped",
        symptom="Both losses fall together towards 0, and the images do not get better.",
        why=f"{_WHY_LABELS} With the labels swapped, it so learns to look fake.",
        hints=(
            "D(x) is how likely x is to be real.",
            "Look at which labels go with which scores.",
            "Ones for the real scores, zeros for the fake ones.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "fakes-labelled-real",
        "Fake images are labelled real in the discriminator's loss",
        symptom="D believes everything: both losses are near 0, and the images stay noise.",
        why=f"{_WHY_LABELS} Calling fakes real is for G's loss alone.",
        hints=(
            "In its own step D is told the truth.",
            "Look at the labels of the fake images in D's loss.",
            "Zeros of the shape of the fake scores.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "real-labelled-fake",
        "Real images are labelled fake in the discriminator's loss",
        symptom="D says 0 to everything: its loss falls to 0, and G's grows and grows.",
        why=_WHY_LABELS,
        hints=(
            "In its own step D is told the truth.",
            "Look at the labels of the real images in D's loss.",
            "Ones of the shape of the real scores.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    Mistake(
        "unequal-halves",
        "Real and fake images weigh differently",
        symptom="D leans towards one answer, whatever the image.",
        why="With equal weights, a D that cannot tell says 0.5, and both kinds of error count the "
        "same. With other weights it says something else, and the curves no longer read as usual.",
        hints=(
            "Both halves of the loss go in with the same factor.",
            "Look for a factor or a division at one half only, or a sum there and a mean here.",
            "Treat both halves alike, then add them.",
        ),
        source=f"{_GOODFELLOW}, section 4.1",
    ),
    Mistake(
        "unusual-smoothing",
        "Unusual labels",
        symptom="No usual sign: training works with many choices of labels.",
        why="This passes; the usual advice is smoothing on one side only (Salimans et al., 2016): "
        "0.9 for real images in D's loss, and plain 0 and 1 elsewhere. A fake image's label "
        "above 0 weakens the push on bad images in regions where no real ones are.",
        hints=(
            "Smoothing keeps D from becoming too sure of the real images.",
            "Look at the labels that are neither 0 nor 1.",
            "Ones times a number a little below 1, for the real images in D's loss only.",
        ),
        source="Salimans et al., Improved Techniques for Training GANs, 2016, section 3.4",
    ),
    Mistake(
        "squared-error",
        "A squared error instead of binary cross-entropy",
        symptom="Learning is slow, most of all while D is sure of itself.",
        why="After a sigmoid, a squared error is flat near 0 and 1: a score that is wrong and sure "
        "of itself pulls hardly at all. (Least-squares GANs use it on scores without a sigmoid.)",
        hints=(
            "Scores are probabilities; they have a loss of their own.",
            "Look for mse_loss, MSELoss or a square.",
            "The lesson's losses are all made of F.binary_cross_entropy.",
        ),
        source="Mao et al., Least Squares Generative Adversarial Networks, 2017",
    ),
    Mistake(
        "sigmoid-twice",
        "The loss takes the sigmoid once more",
        symptom="However good D is, its loss stays above 1.0 (0.31 for real images, 0.69 for "
        "fake ones); G's stays between 0.31 and 0.69.",
        why="The scores are probabilities already. A sigmoid of numbers between 0 and 1 lies "
        "between 0.5 and 0.73, so that no score can ever be right in the eyes of this loss.",
        hints=(
            "One sigmoid is enough, and D has it.",
            "Look for with_logits or WithLogits in the loss, or for a sigmoid around the scores.",
            "The function for probabilities has the same name without with_logits.",
        ),
        source="PyTorch documentation, torch.nn.BCEWithLogitsLoss",
    ),
    Mistake(
        "other-loss",
        "A loss other than binary cross-entropy",
        symptom="Training may run; the curves cannot be read as the lesson does.",
        why="There are GANs with other losses, and each of them changes the game. This course "
        "plays the first one, in which D's scores are probabilities.",
        hints=(
            "The lesson at the top of the file writes down both losses.",
            "Compare your formula with it, term by term.",
            "F.binary_cross_entropy, given scores and labels of the same shape.",
        ),
        source=f"{_GOODFELLOW}, section 3",
    ),
    # What earlier steps left
    Mistake(
        "gradients-never-cleared",
        "The gradients of earlier steps are still in the update",
        symptom="Steps keep running in old directions and grow; the losses swing ever wider.",
        why=_WHY_CLEAR,
        hints=(
            "PyTorch adds up gradients until it is told to forget them.",
            "Look for zero_grad: is it there, and on what is it called?",
            "The optimizer's method zero_grad, with brackets, before backward.",
        ),
        source=_ZERO_GRAD,
    ),
    Mistake(
        "generator-gradients-leak",
        "What the generator's step left in the discriminator is applied",
        symptom="D is pulled towards believing fakes: it stays weaker than it could be, and "
        "nothing says why.",
        why="In G's step the gradient passes through D and leaves its mark there: the direction in "
        "which D would believe G's images. Unless it is cleared, D's next step goes along with it.",
        hints=(
            "Clearing after one's own step is too early: G's step comes in between.",
            "Look at where D's gradients are cleared: before backward, or only after the step?",
            "Clear at the beginning of D's step, at the latest right before backward.",
        ),
        source=_ZERO_GRAD,
    ),
    Mistake(
        "discriminator-gradients-leak",
        "What the discriminator's step left in the generator is applied",
        symptom="G is pulled towards being found out: it learns slowly or not at all, and nothing "
        "says why.",
        why="Fake images that are not cut off carry D's gradient into G: the direction in which "
        "they would be easier to tell. Unless it is cleared, G's next step goes along with it.",
        hints=(
            "There are two ways out: let nothing get into G, or clear it in time.",
            "Look for a detach in D's step, and at where G's gradients are cleared.",
            "Detach the fake images in D's step, and clear before backward in G's.",
        ),
        source="PyTorch documentation, torch.Tensor.detach",
    ),
    Mistake(
        "graph-left-in",
        "The generator is left in the discriminator's graph",
        symptom="D's step takes longer than it needs to.",
        why="This is harmless as long as G's gradients are cleared before its own step. But "
        "backward() walks on through G for nothing; cutting off the fake images saves that time.",
        hints=(
            "D's step has no use for gradients of G's weights.",
            "Look at the fake images before they go into D.",
            "A method of tensors with six letters, or torch.no_grad() while they are made.",
        ),
        source="PyTorch documentation, torch.Tensor.detach",
    ),
    # What a step hands back and leaves behind
    Mistake(
        "step-mode-changed",
        "The step leaves a network in eval mode",
        symptom="From then on the network trains without its dropout, and batch-norm goes by old "
        "averages; no error says so.",
        why="A training step belongs in training mode. A network that a step leaves in eval mode "
        "trains on without the layers that only work in training.",
        hints=(
            "If you switch the mode, switch it back; better still, leave it alone.",
            "Look for eval() in the step.",
            "The step needs no switch: whoever runs the training sets the mode.",
        ),
        source="PyTorch documentation, torch.nn.Module.train",
    ),
    Mistake(
        "left-frozen",
        "A network is left frozen",
        symptom="Its next step fails, since the loss does not require grad; or it runs, and the "
        "network learns nothing more.",
        why="With requires_grad off, no gradients are computed for a weight until someone switches "
        "it on again.",
        hints=(
            "Whoever freezes a network has to thaw it in the same step.",
            "Look for requires_grad, and at what each way out of the function leaves behind.",
            "The same line as before with True, after backward. Or do not freeze at all.",
        ),
        source="PyTorch documentation, torch.nn.Module.requires_grad_",
    ),
    Mistake(
        "other-loss-returned",
        "The number returned is not the loss of this step",
        symptom="The curves that you plot say something else than what was trained.",
        why="The two loss curves are how one sees from outside whether the game still runs.",
        hints=(
            "What comes back is the loss before the step, and all of it.",
            "Compare the variable in the return line with the one that backward is called on.",
            "The loss itself, as a plain number.",
        ),
    ),
    # Errors that PyTorch raises
    Mistake(
        "stale-scores",
        "Scores from before an update are used after it",
        symptom="RuntimeError: one of the variables needed for gradient computation has been "
        "modified by an inplace operation.",
        why="backward needs the weights as they were when the scores were computed. An optimizer's "
        "step has changed them in between.",
        hints=(
            "After a step of D, its earlier scores belong to a D that no longer exists.",
            "Look for a step between the line that computes scores and the backward that needs "
            "them.",
            "Have D score the fake images again after its own step.",
        ),
        source="PyTorch documentation, Autograd mechanics, In-place correctness checks",
    ),
    Mistake(
        "second-backward",
        "Backward runs twice through one graph",
        symptom="RuntimeError: Trying to backward through the graph a second time.",
        why="PyTorch throws a graph away once backward has run through it, to free its memory. "
        "Two losses that share a part of a graph cannot both walk through it.",
        hints=(
            "Keeping the graph hides the sharing; better is not to share.",
            "Look for fake images or scores that go into two losses, each with its backward.",
            "Detach the shared part, make it anew, or add the losses and call backward once.",
        ),
        source="PyTorch documentation, torch.autograd.backward",
    ),
    Mistake(
        "graph-cut",
        "The loss has no graph",
        symptom="RuntimeError: element 0 of tensors does not require grad and does not have a "
        "grad_fn. Or no error at all, and a network that never moves.",
        why="backward follows the recorded operations from the loss back to the weights. Here "
        "nothing was recorded, or the record was cut. requires_grad on the loss itself silences "
        "the error, and brings no record back.",
        hints=(
            "Somewhere between the network and the loss the record ends.",
            "Look for detach, no_grad, .item(), .numpy(), torch.tensor(…), rounding a score or "
            "comparing it, and for frozen weights.",
            "Keep the scores as the network gives them, up to the loss.",
        ),
        source="PyTorch documentation, Autograd mechanics",
    ),
    Mistake(
        "label-shape",
        "Labels of another shape than the scores",
        symptom="ValueError: Using a target size that is different to the input size. In a formula "
        "of one's own: no error, and a wrong loss.",
        why="Shapes (N,) and (N, 1) do not match row by row: between them PyTorch makes a table of "
        "N × N, which compares every score with every label.",
        hints=(
            "Each score has one label, at the same place.",
            "Print the shapes of the scores and of the labels.",
            "torch.ones_like and torch.zeros_like take the shape from a tensor.",
        ),
        source="PyTorch documentation, Broadcasting semantics",
    ),
    Mistake(
        "label-dtype",
        "Labels that are whole numbers",
        symptom="RuntimeError: Found dtype Long but expected Float.",
        why="Binary cross-entropy calculates with the labels as it does with the scores, so they "
        "have to be floats: 1.0 and 0.0.",
        hints=(
            "1 and 1.0 are of different types to PyTorch.",
            "Look at how the labels are made, and print their dtype.",
            "torch.ones_like and torch.zeros_like take the dtype from a tensor.",
        ),
        source="PyTorch documentation, torch.nn.functional.binary_cross_entropy",
    ),
)
