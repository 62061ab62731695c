"""Mistakes of the bonus tier: images on the screen, loss curves, snapshots."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_SCREEN = (
    "Networks work in [-1, 1], screens in [0, 1]. The one place that converts has to map -1 to "
    "black and 1 to white, evenly, or you judge your generator by a distorted picture."
)
_WHY_ORDER = (
    "Place k of the grid belongs to latent vector k: only so can two snapshots be compared."
)
_WHY_SNAPSHOT = (
    "Snapshots are the record of a training: one picture to look at and one set of weights to "
    "come back to, for each of the epochs that you chose."
)

MISTAKES = (
    Mistake(
        "pixels-shape",
        "The pixels do not have the shape (N, 28, 28)",
        symptom="Plotting fails, or shows one long line.",
        why="A picture has rows and columns. The first dimension counts the images, even if there "
        "is only one.",
        hints=(
            "Flat and square images both have to come out square.",
            "Look at the reshape: does it come in both cases? Is there a squeeze too many?",
            "reshape with three sizes; a -1 stands for the number of images.",
        ),
    ),
    Mistake(
        "pixels-not-rescaled",
        "The pixels are still in [-1, 1]",
        symptom="Everything darker than mid-gray is shown as black.",
        why=_WHY_SCREEN,
        hints=(
            "A range of length 2 around 0 has to become one of length 1 from 0.",
            "Look at what you return: -1 should have become 0.",
            "Shift first, then shrink.",
        ),
    ),
    Mistake(
        "pixels-clipped",
        "The darker half is cut off instead of rescaled",
        symptom="Soft gray edges vanish, and the images look harder than they are.",
        why=_WHY_SCREEN,
        hints=(
            "Cutting off at 0 makes -1, -0.5 and 0 one and the same black.",
            "Look for clamp, clip or relu, or for a picture drawn from values below 0.",
            "Rescale instead: shift first, then shrink.",
        ),
    ),
    Mistake(
        "pixels-to-255",
        "Pixels from 0 to 255",
        symptom="Matplotlib and torchvision show all but black as white.",
        why="Pixels in files are whole numbers up to 255; floats on their way to the screen are "
        "in [0, 1].",
        hints=(
            "For floats, white is 1.",
            "Look for the numbers 127.5 or 255.",
            "Shift first, then shrink: no other factor is needed.",
        ),
    ),
    Mistake(
        "pixels-stretched",
        "The pixels are stretched to their own darkest and brightest",
        symptom="A pale image looks bold, and an untrained generator better than it is.",
        why=_WHY_SCREEN,
        hints=(
            "The two ends of the range are fixed: -1 and 1, whatever the images hold.",
            "Look for min() and max().",
            "Two plain numbers do the job.",
        ),
    ),
    Mistake(
        "pixels-wrong",
        "The pixels have other values than they should",
        symptom="The images look wrong in a way that no training explains.",
        why=_WHY_SCREEN,
        hints=(
            "-1 goes to 0, 0 to one half, 1 to 1, and all between lies on the straight line.",
            "Try your function on these three numbers.",
            "Shift first, then shrink.",
        ),
    ),
    Mistake(
        "colours-inverted",
        "Black and white are swapped",
        symptom="Black digits on white, like ink on paper; the dataset has them white on black.",
        why="You compare your images with the real ones by eye, so both have to be shown alike.",
        hints=(
            "-1 is black and 1 is white.",
            "Look at the color map's name and at the signs.",
            "The map gray runs from black to white, gray_r the other way round.",
        ),
    ),
    Mistake(
        "input-changed",
        "The images that came in are changed",
        symptom="Who uses the images afterwards finds them rescaled, without having done anything.",
        why="A function that returns something new should leave what it was given alone.",
        hints=(
            "Some operations make a new tensor, others overwrite the old one.",
            "Look for +=, *=, and for methods whose names end in an underscore.",
            "images = images + … makes a new tensor.",
        ),
    ),
    Mistake(
        "not-a-figure",
        "Something else than the figure is returned",
        symptom="savefig is missing on what came back.",
        why="Whoever asked for the figure wants to save it or show it.",
        hints=(
            "A function like plt.subplots gives two things: the figure and its axes.",
            "Look at the return line.",
            "Return the one that has a savefig method.",
        ),
    ),
    Mistake(
        "grid-images-missing",
        "Not all the images are on the figure",
        symptom="You look at fewer images than you made, or at something else.",
        why="A grid of 16 shows at a glance whether the digits are different ones.",
        hints=(
            "Each image needs a place of its own.",
            "Look at the loop: which image goes to which axes?",
            "zip hands out images and axes in pairs.",
        ),
    ),
    Mistake(
        "grid-turned",
        "The images are turned or mirrored",
        symptom="Digits that stand on their head.",
        why="The first row of pixels is the top of the image.",
        hints=(
            "The pixels are right, their order is not.",
            "Look for origin, a transpose, or an axis that runs the other way.",
            "imshow draws the first row at the top by itself.",
        ),
    ),
    Mistake(
        "grid-order",
        "The images stand in another order",
        symptom="The same place shows another latent vector than you think.",
        why=_WHY_ORDER,
        hints=(
            "Reading order: along the first row, then along the second.",
            "Look at how the number of an image and its place belong together.",
            "The flat iterator of an array of axes goes row by row.",
        ),
    ),
    Mistake(
        "grid-columns",
        "Another number of rows and columns than asked for",
        symptom="The grid has another form than the caller wanted, or its last places are lost.",
        why=_WHY_ORDER,
        hints=(
            "The arguments decide how many images stand in a row.",
            "Look for a number such as 4 in the code, and for rows and columns swapped.",
            "Rows first, columns second.",
        ),
    ),
    Mistake(
        "grid-axes",
        "Ticks and numbers around the images",
        symptom="Sixteen little scales from 0 to 27 that nobody reads.",
        why="Pixel numbers say nothing about a digit, and they take the room that it could have.",
        hints=(
            "Each axes has its own switch.",
            "Look at what happens to each axes after imshow.",
            "A method called axis, with a word for off.",
        ),
    ),
    Mistake(
        "grid-not-gray",
        "Colors instead of gray",
        symptom="Yellow digits on violet.",
        why="Brightness is all that these images have; a color map adds differences that are "
        "not there.",
        hints=(
            "Matplotlib colors single numbers, unless told otherwise.",
            "Look at the call of imshow: which color map does it use?",
            "The argument is called cmap.",
        ),
    ),
    Mistake(
        "grid-shades",
        "Other shades than the pixels have",
        symptom="The images look paler or harder than they are.",
        why=_WHY_SCREEN,
        hints=(
            "The darkest and the brightest shade belong to two fixed numbers.",
            "Look at vmin and vmax, and at the range of what you hand to imshow.",
            "The two limits are the ends of the range that the images are in.",
        ),
    ),
    Mistake(
        "grid-stretched",
        "Pale images are shown bold",
        symptom="The untrained generator's gray static looks as strong as a digit.",
        why="Without vmin and vmax, Matplotlib stretches each image to its own darkest and "
        "brightest pixel, so pale images cannot be told from bold ones.",
        hints=(
            "Tell Matplotlib which numbers are black and white.",
            "Look at the call of imshow.",
            "The arguments are called vmin and vmax.",
        ),
    ),
    Mistake(
        "tiles-shape",
        "The picture of tiles has another shape",
        symptom="The picture cannot be shown or saved, or shows a strip.",
        why="make_grid takes images with a channel dimension, (N, 1, 28, 28), and gives one "
        "picture of all of them.",
        hints=(
            "Without a channel dimension, make_grid takes the whole batch for a single image.",
            "Print the shape of what you hand to make_grid.",
            "A dimension of size 1 after the first.",
        ),
        source="torchvision documentation, torchvision.utils.make_grid",
    ),
    Mistake(
        "tiles-channels-last",
        "The channels come last",
        symptom="What works on tensors of images fails on this one.",
        why="Tensors of images have their channels first, (3, H, W); only Matplotlib wants them "
        "last, and can be given that when it is drawn.",
        hints=(
            "make_grid's own result is what is asked for.",
            "Look for permute or transpose after make_grid.",
            "No step is needed after it.",
        ),
    ),
    Mistake(
        "tiles-columns",
        "Another number of columns than asked for",
        symptom="The picture is broad instead of square, or the other way round.",
        why=_WHY_ORDER,
        hints=(
            "make_grid's nrow is how many images stand in a row, so it counts columns.",
            "Look at the call of make_grid: does it get n_columns?",
            "nrow is the argument to set.",
        ),
        source="torchvision documentation, torchvision.utils.make_grid",
    ),
    Mistake(
        "curve-missing",
        "A loss curve is missing",
        symptom="Half of the game cannot be seen.",
        why="The two losses only tell something together: one rises where the other wins.",
        hints=(
            "Two curves, from the two losses in each entry of the history.",
            "Look at the names with which you read the entries, and at each call of plot.",
            "A list with one number for each entry of the history.",
        ),
    ),
    Mistake(
        "curves-unlabelled",
        "Nothing says which curve is whose",
        symptom="A week later nobody knows which of the two was the generator's.",
        why="A curve without a name is no evidence of anything.",
        hints=(
            "Each curve gets a name when it is drawn; showing the names is another step.",
            "Look for label in the calls of plot, and for a call of legend.",
            "The legend collects the labels.",
        ),
    ),
    Mistake(
        "curves-swapped",
        "The names of the curves are swapped",
        symptom="A generator that seems to win, and in truth is losing.",
        why="Which loss rises and which one falls is all that these curves can tell.",
        hints=(
            "Both curves and both names are there, in the wrong pairs.",
            "Look at the order of the curves and the order of the names.",
            "A label in each call of plot cannot be mixed up.",
        ),
    ),
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
            "Look at which images are drawn, and which figure is saved.",
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
