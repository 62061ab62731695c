"""Where learners' code runs: a process of its own, locked in, that answers with evidence."""
