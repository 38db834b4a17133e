"""What the cells of a column mean: numbers as people write them, dates, words, and what stands for a missing value.

Each module decides the form of a column by all of its values, and reads cells by a form. Nothing here knows files.
"""
