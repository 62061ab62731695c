"""The learner's files as text: stubs, answers, backups, comparison with the reference."""
