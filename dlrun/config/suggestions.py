"""Suggests what a person may have meant by a key that the schema does not have.

It tries the same word in another section, then a word of other programs, then a typing error; else it lists the keys.
"""

import difflib

from .keys import all_paths, keys_at
from .problems import SHOWN_CHARACTERS, KeyPath, dotted

# The cutoff of `difflib`, a share of common letters; 0.6 is its default. `widht` is close to width, `size` to nothing.
CLOSE = 0.6

# Words of other programs -> our key, and a remark if the meaning differs.
SYNONYMS: dict[str, tuple[KeyPath, str]] = {
    "lr": (("training", "learning_rate"), ""),
    "alpha": (("training", "learning_rate"), ""),
    "decay": (("training", "learning_rate_decay"), ""),
    "batch": (("training", "batch_size"), ""),
    "beta1": (("training", "momentum"), ""),
    "beta2": (("training", "rms_decay"), ""),
    "eps": (("training", "epsilon"), ""),
    "dtype": (("training", "precision"), ""),
    "dropout": (("regularization", "keep_prob"), " (keep_prob = 1 - rate)"),
    "dropout_rate": (("regularization", "keep_prob"), " (keep_prob = 1 - rate)"),
    "l2": (("regularization", "lambda"), ""),
    "lambd": (("regularization", "lambda"), ""),
    "lambda_": (("regularization", "lambda"), ""),
    "patience": (("regularization", "patience_epochs"), ""),
    "early_stopping": (("regularization", "patience_epochs"), ""),
    "layers": (("network", "depth"), " (layers with weights, the output layer included)"),
    "hidden_layers": (("network", "hidden"), " (a list of widths; or network.depth, one more than the hidden layers)"),
    "units": (("network", "width"), ""),
    "initializer": (("network", "init"), ""),
    "val": (("data", "split", "dev"), ""),
    "valid": (("data", "split", "dev"), ""),
    "validation": (("data", "split", "dev"), ""),
    "dataset": (("data", "source"), ""),
    "path": (("data", "source"), ""),
    "file": (("data", "source"), ""),
    "label": (("data", "target"), ""),
    "bayes_error": (("diagnosis", "optimal_error"), ""),
}


def closest(word: str, among: list[str]) -> str | None:
    """The one of the words that is closest to the given one (ignoring case), or None."""
    if len(word) > SHOWN_CHARACTERS:
        return None
    by_lower = {candidate.lower(): candidate for candidate in among}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=CLOSE)
    return by_lower[matches[0]] if matches else None


def unknown_key(path: KeyPath) -> str:
    """The sentence about a key that its section does not have; it ends in a suggestion or in the known keys."""
    *above, last = path
    word, here = str(last), list(keys_at(tuple(above)))
    keys = tuple(word.split("."))
    if len(keys) > 1 and (*above, *keys) in set(all_paths()):
        section, key = ".".join(keys[:-1]), keys[-1]
        return f"unknown key here; write {key} below {section}, a key in the file has no dots"
    elsewhere = [key_path for key_path in all_paths() if key_path[-1] == word]
    meant: str | None
    if elsewhere:
        meant = " or ".join(dotted(key_path) for key_path in elsewhere)
    elif word.lower() in SYNONYMS:
        synonym, remark = SYNONYMS[word.lower()]
        meant = dotted(synonym[-1:] if synonym[:-1] == path[:-1] else synonym) + remark
    else:
        meant = closest(word, here)
    return f"unknown key here; did you mean {meant}?" if meant else f"unknown key here; known here: {', '.join(here)}"
