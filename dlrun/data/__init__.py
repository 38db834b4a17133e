"""The data: from a name or a file to a `Dataset` whose scaling is fitted on the training rows alone."""
