"""Errors of networks and optimizers: how modules are made, put together and used."""

from __future__ import annotations

from checks.engine.sandbox.translation.record import Translation

NO_BOOKS = (
    "nn.Module keeps its books of layers and weights in attributes that its own __init__ makes, "
    "and this class has not called it."
)
CALL_SUPER = "Call super().__init__() first thing in your __init__, with both pairs of brackets."
TRANSLATIONS = (
    Translation(
        r"cannot assign \w+ before Module\.__init__\(\) call"
        r"|has no attribute '_(?:modules|parameters|buffers|backward_hooks|forward_hooks|"
        r"backward_pre_hooks|forward_pre_hooks|non_persistent_buffers_set|"
        r"is_full_backward_hook|state_dict_hooks|state_dict_pre_hooks)'",
        NO_BOOKS,
        CALL_SUPER,
    ),
    Translation(
        r"super\(type, obj\): obj must be an instance or subtype of type",
        "super(…, self) names another class than the one that it stands in, as it does after a "
        "class was copied.",
        "Write super().__init__(), which needs no name.",
    ),
    Translation(
        r"Module \[(?:ModuleList|ModuleDict)\] is missing the required \"forward\" function",
        "A ModuleList only keeps layers; it can't be called.",
        "Go through it in forward, for layer in self.layers: …, or make it an nn.Sequential.",
    ),
    Translation(
        r"Module \[(?P<name>\w+)\] is missing the required \"forward\" function",
        "Calling a module runs its forward method, and {name} has none under that name.",
        "Write `def forward(self, …)` in the class, spelled just so and indented as deep as "
        "__init__.",
    ),
    Translation(
        r"(?:list|tuple|generator) is not a Module subclass",
        "nn.Sequential takes layers one after the other, and here is one list of them.",
        "Unpack the list with a star: nn.Sequential(*layers).",
    ),
    Translation(
        r"(?P<name>\w+) is not a Module subclass",
        "nn.Sequential takes layers that have been made, and {name} is a class, or no layer.",
        "Make the layer with brackets: nn.{name}().",
    ),
    Translation(
        r"must be Tensor, not (?P<name>\w*(?:ReLU|Tanh|Sigmoid|GELU|ELU|Dropout|Flatten))\b",
        "nn.{name}(…) makes a layer; what stands in its brackets are its settings, and nothing is "
        "computed. So a layer has gone into the next one where a tensor belongs.",
        "Make it in __init__ and call it in forward, or call it at once: nn.{name}()(x).",
    ),
    Translation(
        r"(?P<name>\w*(?:ReLU|Tanh|Sigmoid|GELU|ELU))\.__init__\(\) takes .* positional argument",
        "nn.{name}(…) makes a layer; what stands in its brackets are its settings. It was given a "
        "tensor there.",
        "Make it in __init__ and call it in forward, or call it at once: nn.{name}()(x).",
    ),
    Translation(
        r"empty\(\): argument 'size' .*must be tuple of ints,? ?but "
        r"(?:got|found element of type) (?P<came>\w+)",
        "A layer's sizes are whole numbers, and one of them was given as {came}.",
        "If it is a tuple of widths, such as hidden_dims, go through it and make one layer for "
        "each. If a tensor came, the network was made where it should have been called.",
    ),
    Translation(
        r"'DataParallel' object has no attribute '(?P<name>\w+)'",
        "nn.DataParallel wraps the network, and {name} belongs to the network inside it.",
        "Nothing here needs DataParallel: leave it out. With it, the network is .module.",
    ),
    Translation(
        r"optimizer got an empty parameter list",
        "The network has no registered parameters: layers in a plain list or made inside forward "
        "are invisible to PyTorch.",
        "Keep layers as attributes, in nn.Sequential or in nn.ModuleList.",
        "unregistered-layers",
    ),
    Translation(
        r"optimizer can only optimize Tensors, but one of the params is",
        "An optimizer takes weights, and a whole network is among what it was given.",
        "Give it network.parameters(). In this course each network has an optimizer of its own.",
    ),
    Translation(
        r"TypeError: '(?:\w+)' object is not iterable",
        "An optimizer takes the weights of a network, and was given something else.",
        "Give it network.parameters(), with the brackets at its end.",
        line=r"optim|Adam|SGD|RMSprop",
    ),
    Translation(
        r"Invalid (?P<what>learning rate|beta parameter.*?|epsilon value|weight_decay value): "
        r"(?P<value>\S+)",
        "The optimizer was given {value} as its {what}, which cannot be one.",
        "Learning rates are small and positive, 2e-4 say; Adam's betas are two numbers from 0 to "
        "below 1.",
    ),
    Translation(
        r"dropout probability has to be between 0 and 1, but got (?P<value>\S+)",
        "Dropout takes the share of numbers that are switched off, and was given {value}.",
        "0.3 switches off 30 %. Is it the argument that you meant? Compare with __init__'s.",
    ),
    Translation(
        r"object has no attribute '(?P<name>step|zero_grad)'",
        "step and zero_grad belong to an optimizer (zero_grad to a network as well), and something "
        "else stands before .{name} on this line.",
        "Look at what that name holds: was the optimizer given to it when this was called?",
    ),
    # Checkpoints.
    Translation(
        r"loading state_dict for (?P<name>\w+):.*Unexpected key\(s\).*\"module\.",
        "The names in the checkpoint begin with `module.`: it was saved from a network inside "
        "nn.DataParallel.",
        "Save network.module.state_dict(), or leave DataParallel out: nothing here needs it.",
    ),
    Translation(
        r"loading state_dict for (?P<name>\w+):.*(?:Missing|Unexpected) key",
        "The weights in the checkpoint have other names than those of the {name} that they are to "
        "go into: it has other layers, or it keeps them under other names.",
        "Compare the names in the message: the network has to be made as it was when it was saved. "
        "If the checkpoint is a dictionary with more in it, take the weights out first.",
    ),
    Translation(
        r"loading state_dict for (?P<name>\w+):.*size mismatch for (?P<layer>[\w.]+)",
        "The layers have the same names, and {layer} has another size in the checkpoint: the "
        "{name} was made with other sizes than the one that was saved.",
        "Keep the sizes (latent_dim, hidden_dims) in the checkpoint as well, and make the network "
        "with them.",
    ),
    Translation(
        r"Expected state_dict to be dict-like",
        "load_state_dict takes the weights and no path to them.",
        "Read them first, with torch.load(path).",
    ),
    Translation(
        r"Weights only load failed",
        "torch.load reads plain tensors, numbers and containers; a whole network in a file is "
        "code, and it refuses that unless it is told to trust the file.",
        "Save generator.state_dict() and the sizes it was made with, and make the network anew "
        "when you load them.",
    ),
    Translation(
        r"'(?:collections\.)?OrderedDict' object (?:is not callable|has no attribute)",
        "A state_dict holds a network's weights by name; it is no network.",
        "Make a network of the same sizes and put the weights in with load_state_dict.",
    ),
)
