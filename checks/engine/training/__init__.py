"""Training for real: the process that trains, the runs that it leaves on the disk, and resuming."""
