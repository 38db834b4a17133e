"""The benchmark of the diagnosis: planted faults, and searches at equal numbers of trainings."""
