"""What the lessons borrow from the kit: pictures, and images to train on. Nothing to write here."""

import sys
from pathlib import Path

# The kit's own code stands beside this folder, or where the command is given.
sys.path += [str(Path(__file__).resolve().parents[1]), str(Path.cwd())]

from checks.engine.ui.lesson_pictures import show_images, show_noise, show_untrained, show_walk
from checks.engine.ui.lesson_script import run, training

__all__ = ["run", "show_images", "show_noise", "show_untrained", "show_walk", "training"]
