"""The learner's files: source, stubs, reset, answers, backups, diff, fingerprints, progress."""
