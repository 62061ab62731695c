"""What the judging of several tiers shares."""
