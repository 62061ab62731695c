"""Mistakes that scripts outside of the lessons make, on top of those of the lessons."""

from __future__ import annotations

from checks.mistakes.record import Mistake

MISTAKES = (
    Mistake(
        "softmax-of-one",
        "A softmax over a single score",
        symptom="Both losses stand still from the first step on.",
        why="A softmax divides by the sum of all its numbers. Of one number that is the number "
        "itself: the score of every image is 1, and no gradient ever comes back.",
        hints=(
            "A softmax shares 1 among several classes; here there is one score.",
            "Look at the last layer of the discriminator.",
            "One score for real or fake takes the function that squeezes a single number into "
            "(0, 1).",
        ),
    ),
    Mistake(
        "short-batch",
        "A batch size is written down where the batch's own belongs",
        symptom="Everything works until the last batch of the epoch, which is shorter.",
        why="The number of images is rarely a multiple of the batch size. Labels, noise or a view "
        "of the fixed size fit every batch but the last one.",
        hints=(
            "How many images are in the last batch of an epoch?",
            "Look for the batch size in labels, in noise and in view or reshape.",
            "Take the number of rows from the batch that is there, each time.",
        ),
    ),
    Mistake(
        "normalization-channels",
        "A normalization for three channels, and images with one",
        symptom="The very first image ends the script with an error about shapes.",
        why="Normalize takes one mean and one deviation for each channel. Gray images have one "
        "channel.",
        hints=(
            "How many channels have the images, and for how many is the normalization?",
            "Look at the two tuples in the transform.",
            "One number in each tuple is what gray images need.",
        ),
    ),
    Mistake(
        "learning-rate-hopeless",
        "A learning rate that nothing can be learned at",
        symptom="Losses jump about and end at a fixed value, or they do not move at all.",
        why="The generator and the discriminator follow each other in small steps. Large ones "
        "throw both out of reach, tiny ones never arrive.",
        hints=(
            "Compare the rate with those of published GANs.",
            "Look at where the optimizers are made.",
            "With Adam a few ten-thousandths are usual for both networks.",
        ),
        source="Radford et al., Unsupervised Representation Learning with Deep Convolutional GANs",
    ),
    Mistake(
        "iterator-remade",
        "The loader is begun anew at each step",
        symptom="Training is slow, or the discriminator knows a few real images only.",
        why="next(iter(loader)) begins a new pass over the data and takes its first batch. Without "
        "shuffling that is the same batch each time; with it, all is shuffled for one batch.",
        hints=(
            "Which images come first each time that a loader is begun?",
            "Look at where iter is called, and how often.",
            "Go through the loader in a for loop, and let one pass be an epoch.",
        ),
    ),
    Mistake(
        "generator-outside-loop",
        "The generator steps once an epoch",
        symptom="The discriminator wins at once, and the samples stay noise.",
        why="The two are to learn in turn. Where the generator's step stands outside of the loop "
        "over the batches, the discriminator takes hundreds of steps for each of the generator's.",
        hints=(
            "How often does each network step in an epoch?",
            "Look at how far the generator's step is indented.",
            "Both updates belong into the loop over the batches.",
        ),
    ),
    Mistake(
        "networks-remade",
        "Networks are made anew while the training goes on",
        symptom="Each epoch begins with noise again.",
        why="A network that is made anew has new random weights. What the one before had learned "
        "is lost.",
        hints=(
            "How often are the networks made?",
            "Look for the line that makes them, and which loop it stands in.",
            "Make them once, before the first epoch.",
        ),
    ),
    Mistake(
        "losses-keep-graphs",
        "Losses are kept with their graphs",
        symptom="The memory in use grows with every step, until there is none left.",
        why="A loss that is kept as a tensor holds on to the graph that it came from.",
        hints=(
            "What is kept: numbers, or tensors with a graph?",
            "Look at what is appended or added up for the curves.",
            "Take the plain number out of the loss before it is kept.",
        ),
    ),
    Mistake(
        "critic-unbounded",
        "Nothing holds the critic in check",
        symptom="The critic's loss runs away to huge numbers.",
        why="The Wasserstein distance is a maximum over functions that are nowhere steep. Without "
        "a bound the critic only has to grow to make its loss small.",
        hints=(
            "What keeps the critic from making all of its scores ten times as large?",
            "The first paper clips its weights after each step, the second adds a penalty.",
            "Clip every weight to [-0.01, 0.01], or add a gradient penalty to the critic's loss.",
        ),
    ),
    Mistake(
        "critic-sigmoid",
        "The critic of a Wasserstein GAN ends in a sigmoid",
        symptom="The critic's loss stays between -1 and 1, and soon hardly moves.",
        why="Its scores are no probabilities: how far apart real and fake images are has to be "
        "free to be any number. A sigmoid squeezes it into 0 to 1 and is flat at both ends.",
        hints=(
            "What are the scores of a critic, and which values may they have?",
            "Look at its last layer.",
            "Leave the sigmoid out.",
        ),
    ),
    Mistake(
        "penalty-cut",
        "The gradient penalty has no effect",
        symptom="The penalty is printed, stays large, and changes nothing.",
        why="A penalty on a gradient works through the graph of that gradient. Where it is cut, "
        "the penalty is a mere number.",
        hints=(
            "Does backward() get from the penalty to the critic's weights?",
            "Look for detach, .data, .item() or no_grad between the gradient and the loss.",
            "Is the penalty in the loss that goes backward?",
        ),
    ),
    Mistake(
        "condition-mismatch",
        "The fakes are scored with other labels",
        symptom="The images are sharp, and the label that was asked for makes no difference.",
        why="A conditional discriminator judges whether image and label belong together. Where the "
        "fakes come with labels that the generator never saw, there is nothing to learn from them.",
        hints=(
            "Which labels was the generator given for these images?",
            "Compare the labels in the two calls.",
            "Draw the labels once, and give the same ones to the generator and with its images.",
        ),
    ),
    Mistake(
        "real-condition-mismatch",
        "The real images are scored with other labels than their own",
        symptom="The images are sharp, and the label that was asked for makes no difference.",
        why="A conditional discriminator learns from the real images which label belongs to what. "
        "Where these come with labels drawn at random, there is nothing to learn.",
        hints=(
            "Which labels came with these images from the loader?",
            "Compare the labels in the two calls of the discriminator.",
            "Real images go with their own labels, fakes with those that the generator was given.",
        ),
    ),
    Mistake(
        "layers-shared",
        "Both networks are made of the same layers",
        symptom="The losses swing without end: what one network learns, the other one unlearns.",
        why="The two pull in opposite directions. Weights that both of them hold are moved one way "
        "by the discriminator's step and back by the generator's.",
        hints=(
            "Which layers do the two networks consist of, and where are these made?",
            "A layer is an object: handed to two networks, it is one layer with two owners.",
            "Make the layers within each network's __init__, or by a function that returns new "
            "ones.",
        ),
    ),
    Mistake(
        "update-undone",
        "Something takes each step back",
        symptom="The losses look alive, and the images stay as they were.",
        why="The optimizer moves the weights, and then other numbers are written over them, such "
        "as an average of earlier ones: hardly anything is left of the step.",
        hints=(
            "What besides the optimizer writes to the weights?",
            "Look for load_state_dict, copy_ and .data in the loop.",
            "An average of the weights is a second network: use it for samples, and do not copy it "
            "back.",
        ),
    ),
    Mistake(
        "gradients-scaled-away",
        "The gradients are made too small to matter",
        symptom="The losses hardly change, whatever the learning rate.",
        why="Adam divides a gradient by its size plus a small number, usually 1e-8. Gradients far "
        "below that number move nothing.",
        hints=(
            "What happens to the gradients between backward() and step()?",
            "Look at what the loss or the gradients are divided by or clipped to.",
            "Clip to a norm of about 1, or not at all.",
        ),
    ),
    Mistake(
        "image-sizes-differ",
        "Fake images have another size than real ones",
        symptom="The discriminator wins at once, and no error says why.",
        why="A discriminator without a linear layer takes images of any size. It then learns to "
        "tell the sizes apart, and nothing of what is on the images.",
        hints=(
            "Which shapes do real and fake images have when the discriminator gets them?",
            "Count how often the generator doubles the size.",
            "Resize the real images to what the generator makes, or leave out one of its blocks.",
        ),
    ),
    Mistake(
        "shapes-unfit",
        "Shapes do not fit",
        symptom="The script ends in an error about sizes.",
        why="A layer takes inputs of one width only, and what came has another.",
        hints=(
            "Which layer is it, and what does it take?",
            "Print the shape of what goes in, just before the line.",
            "Compare the number of channels and the size of the real images with what the networks "
            "were made for.",
        ),
    ),
)
