"""What a course is made of: checks, verdicts, what a check can end with, totals, questions."""
