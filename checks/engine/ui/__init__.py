"""What the terminal shows, and what comes in from its keyboard and from saved files."""
