"""Errors of calls: arguments, attributes, and what can't be called."""

from __future__ import annotations

from checks.engine.sandbox.translation.record import Translation

CALLED = r"TypeError: (?P<name>[\w.<>]+)\(\) "
SAME_NAMES = "The names and the order of the arguments are how the other parts call yours."
COMPARE_STUB = "Compare the line `def …` with the stub's."

TRANSLATIONS = (
    Translation(
        r"(?:mean|std|var|sum|min|max)\(\) (?:got an unexpected keyword argument 'axis'"
        r"|received an invalid combination of arguments.*axis=)",
        "NumPy's function was given a tensor. It passes the work on to the tensor's own method, "
        "with arguments that PyTorch does not have.",
        "Use the method, which arrays and tensors both have: noise.mean(), noise.std().",
        line=r"\bnp\.|numpy\.",
    ),
    # A learner's own function.
    Translation(
        r"(?P<name>[\w.<>]+)\.\w+\(\) takes \d+ positional arguments? but \d+ were given",
        "Python passes the object itself as a method's first argument, so there is one more than "
        "in the brackets of the call.",
        "Write self as the first argument of each method: def forward(self, …). If it is there, "
        "count the arguments of the call.",
        line=r"",
        own=True,
    ),
    Translation(
        r"(?P<whole>\w+)\.forward\(\) missing \d+ required positional argument",
        "forward was called without all it needs: on the class itself and not on a network, or "
        "with an argument left out.",
        "Make a network first, generator = Generator(), and then call that: generator(z).",
    ),
    Translation(
        CALLED + r"(?:got an unexpected keyword argument '(?P<word>\w+)'|takes .* positional "
        r"arguments?|missing \d+ required)",
        SAME_NAMES,
        COMPARE_STUB,
        from_check=True,
    ),
    Translation(
        CALLED + r"got an unexpected keyword argument '(?P<word>\w+)'",
        "This line passes an argument named {word}, and your {name} takes none of this name.",
        "Compare the call with the line `def …`, and that one with the stub's.",
        own=True,
    ),
    Translation(
        CALLED + r"(?:takes .* positional arguments?|missing \d+ required)",
        "This line calls your {name} with fewer or more arguments than it takes.",
        "Compare the call with the line `def …`, and that one with the stub's.",
        own=True,
    ),
    # A library's function.
    Translation(
        CALLED + r"got an unexpected keyword argument '(?P<word>\w+)'",
        "{name} takes no argument named {word}: it is spelled in another way there, or belongs to "
        "another function. (Adam's, for one, are lr and betas.)",
        "Look up {name}'s arguments, with help(…) or in the library's documentation.",
        own=False,
    ),
    Translation(
        r"(?P<name>standard_normal|normal|random|uniform|rand|randn|zeros|ones)\(\) takes at most "
        r"\d+ positional|Cannot interpret '\d+' as a data type",
        "NumPy's functions take the shape as one argument, and here its numbers stand one by one.",
        "Put them in brackets of their own: (n_samples, latent_dim).",
    ),
    Translation(
        CALLED + r"(?:takes .* positional arguments?|missing \d+ required|takes at (?:most|least))",
        "{name} is called with fewer or more arguments than it takes.",
        "Look up {name}'s arguments, with help(…) or in the library's documentation.",
        own=False,
    ),
    Translation(
        r"(?P<name>randn|rand|randint|randn_like)\(\) received an invalid combination of arguments"
        r".*seed=",
        "{name} takes no seed.",
        "A seed goes into a random number generator, a torch.Generator, which {name} takes as "
        "generator=….",
    ),
    Translation(
        r"(?P<name>\w+)\(\) received an invalid combination of arguments.*generator=int",
        "generator= takes a random number generator, and a number came.",
        "A torch.Generator is one; it is given the seed with manual_seed.",
    ),
    Translation(
        r"(?P<name>\w+)\(\) received an invalid combination of arguments - got \((?P<got>[^)]*)\)",
        "PyTorch has no form of {name} that takes these kinds of arguments in this order: ({got}).",
        "Go through them one by one, from the left: which of them is not what you meant it to be? "
        "{name}'s documentation has the forms that there are.",
    ),
    Translation(
        r"(?P<name>\w+)\(\): argument '(?P<word>\w+)' .*must be (?P<wanted>[\w. ]+?),? (?:not|but "
        r"found element of type) (?P<got>[\w.]+)",
        "{name} wants {wanted} as its argument {word}, and {got} came.",
        "Print that value and its type just before this line.",
    ),
    # Attributes.
    Translation(
        r"module '(?P<name>torch\.nn\.functional)' has no attribute '(?P<word>[A-Z]\w*)'",
        "torch.nn.functional holds functions, with small letters; {word} is a layer's name.",
        "The layer is nn.{word}(), the function has the same name in small letters.",
    ),
    Translation(
        r"module '(?P<name>torch\.nn)' has no attribute '(?P<word>[a-z]\w*)'",
        "torch.nn holds layers, with capital letters; {word} is written as a function is.",
        "The function is F.{word} or torch.{word}; for the layer, look up the spelling of its "
        "name.",
    ),
    Translation(
        r"module '(?P<name>[\w.]+)' has no attribute '(?P<word>\w+)'",
        "The module {name} holds nothing by the name of {word}.",
        "Check the spelling, capital letters as well; it may also be in another module. Has a file "
        "of your own the same name as the module?",
    ),
    Translation(
        r"'numpy\.random\._generator\.Generator' object has no attribute '(?P<word>\w+)'",
        "{word} is a function of np.random; the generator that default_rng makes has other names.",
        "Its normal numbers are called standard_normal, its uniform ones random.",
    ),
    Translation(
        r"'(?P<name>int|float|bool|list)' object has no attribute 'size'",
        "The loss compares a tensor of scores with a tensor of labels, and one of the two is a "
        "plain {name}.",
        "Make the labels with torch.ones_like or torch.zeros_like of the scores.",
        line=r"cross_entropy|criterion|loss|bce|BCE",
    ),
    Translation(
        r"'(?P<name>\w+)' object has no attribute '(?P<word>\w+)'",
        "Your class {name} has no attribute {word} at this point.",
        "Is it set in __init__, as self.{word} = …, and spelled the same there?",
        own=True,
    ),
    Translation(
        r"'(?P<name>[\w.]+)' object has no attribute '(?P<word>\w+)'",
        "What stands before .{word} on this line is of the type {name}, and that type has no "
        "{word}.",
        "Print it just before this line: is it what you took it for? If it is, check the spelling "
        "of {word}.",
    ),
    # What can't be called, indexed or looped over.
    Translation(
        r"'(?P<name>module)' object is not callable",
        "A module is called as if it were a function; the function or class of that name is inside "
        "it.",
        "Import that: from tqdm import tqdm, say, in the place of import tqdm.",
    ),
    Translation(
        r"'(?P<name>list|tuple)' object is not callable",
        "Round brackets call a function, and what stands before them is a {name}.",
        "For one of its items use square brackets; if it holds layers, go through them in a loop "
        "or make it an nn.Sequential.",
    ),
    Translation(
        r"'(?P<name>[\w.]+)' object is not callable",
        "Round brackets call a function, and what stands before them is of the type {name}. A "
        "variable of the same name hides a function, or an operator is missing before the bracket.",
        "Print what stands before the brackets on this line.",
    ),
    Translation(
        r"'(?:Axes|AxesSubplot)' object is not subscriptable",
        "plt.subplots(1, 1) gives one axes and no table of them.",
        "Ask for a table always, with squeeze=False, or use the one as it is.",
    ),
    Translation(
        r"'(?P<name>[\w.]+)' object is not subscriptable",
        "Square brackets take an item out of something, and this is of the type {name}, which "
        "holds no items.",
        "Print what stands before the brackets on this line.",
    ),
    Translation(
        r"'(?P<name>int|float)' object is not iterable",
        "A loop, a star or a `in` goes through the items of something, and this is a single "
        "{name}.",
        "For a number of times, use range(…). hidden_dims is a tuple: one number in it is (256,).",
    ),
    Translation(
        r"'(?P<name>[\w.]+)' object is not iterable",
        "A loop, a star or a `in` goes through the items of something, and this is of the type "
        "{name}, which has none.",
        "Print it just before this line.",
    ),
    Translation(
        r"does not support the context manager protocol|AttributeError: __enter__",
        "`with` takes an object, and no_grad alone is a class.",
        "Write torch.no_grad(), with its brackets.",
        line=r"no_grad|inference_mode|enable_grad",
    ),
    Translation(
        r"can only concatenate str|must be str, not|unsupported operand type\(s\) for \+: "
        r"'(?:int|float)' and 'str'",
        "+ joins two texts or adds two numbers, and here is one of each.",
        'Put the number into the text: f"epoch {epoch}".',
    ),
    Translation(
        r"unsupported operand type\(s\) for .*'(?:builtin_function_or_method|method|function)'",
        "One of the two values is a method itself, and not the number that it gives.",
        "Look for a name without its parentheses, here or where the values were collected: item, "
        "mean, sum.",
        "method-not-called",
    ),
    Translation(
        r"unsupported operand type\(s\) for (?P<sign>\S+): '(?P<one>[\w.]+)' and "
        r"'(?P<other>[\w.]+)'",
        "{sign} does not work between the types {one} and {other}.",
        "Print both values just before this line: which of them is not what you took it for?",
    ),
)
