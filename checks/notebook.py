"""For notebooks: `from checks.notebook import check, hint, explain, quiz, train, report`.

check()             check the part in the cell above, as it was last run
check("advanced")   check a whole tier
hint(), explain()   one more hint; what a check looks at and why
quiz()              which questions are answered correctly
train(), report()   train your GAN; show what became of it

The others show pictures, and give images to train on. `run_checks.py notebook` writes notebooks
that use all of them.
"""

from checks.engine.notebook.lesson import check, explain, hint, quiz, report, start, train
from checks.engine.notebook.pictures import (
    show_images,
    show_noise,
    show_pictures,
    show_untrained,
    show_walk,
    training_images,
)

__all__ = [
    "check",
    "explain",
    "hint",
    "quiz",
    "report",
    "show_images",
    "show_noise",
    "show_pictures",
    "show_untrained",
    "show_walk",
    "start",
    "train",
    "training_images",
]
