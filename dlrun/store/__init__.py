"""The store: run folders, written whole and read with suspicion."""
