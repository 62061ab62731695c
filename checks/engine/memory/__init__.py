"""What is remembered between runs: which checks passed on which code, and what was said."""
