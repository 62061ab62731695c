"""For notebooks: `from checks.notebook import check, hint, explain, quiz, train, report`.

check()             check the part in the cell above, as it was last run
check("advanced")   check a whole tier
hint(), explain()   one more hint; what a check looks at and why
quiz()              which questions are answered correctly
train(), report()   train your GAN; show what became of it
"""

from checks.engine.notebook.lesson import check, explain, hint, quiz, report, start, train

__all__ = ["check", "explain", "hint", "quiz", "report", "start", "train"]
