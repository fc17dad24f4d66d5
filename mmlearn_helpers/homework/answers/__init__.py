"""What the grader knows of each homework and students do not; no part of the package they get."""
