"""Errors of files, folders and figures."""

from __future__ import annotations

from checks.engine.sandbox.translation.record import Translation

MAKE_FOLDER = (
    "Make it first, with mkdir: it has arguments for the folders above (parents) and for one that "
    "is there already (exist_ok)."
)

TRANSLATIONS = (
    Translation(
        r"'str' object has no attribute '(?:mkdir|resolve|exists|open|with_\w+|joinpath|parents?|"
        r"stem|name|suffix|absolute|expanduser|(?:read|write)_\w+|as_posix|is_dir|is_file)'"
        r"|unsupported operand type\(s\) for /: 'str' and 'str'"
        r"|unsupported operand type\(s\) for \+: '(?:Posix|Windows)Path' and 'str'"
        r"|'(?:Posix|Windows)Path' object has no attribute '(?:endswith|startswith|r?split|strip)'",
        "A path may come as a Path or as text, and this line works with one of them only.",
        "Turn the path into a Path first thing: Path(…) takes both forms.",
        "path-or-text",
        tiers=("bonus",),
    ),
    Translation(
        r"FileExistsError",
        "The folder is there already: it may have been made before the training, or by an earlier "
        "snapshot. mkdir refuses that unless it is told that it may be so.",
        "mkdir has an argument for a folder that exists, exist_ok=True, and one for the folders "
        "above it, parents=True.",
        line=r"mkdir|makedirs",
    ),
    Translation(
        r"FileNotFoundError",
        "The folder in which this one is to be made is not there itself.",
        "mkdir has an argument for the folders above, parents=True.",
        line=r"mkdir",
    ),
    Translation(
        r"FileNotFoundError|Parent directory .* does not exist",
        "Saving makes a file and no folders: the folder that it is to go into is not there.",
        MAKE_FOLDER,
        line=r"save|open\([^)]*['\"][wax]|write_",
    ),
    Translation(
        r"FileNotFoundError",
        "There is no file of this name where the code looks. A name without a folder is looked for "
        "where the program was started, and not beside your .py file.",
        "Print Path(…).absolute() to see where that is; compare it with where the file was saved. "
        "The checks start your code in an empty folder of its own.",
    ),
    Translation(
        r"Parent directory .* does not exist",
        "The folder that the file is to go into is not there.",
        MAKE_FOLDER,
    ),
    Translation(
        r"IsADirectoryError|is a directory",
        "A folder stands where a file is named.",
        "Put a file's name behind the folder: Path(directory) / name.",
    ),
    Translation(
        r"PermissionError|Read-only file system",
        "This place may not be written, read or run here: the checks give your code a folder of "
        "its own, and the one that is handed to a function, and no more.",
        "Use the path that your function is given, and nothing outside of it.",
    ),
    Translation(
        r"Invalid shape \((?P<shape>[\d, ]+?),?\) for image data",
        "imshow takes a table of pixels, (28, 28), and an image of shape ({shape}) came.",
        "Reshape it to (28, 28) first.",
    ),
    Translation(
        r"x and y must have same first dimension",
        "A curve takes as many numbers across as it has upwards, and these differ.",
        "Take both from the history: its epochs and its losses. Or leave the first out: plot then "
        "counts by itself.",
    ),
    Translation(
        r"tensor or list of tensors expected, got <class 'numpy",
        "make_grid takes tensors, and a NumPy array came.",
        "Leave the images as a tensor; .numpy() comes after the grid, if at all.",
    ),
    Translation(
        r"pic should be PIL Image or ndarray. Got <class 'torch\.Tensor'>",
        "ToTensor turns pictures and arrays into tensors, and this is a tensor already.",
        "Leave ToTensor out.",
    ),
    Translation(
        r"unknown file extension|Format '.*' is not supported",
        "The format of a picture is read from the end of its file's name.",
        "Let the name end in .png.",
    ),
)
