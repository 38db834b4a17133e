"""Runs that survive anything, shown: `python -m tests.reliability` does to runs what disks, kernels and people do.

Each module is one kind of harm, with a function that does it so many times and counts what was lost. The tests run
each in a quick form.
"""
