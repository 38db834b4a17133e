"""Encodings of numbers as the Python file of a run computes them, with NumPy alone: the text of its functions.

The counterpart of nn/encodings.py. A file holds the functions of the words that its run has, and nothing of encodings
where all numbers are only scaled.
"""

from string import Template

from ..arrays import Array
from ..data.preparation import FIRST_CODE, Preparation
from ..errors import UsageError
from .literals import listing, literal

SCALED = 'scaled = (np.where(known, numbers, KEPT["middles"]) - KEPT["means"]) / KEPT["scales"]'

ENCODED = """filled = np.where(known, numbers, KEPT["middles"])
    first, further = encoded(filled, (filled - KEPT["means"]) / KEPT["scales"])"""

# The first inputs of numbers, their gaps, and the inputs of words; what follows depends on the run.
STACKED = '~known[:, KEPT["gaps"]], *words'

MEANS = f"""
    means = [KEPT[f"target_means_{{at}}"][codes[name] + {FIRST_CODE}] for at, name in enumerate(MEANS_OF)]"""
MEANS_OF = """
# The columns of words with their mean target for inputs: of a word not in training, a missing one, and then each word.
MEANS_OF = """

FUNCTIONS = '''

def encoded(numbers, scaled):
    """The first input (m, p) of each number, and the further ones, each (m, 1)."""
    first, further = scaled.copy(), []
    for name, inputs_of in ENCODINGS.items():
        at = NUMBERS.index(name)
        first[:, at], *more = inputs_of(numbers[:, at], scaled[:, at], KEPT[f"encoding_{at}"]).T
        further += [column[:, None] for column in more]
    return first, further
$encoders

# The columns of numbers that have other or more inputs than their scaled number.
ENCODINGS = $encodings
'''

# Each word as a function of the numbers x (m,), the scaled ones z (m,) and what training kept of the column.
ENCODERS = {
    "robust": '''
def robust(x, z, kept):
    """z / sqrt(1 + (z/3)^2) of the number less the median, in quartile ranges."""
    robust = (x - kept[0]) * kept[1]
    return (robust / np.hypot(1, robust / 3))[:, None]
''',
    "quantile": '''
def quantile(x, z, kept):
    """The normal number of the rank among the training rows."""
    return np.interp(x, *kept)[:, None]
''',
    "piecewise": '''
def piecewise(x, z, kept):
    """The scaled number, and for each bin how much of it lies below the number, less what that is in the mean."""
    bins = len(kept) - 1
    parts = np.clip((x[:, None] - kept[:-1]) / np.diff(kept), 0, 1)
    return np.column_stack([z, parts - (bins - np.arange(bins) - 0.5) / bins])
''',
    "periodic": '''
def periodic(x, z, kept):
    """The scaled number, and its sine and cosine at some frequencies."""
    angles = z[:, None] * (2 * np.pi * kept)
    return np.column_stack([z, np.sin(angles), np.cos(angles)])
''',
}


def encoding_texts(preparation: Preparation) -> dict[str, str]:
    """What the template takes for its words `scaled`, `stacked` and `encoding`.

    Raises UsageError for an encoding without a function.
    """
    scaled, first, further, encoding = SCALED, "scaled", [], ""
    if words := {name: encoding.word for name, encoding in preparation.encodings.items()}:
        if unknown := [word for word in words.values() if word not in ENCODERS]:
            known = ", ".join(ENCODERS)
            raise UsageError(f"--python: no function is known for the encoding {unknown[0]}; train with one of {known}")
        encoders = "\n".join(ENCODERS[word] for word in dict.fromkeys(words.values()))
        lines = "\n".join(f"    {literal(name)}: {word}," for name, word in words.items())
        encoding = Template(FUNCTIONS).substitute(encoders=f"\n{encoders}", encodings=f"{{\n{lines}\n}}")
        scaled, first, further = ENCODED, "first", ["*further"]
    if preparation.target_means:
        encoding = (encoding or "\n") + MEANS_OF + listing(preparation.target_means) + "\n"
        scaled, further = scaled + MEANS, [*further, "*means"]
    return {"scaled": scaled, "stacked": ", ".join([first, STACKED, *further]), "encoding": encoding}


def kept_arrays(preparation: Preparation) -> dict[str, Array]:
    """What training kept of each encoded column, by the names in the .npz beside the file."""
    means = {f"target_means_{at}": means for at, means in enumerate(preparation.target_means.values())}
    return means | {
        f"encoding_{at}": preparation.encodings[name].kept
        for at, name in enumerate(preparation.numeric_columns)
        if name in preparation.encodings
    }
