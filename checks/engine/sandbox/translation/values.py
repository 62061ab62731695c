"""Errors of values: other kinds of numbers, nothing where something has to be, another device."""

from __future__ import annotations

from checks.engine.sandbox.translation.record import Translation

NO_CARD = (
    "The checks run on the CPU, with or without a graphics card in the machine, and this line asks "
    "for {device}."
)
TAKE_DEVICE = (
    "Take the device from what comes in: device=images.device, or .to(images.device). In a script "
    'of your own, "cuda" if torch.cuda.is_available() else "cpu" works everywhere.'
)

TRANSLATIONS = (
    # Devices.
    Translation(
        r"CUDA|NVIDIA|device string",
        "torch.Generator(…) takes a device, and a number there is a graphics card's. A seed goes "
        "in afterwards.",
        "Make the generator without arguments, then call its manual_seed with the seed.",
        line=r"\bGenerator\(\s*(?:seed|\d+|int)",
    ),
    Translation(
        r"device type at start of device string: (?P<device>\S+)|Invalid device string: "
        r"'?(?P<text>[^']+)",
        'PyTorch knows no device named "{device}{text}".',
        TAKE_DEVICE,
    ),
    Translation(
        r"deserialize object on a CUDA device|torch\.load.*map_location",
        "The checkpoint was saved from a graphics card, and there is none to load it to.",
        'Load it with torch.load(path, map_location="cpu").',
    ),
    Translation(
        r"CUDA|NVIDIA|[Tt]orch not compiled with",
        "The default device was set to a graphics card, and the checks run on the CPU.",
        "Leave torch.set_default_device alone, and take the device from what comes in: "
        "device=images.device.",
        file=r"set_default_device\(",
    ),
    Translation(
        r"CUDA|NVIDIA",
        NO_CARD.replace("{device}", "CUDA"),
        TAKE_DEVICE,
    ),
    Translation(
        r"\bmps\b|\bMPS\b",
        NO_CARD.replace("{device}", "Apple's MPS"),
        TAKE_DEVICE,
        line=r"mps|device|\.to\(",
    ),
    Translation(
        r"Expected all tensors to be on the same device|is not on the expected device",
        "Two tensors of one computation must lie on one device.",
        "Create new tensors where the network or the data is: device=images.device.",
    ),
    # The kind of number.
    Translation(
        r"mat1 and mat2 must have the same dtype|expected scalar type (?:Float|Double) but found"
        r"|expected m1 and m2 to have the same dtype|Input type .* and (?:bias|weight) type",
        "The file changes PyTorch's default kind of number, so what is made after it no longer "
        "fits what others have made.",
        "Leave torch.set_default_dtype alone: networks and noise are float32 here.",
        file=r"set_default_dtype\(",
    ),
    Translation(
        r"must have the same dtype, but got (?P<came>Byte|Char|Short|Int|Long|Bool) and",
        "PyTorch's layers work in float32, and whole numbers ({came}) came in.",
        "Turn them into floats where they enter, with .float(); pixels from 0 to 255 have to be "
        "scaled to [-1, 1] as well.",
    ),
    Translation(
        r"mat1 and mat2 must have the same dtype|expected scalar type Float but found Double"
        r"|expected m1 and m2 to have the same dtype|Input type .* and (?:bias|weight) type",
        "PyTorch's layers work in float32, NumPy's numbers are float64.",
        "Convert with .float() where the data enters.",
    ),
    Translation(
        r"could not infer output dtype.*Got: (?P<came>\w+)|Input tensor should be a float tensor",
        "Means and deviations have fractions, and the numbers here are whole ones, as pixels are.",
        "Turn them into floats first, with .float().",
    ),
    Translation(
        r"Found dtype Long but expected Float|expected .*Float.* but (?:got|found) .*Long"
        r"|result type Float can't be cast",
        "Binary cross-entropy compares numbers between 0 and 1, so the labels are floats as the "
        "scores are.",
        "Make the labels with torch.ones_like or torch.zeros_like of the scores.",
        "label-dtype",
    ),
    Translation(
        r"all elements of target should be between 0 and 1",
        "The labels are to blame, the second argument: some of them lie outside [0, 1], or are "
        "NaN.",
        "Real is 1 and fake is 0. A smoothed real label is a little below 1, 0.9 say, never above; "
        "0.7 + 0.5 · rand reaches up to 1.2.",
    ),
    Translation(
        r"all elements of input should be between 0 and 1",
        "The scores are to blame, the first argument: binary cross-entropy takes probabilities, "
        "and some of them lie outside [0, 1], or are NaN.",
        "Check that the discriminator ends in a sigmoid, that scores come first and labels second, "
        "and that no NaN is on its way.",
    ),
    Translation(
        r"Subtraction, the `-` operator, with (?:two )?(?:a )?bool tensor",
        "A comparison gives True and False, and PyTorch does not subtract these.",
        "Turn them into numbers first, with .float().",
    ),
    # One number or many.
    Translation(
        r"Boolean value of Tensor|truth value of an array",
        "nn.BCELoss(…) makes a loss function; what stands in its brackets are its settings. It was "
        "given tensors there.",
        "Make it first, then call it: nn.BCELoss()(scores, labels); or use "
        "F.binary_cross_entropy(scores, labels).",
        line=r"nn\.\w+Loss\([^)]",
    ),
    Translation(
        r"Boolean value of Tensor|truth value of an array",
        "`if`, `and`, `or`, `not` and `==` in a condition ask for one yes or no, and here is a "
        "whole tensor of them.",
        "To count, compare first and take the mean of that, as floats. To combine, use & and |. "
        "To ask whether something was given at all, write `is None`.",
    ),
    Translation(
        r"only one element tensors can be converted|only 0-dimensional arrays can be converted"
        r"|only (?:length-1|size-1) arrays can be converted"
        r"|with \d+ elements cannot be converted to Scalar",
        "torch.tensor(…) makes a tensor from plain numbers, and here is a list of tensors.",
        "torch.stack(…) or torch.cat(…) put tensors together, and keep their gradients too.",
        line=r"torch\.(?:as_)?tensor\(",
    ),
    Translation(
        r"only one element tensors can be converted|only 0-dimensional arrays can be converted"
        r"|only (?:length-1|size-1) arrays can be converted"
        r"|with \d+ elements cannot be converted to Scalar",
        "float(…), int(…) and .item() take the number out of a tensor that holds one, and this one "
        "holds several.",
        "Take the mean (or the sum) over all of them first.",
    ),
    Translation(
        r"unsupported format string passed to (?:Tensor|numpy\.ndarray)\.__format__",
        "A format such as :.3f prints one number, and this tensor holds several.",
        "Take the number out first, with .item(); of several, print the mean.",
    ),
    Translation(
        r"only integer tensors of a single element can be converted to an index"
        r"|unsupported operand type\(s\) for .*'Tensor' and '(?:tuple|list)'",
        "A tensor is combined with a tuple or a list, which PyTorch does not take for numbers.",
        "Make a tensor of it first: torch.tensor(…).",
    ),
    Translation(
        r"'float' object cannot be interpreted as an integer|got \(float,|element of type float"
        r"|integers or a single integer, got '[\d.]+'|valid indices \(got float\)"
        r"|list indices must be integers or slices, not float",
        "A size, a count or an index is a whole number. In Python / always gives a float, 3.0 and "
        "not 3.",
        "Divide with //, or take int(…) of it.",
    ),
    # Nothing.
    Translation(
        r"int\(\) argument must be .* not 'NoneType'|expected a long, but got NoneType"
        r"|manual_seed.*NoneType",
        "None came where a number has to be. A seed, for one, is None whenever the caller gives "
        "none.",
        "Use the seed only where there is one: if seed is not None.",
        line=r"seed",
    ),
    Translation(
        r"int\(\) argument must be .* not 'NoneType'|expected a long, but got NoneType",
        "None came where a number has to be.",
        "Look at where the value on the line below comes from: an argument that was left out is "
        "None, and so is what a function without a return gives back.",
    ),
    Translation(
        r"'NoneType' object is not callable",
        "The value that is called on this line is None. on_epoch_end, for one, is None when the "
        "caller gives none.",
        "Call it only where there is one: if on_epoch_end is not None.",
        line=r"on_epoch_end",
    ),
    Translation(
        r"'?NoneType'? object|with 'NoneType'|got NoneType|not NoneType|and 'NoneType'|'NoneType' "
        r"and",
        "Something on this line is None where a value has to be. A function without a return gives "
        "None, and an argument that was left out often is.",
        "Look at where the values on the line below come from, and print them.",
    ),
    # Arrays, tensors and lists.
    Translation(
        r"expected np\.ndarray \(got Tensor\)",
        "This is a tensor already.",
        "torch.from_numpy takes NumPy arrays; leave it out.",
    ),
    Translation(
        r"argument '\w+' \(position \d+\) must be (?:Tensor|tuple of Tensors), not "
        r"(?P<came>list|tuple)\b",
        "A list or tuple came where a tensor has to be. A DataLoader over a TensorDataset gives a "
        "list for each batch, even where only one tensor is in it.",
        "Take the tensor out: for (images,) in loader. If the list is your own, make a tensor of "
        "it with torch.stack or torch.cat.",
        line=r"\w",
    ),
    Translation(
        r"'list' object has no attribute "
        r"'(?:view|to|size|shape|float|flatten|reshape|dim|device|cuda|cpu|dtype|unsqueeze)'",
        "A list came where a tensor has to be. A DataLoader over a TensorDataset gives a list for "
        "each batch, even where only one tensor is in it.",
        "Take the tensor out: for (images,) in loader. If the list is your own, make a tensor of "
        "it with torch.stack or torch.cat.",
    ),
    Translation(
        r"ValueError: (?:too many values to unpack|not enough values to unpack) "
        r"\(expected (?P<n>\d+)",
        "Each batch holds something else than {n} values. Images without labels come alone: as a "
        "tensor, whose rows are not labels, or as a list with one tensor from a TensorDataset.",
        "Print what one batch is. For a tensor: for images in loader. For a list of one: for "
        "(images,) in loader.",
        line=r"^(?:async )?for .*(?:load|batch|data|zip|enumerate)",
    ),
    Translation(
        r"ValueError: (?:too many values to unpack|not enough values to unpack) "
        r"\(expected (?P<n>\d+)",
        "There are {n} names left of the = and another number of values right of it.",
        "Print what stands on the right, or look up what the function returns.",
    ),
    Translation(
        r"'numpy\.ndarray' object has no attribute '(?P<name>imshow|plot|axis|set_\w+|set)'",
        "plt.subplots with rows and columns gives a table of axes, and one index takes a whole row "
        "of it.",
        "Go through all of them with axes.flat, or use two indices: axes[row, column].",
    ),
    Translation(
        r"'numpy\.ndarray' object has no attribute '(?P<name>\w+)'",
        "A NumPy array came where a tensor is used: {name} is PyTorch's, arrays do not have it.",
        "torch.from_numpy(…) makes a tensor of it; or stay with torch.… from the start.",
    ),
    Translation(
        r"'Tensor' object has no attribute '(?P<name>astype|copy|tofile|tobytes|ptp)'",
        "A tensor came where an array is used: {name} is NumPy's, tensors do not have it.",
        "PyTorch's names are .to(torch.float32) or .float() for astype, and .clone() for copy; "
        ".numpy() makes an array.",
    ),
    Translation(
        r"must be (?:Tensor|tuple of Tensors), not (?P<came>float|int|bool)\b",
        "PyTorch's functions take tensors, and a plain number came.",
        "Leave the .item() or float(…) out before it; for a single number, Python's math module "
        "has the same functions.",
    ),
    Translation(
        r"must be (?:Tensor|tuple of Tensors), not numpy\.ndarray",
        "PyTorch's functions take tensors, and a NumPy array came.",
        "torch.from_numpy(…) makes a tensor of it, and .float() makes it float32.",
    ),
    Translation(
        r"must be tuple of Tensors, not Tensor",
        "torch.cat and torch.stack take one list of tensors, and here the tensors came one by one.",
        "Put them in brackets of their own: torch.cat([a, b]).",
    ),
    Translation(
        r"must be Tensor, not torch\.Size",
        "The function takes a tensor as its pattern, and here is only its shape.",
        "zeros_like and ones_like take the tensor itself; zeros and ones take a shape.",
    ),
)
