"""One run of the checks: the session on the command's side, the judge on the other, the reports."""
