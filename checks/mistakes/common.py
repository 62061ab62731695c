"""Mistakes that any tier can hold."""

from __future__ import annotations

from checks.mistakes.record import Mistake

MISTAKES = (
    Mistake(
        "nothing-returned",
        "The function returns nothing",
        symptom="Whatever uses the result fails with an error about NoneType.",
        why="A Python function without a return statement gives back None, however much it "
        "computed.",
        hints=(
            "Computing a value and handing it back are two things.",
            "Look at the last line of the function, and at each branch of an if.",
            "return …, with the name of what you computed.",
        ),
    ),
    Mistake(
        "other-type",
        "Another type than the one promised",
        symptom="The next step fails with an error about a type or a missing attribute.",
        why="The parts of a program fit together because each keeps the type it promises.",
        hints=(
            "The docstring's Returns section says which type comes back.",
            "Look at the line that makes the result: which library does it come from?",
            "np.… makes arrays, torch.… makes tensors; torch.from_numpy and .numpy() convert.",
        ),
    ),
    Mistake(
        "not-a-float",
        "A tensor or array where a plain float is promised",
        symptom="Printed numbers look like tensor(0.69…), and a list of losses holds on to memory.",
        why="A tensor of one number may drag its whole graph along; a float is just the number.",
        hints=(
            "One number can be a Python float or a tensor that holds one number.",
            "Look at what you return: which type does print(type(…)) show?",
            "float(…) takes the number out; so does .item().",
        ),
        source="PyTorch documentation, torch.Tensor.item",
    ),
    Mistake(
        "method-not-called",
        "A method itself in the place of the number that it gives",
        symptom="Printed, it looks like <built-in method mean of Tensor object …>.",
        why="Without parentheses, a method's name stands for the method. It runs, and gives its "
        "number, when it is called.",
        hints=(
            "The name of a function is not yet a call of it.",
            "Look at what you hand back: is there a mean, a std or an item without parentheses?",
            "An empty pair of parentheses behind the name.",
        ),
    ),
    Mistake(
        "not-finite",
        "NaN or infinity in the result",
        symptom="Losses become nan, and from then on every weight is nan too.",
        why="One NaN spreads through every computation that it takes part in.",
        hints=(
            "NaN comes from 0/0, log of a negative number or infinity minus infinity.",
            "Print the values step by step and see where the first one appears.",
            "Keep the arguments of log and of divisions away from 0.",
        ),
    ),
    Mistake(
        "changed-in-place",
        "A tensor is written over that the gradient still needs",
        symptom="RuntimeError: one of the variables needed for gradient computation has been "
        "modified by an inplace operation.",
        why="backward computes each derivative from the numbers of the forward pass. Where they "
        "have been written over, it cannot go on.",
        hints=(
            "A line in the forward pass changes a tensor instead of making a new one.",
            "Look for +=, *= and functions whose name ends in an underscore, between the line "
            "that makes a tensor and the last one that uses it.",
            "z = z * 2 makes a new tensor; z *= 2 writes over the old one.",
        ),
        source="PyTorch documentation, Autograd mechanics, In-place correctness checks",
    ),
    Mistake(
        "wrong-answer",
        "A question with another answer than the lesson's",
        symptom="Nothing breaks; the idea behind it will be missed later.",
        why="These are the points that learners most often get wrong, and each costs hours in "
        "your first GAN.",
        hints=(
            "Each wrong choice is a belief that many hold; ask what would follow from it.",
            "Read the lesson at the top of the file again with the question in mind.",
            "Change the letter next to the question's name in ANSWERS.",
        ),
    ),
)
