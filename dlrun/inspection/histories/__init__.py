"""Histories of trainings elsewhere: what other packages log an epoch, read into curves.

A kind of file is a function and a row of `reading.READERS`. Nothing here runs what a file holds: pickles are refused.
"""
