"""Mistakes of the bonus tier, second part: snapshots and checkpoints."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_SNAPSHOT = (
    "Snapshots are the record of a training: one picture to look at and one set of weights to "
    "come back to, for each of the epochs that you chose."
)

MISTAKES = (
    Mistake(
        "snapshot-every-ignored",
        "A snapshot at every epoch",
        symptom="Hundreds of files, most of them alike.",
        why=_WHY_SNAPSHOT,
        hints=(
            "Only epochs that `every` divides are chosen.",
            "Look at the first line of the callback.",
            "The remainder of a division tells: the operator is %.",
        ),
    ),
    Mistake(
        "snapshot-wrong-epochs",
        "Snapshots at other epochs than asked for",
        symptom="The snapshots of epochs 10, 20 and 30 are missing.",
        why=_WHY_SNAPSHOT,
        hints=(
            "Epochs count from 1, and `every` divides the chosen ones.",
            "Look at the condition: for every=3, try 1, 2, 3 and 4 by hand.",
            "The remainder of a division is 0 for the chosen ones.",
        ),
    ),
    Mistake(
        "snapshot-files",
        "A picture or a checkpoint is missing",
        symptom="You can look at epoch 20 but not go back to it, or the other way round.",
        why=_WHY_SNAPSHOT,
        hints=(
            "Two files for each chosen epoch: a PNG picture and the weights.",
            "Look at what the callback writes, and in which format.",
            "savefig for the figure, torch.save for the weights.",
        ),
    ),
    Mistake(
        "snapshot-name",
        "The epoch is not in the file's name",
        symptom="Each snapshot overwrites the one before, or nobody knows which is which.",
        why=_WHY_SNAPSHOT,
        hints=(
            "The names have to differ from epoch to epoch.",
            "Look at where the two names are put together.",
            "An f-string with {epoch} in it.",
        ),
    ),
    Mistake(
        "snapshot-elsewhere",
        "Files outside of the folder that was named",
        symptom="Snapshots of several trainings end up in one heap.",
        why="The caller decides where the files go.",
        hints=(
            "The folder is part of each file's path.",
            "Look at the paths that you save to.",
            "Path(directory) / name.",
        ),
    ),
    Mistake(
        "snapshot-folder",
        "The folder is not made",
        symptom="The training runs for ten epochs and then ends with FileNotFoundError.",
        why="A training should not fail after half an hour for want of a folder.",
        hints=(
            "Saving to a folder that is not there fails.",
            "Look for the place where the folder is made, with those above it.",
            "mkdir has an argument for the folders above, and one for a folder that exists.",
        ),
        source="Python documentation, pathlib.Path.mkdir",
    ),
    Mistake(
        "snapshot-picture",
        "The picture does not show the generator's images",
        symptom="An empty picture, or the same one at each epoch.",
        why=_WHY_SNAPSHOT,
        hints=(
            "White images have to make a bright picture, black ones a dark one.",
            "Look at which images are drawn, which figure is saved, and, where you save the pixels "
            "by yourself, at their range: 0 to 1 for save_image, 0 to 255 for whole numbers.",
            "Make the images in the callback, with the generator that it was called with.",
        ),
    ),
    Mistake(
        "snapshot-new-noise",
        "Each snapshot uses new noise",
        symptom="Place 5 was a 3 and is an 8 now, and nobody knows whether G has changed.",
        why="With the latent vectors held still, every difference between two snapshots comes from "
        "training; with new ones, you compare different images.",
        hints=(
            "The noise has to be the same at each call of the callback.",
            "Look at where the noise is drawn, and whether the seed gets there.",
            "The same seed at each call.",
        ),
    ),
    Mistake(
        "snapshot-disturbs-training",
        "A snapshot leaves something behind in the training",
        symptom="From the first snapshot on, the losses stand still or training fails.",
        why="A snapshot is a look at the training. What it switches off or changes stays so in "
        "the epochs to come.",
        hints=(
            "Whatever the callback switches has to be switched back, best of all automatically.",
            "Look for set_grad_enabled, requires_grad_, zero_grad, and for methods that change "
            "the generator itself, such as double or half.",
            "A with block for no_grad ends where it ends; generate_images brings its own.",
        ),
        source="PyTorch documentation, torch.no_grad",
    ),
    Mistake(
        "path-or-text",
        "A path is taken in one of its two forms only",
        symptom="AttributeError or TypeError, with str or PosixPath in it.",
        why="A path may come as a Path or as text, and each of them lacks what the other one has.",
        hints=(
            "A Path has methods such as mkdir and joins with /; text has neither.",
            "Look at the first line that uses the path.",
            "Path(…) takes both forms and gives a Path.",
        ),
        source="Python documentation, pathlib",
    ),
    Mistake(
        "not-a-generator",
        "Something else than a generator comes back",
        symptom="It cannot be called to make images.",
        why="Weights alone cannot compute: they belong into a Generator.",
        hints=(
            "A checkpoint holds weights; the network that they fit into has to be made anew.",
            "Look at the return line: is it the network?",
            "Make a Generator, load the weights into it, return it.",
        ),
    ),
    Mistake(
        "weights-not-loaded",
        "The loaded generator makes other images",
        symptom="Static instead of digits, or the images of another epoch.",
        why="A checkpoint is worth having only if it brings back exactly what was saved.",
        hints=(
            "A new Generator has new random weights until the saved ones are put in.",
            "Look for load_state_dict, and at what was saved: all of the state_dict?",
            "The state_dict that comes out of the file goes into the new generator.",
        ),
        source="PyTorch documentation, Saving and Loading Models",
    ),
    Mistake(
        "load-other-sizes",
        "Only one size of generator can be loaded",
        symptom="size mismatch, for every generator that was not made with the defaults.",
        why="Weights fit only into a network of the same sizes, so the sizes belong into the "
        "checkpoint.",
        hints=(
            "The checkpoint has to tell how large the generator was.",
            "Look at what is saved besides the weights, and at how the Generator is made again.",
            "A dictionary with the weights and the two arguments of Generator.",
        ),
        source="PyTorch documentation, Saving and Loading Models",
    ),
    Mistake(
        "checkpoint-without-sizes",
        "The checkpoint does not say how large the generator was",
        symptom="KeyError when the checkpoint is loaded, after the training is long over.",
        why="Weights fit only into a network of the same sizes. What the callback does not write "
        "down, load_generator cannot know.",
        hints=(
            "What load_generator reads by name has to be saved under that name.",
            "Look at the callback, at what is handed to torch.save.",
            "Beside the weights, the two arguments of Generator; the generator keeps both.",
        ),
        source="PyTorch documentation, Saving and Loading Models",
    ),
    Mistake(
        "load-only-weights",
        "The checkpoint holds more than PyTorch loads by default",
        symptom="Weights only load failed: the file cannot be opened again.",
        why="A whole module in a file is code that runs when it is loaded, so torch.load refuses "
        "it unless told otherwise. Plain data loads everywhere.",
        hints=(
            "Save what the generator knows, not the generator.",
            "Look at what is handed to torch.save.",
            "A dictionary of numbers, tuples and the state_dict.",
        ),
        source="PyTorch documentation, torch.load",
    ),
    Mistake(
        "load-failed",
        "The checkpoint cannot be loaded",
        symptom="The training's result is on disk and cannot be used.",
        why="A checkpoint is worth having only if it can be read back.",
        hints=(
            "Saving and loading are two halves of one agreement.",
            "Compare what the callback saves with what load_generator expects.",
            "What goes in by name comes out by the same name.",
        ),
    ),
    Mistake(
        "checkpoint-not-kept",
        "Loading changes or removes the checkpoint",
        symptom="The second look at epoch 20 fails: the file is gone.",
        why="A checkpoint is the only copy of hours of training, and is loaded many times.",
        hints=(
            "Loading is reading.",
            "Look for remove, unlink, rename, and for a torch.save.",
            "Nothing in load_generator writes.",
        ),
    ),
    Mistake(
        "load-runs-code",
        "The checkpoint is loaded with whatever code it holds",
        symptom="Nothing, until a file from someone else runs a program on this machine.",
        why="A pickle may name any function to be called while it is read. PyTorch refuses that "
        "unless it is told not to.",
        hints=(
            "A checkpoint of plain data needs no code to be read.",
            "Look at the arguments of torch.load.",
            "weights_only decides, and True is the safe side.",
        ),
        source="PyTorch documentation, torch.load",
    ),
    Mistake(
        "load-needs-device",
        "The checkpoint loads only where it was saved",
        symptom="RuntimeError: Attempting to deserialize object on a CUDA device, on a laptop "
        "without one.",
        why="Tensors remember the device that they lay on, and torch.load puts them back there "
        "unless it is told where else.",
        hints=(
            "A generator trained on a GPU should load on any machine.",
            "Look at the arguments of torch.load.",
            "map_location says where the tensors go.",
        ),
        source="PyTorch documentation, torch.load",
    ),
    Mistake(
        "loaded-in-training-mode",
        "The loaded generator is in training mode",
        symptom="With dropout or batch-norm, its images are spotty or depend on each other.",
        why="A module starts in training mode, and what comes back from disk is for making images.",
        hints=(
            "New modules are in training mode.",
            "Look at the last lines of load_generator.",
            "A module's method of four letters.",
        ),
        source="PyTorch documentation, torch.nn.Module.eval",
    ),
)
