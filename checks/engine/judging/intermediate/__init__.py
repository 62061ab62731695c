"""How a generator and its images are judged."""
