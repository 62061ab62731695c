"""The report of a run: one HTML file that needs nothing else, and an animation of its samples.

`content` takes what there is in a run's folder, within limits; `charts` and `pictures` turn it
into shapes and images; `wording` finds the words; `page` puts all of it into the template.
"""

from checks.engine.report.page import write_report

__all__ = ["write_report"]
