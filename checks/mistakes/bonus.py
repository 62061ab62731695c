"""Mistakes of the bonus tier, first part: images on the screen, loss curves."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_SCREEN = (
    "Networks work in [-1, 1], screens in [0, 1]. The one place that converts has to map -1 to "
    "black and 1 to white, evenly, or you judge your generator by a distorted picture."
)
_WHY_ORDER = (
    "Place k of the grid belongs to latent vector k. That is what makes two snapshots comparable."
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
            "Look for clamp, clip or relu, and for a picture that is drawn or saved from values "
            "below 0.",
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
        "pixels-wrapped",
        "Dark pixels start over as bright ones",
        symptom="The background of the digits is speckled, or white where it should be gray.",
        why="Whole numbers of 8 bits run from 0 to 255. A negative one starts over from the other "
        f"end: -1 becomes 255. {_WHY_SCREEN}",
        hints=(
            "First bring the pixels to [0, 1], as floats; only then may they become whole numbers.",
            "Look for byte(), uint8 and astype: which numbers do they get?",
            "You have a function that brings images to [0, 1].",
        ),
        source="PyTorch documentation, Tensor Attributes, torch.dtype",
    ),
    Mistake(
        "pixels-whole",
        "The fractions of the pixels are cut off",
        symptom="A black picture, with a white dot here and there.",
        why="All shades of gray lie between 0 and 1. As whole numbers these are 0, black, and only "
        "what was exactly 1 stays white.",
        hints=(
            "In [0, 1], gray is a fraction.",
            "Look for byte(), uint8, int() or astype on pixels between 0 and 1.",
            "Leave the pixels as floats, or multiply them by 255 first.",
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
        symptom="The caller finds the images rescaled, without having done anything to them.",
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
        why="The caller wants to save the figure or show it.",
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
        "grid-images-repeated",
        "The same image stands in several places",
        symptom="The grid looks like mode collapse, and the generator is not to blame.",
        why="Places that repeat an image hide how many there are, and how different they are.",
        hints=(
            "Fewer images than places is fine: what is left stays empty.",
            "Look at what fills the last places: repeat, cycle, or a remainder of a division.",
            "Stop when the images have run out; zip does so by itself.",
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
        "grid-axes-squeezed",
        "A grid with a single row or column fails",
        symptom="AttributeError or IndexError for rows=1, where 4 rows worked.",
        why="subplots gives a table of axes only where there are several rows and columns, else a "
        "list or a single one. Code for a table fails on these.",
        hints=(
            "What subplots returns has another shape when there is only one row or column.",
            "Look at the call of subplots, and at how you go through its axes.",
            "An argument of subplots keeps it from squeezing the table.",
        ),
        source="Matplotlib documentation, Figure.subplots",
    ),
    Mistake(
        "figure-shown-or-saved",
        "The figure is shown or saved at once",
        symptom="A window that halts the training until someone closes it, or a file that nobody "
        "asked for.",
        why="What becomes of a figure is for the caller to decide: the same function serves the "
        "screen, a report and the snapshots.",
        hints=(
            "Draw, and hand the figure back.",
            "Look for show and savefig in the function.",
            "The last thing that the function does is to return the figure.",
        ),
    ),
    Mistake(
        "graph-on-images",
        "Images that carry a graph cannot be drawn",
        symptom="RuntimeError: Can't call numpy() on Tensor that requires grad.",
        why="Images straight from a generator remember how they were computed, and Matplotlib, "
        "which works on plain arrays, refuses them.",
        hints=(
            "A picture needs the numbers alone, not where they came from.",
            "Look at what is handed to imshow.",
            "A method of tensors cuts the graph off.",
        ),
        source="PyTorch documentation, torch.Tensor.detach",
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
        "curves-off-epochs",
        "The curves do not run over the epochs",
        symptom="What happened at epoch 10 is looked for in the wrong place.",
        why="The curves are read beside the snapshots, whose names count the epochs from 1.",
        hints=(
            "Without a list of places, Matplotlib counts from 0.",
            "Look at the first argument of plot: the history tells the epochs.",
            "Each entry of the history holds its epoch.",
        ),
    ),
    Mistake(
        "axes-unnamed",
        "An axis has no name",
        symptom="A figure with numbers at its sides, and nobody knows of what.",
        why="A plot is read by people who did not draw it, and by you in a month.",
        hints=(
            "Two axes, two names: what runs to the right, what runs upwards.",
            "Look for the calls that name the axes, after the curves are drawn.",
            "One method for the x axis and one for the y axis, each with set_ in front.",
        ),
    ),
    Mistake(
        "axes-names-swapped",
        "The names of the two axes are swapped",
        symptom="Losses seem to run to the right, and epochs upwards.",
        why="A wrong name misleads more than none.",
        hints=(
            "x runs to the right, y upwards.",
            "Look at which name goes to which axis.",
            "The epochs are the first argument of plot, and so belong to x.",
        ),
    ),
    Mistake(
        "history-changed",
        "The history that came in is changed",
        symptom="A second plot, or a report after the first one, finds less than there was.",
        why="Drawing is looking: the caller still needs the history afterwards.",
        hints=(
            "Read the entries, and leave the list as it is.",
            "Look for pop, clear, sort, del, and for assignments to an entry.",
            "A list comprehension makes a new list.",
        ),
    ),
    Mistake(
        "figure-drawn-over",
        "A second call draws on the first one's figure",
        symptom="The curves of two trainings lie on top of each other.",
        why="pyplot keeps a current figure and draws on it until there is another one. Two calls "
        "should give two figures.",
        hints=(
            "Each call begins with a new, empty figure.",
            "Look for gcf, gca, or pyplot's plot without a figure made before.",
            "Make the figure in the function, and draw on its own axes.",
        ),
        source="Matplotlib documentation, pyplot.figure",
    ),
)
