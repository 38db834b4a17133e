"""Checks keys against each other: shares and their sum, widths and depth, settings and sources.

Each check takes values that are valid one by one and yields the problems that they have together. The defaults that
depend on other keys (`completed`) are here too, because they follow the same rules.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..nn.encodings import OTHERS, STANDARD, TARGET, is_standard
from ..records import SPLITS
from .problems import KeyPath, Problem, counted, shown
from .schema import Data, Network, Training
from .suggestions import closest
from .words import NO_VOCABULARY, Vocabulary

# Ratios with six decimals (three times 0.333333) sum to 1 within this; a forgotten part is more.
RATIO_TOLERANCE = 1e-6

# The default split in integer parts, so that leaving some out gives 0.75 and not 0.7499999999999999.
DEFAULT_PARTS = {"train": 3, "dev": 1, "test": 1}

# More endings of files than this in one message are hard to read; the README has all.
SUFFIXES_SHOWN = 6

DEFAULT_DEPTH: int = Network.model_fields["depth"].default
DEFAULT_RATE: float = Training.model_fields["learning_rate"].default


def without(data: Any, bad: set[KeyPath], path: KeyPath = ()) -> Any:
    """The data without the keys that are bad or hold a bad item."""
    if not isinstance(data, dict):
        return data
    kept = {key: value for key, value in data.items() if (*path, key) not in bad}
    return {key: without(value, bad, (*path, key)) for key, value in kept.items()}


def disagreements(data: dict[str, Any], bad: set[KeyPath], vocabulary: Vocabulary = NO_VOCABULARY) -> list[Problem]:
    """The problems that valid values have together; a check is left out when one of its keys is in `bad`."""
    if () in bad:
        return []
    sound = without(data, bad)
    sections = {key: sound.get(key, {}) for key in ("data", "network", "regularization", "training", "diagnosis")}
    problems: list[Problem] = []
    in_split = any(path[:2] == ("data", "split") for path in bad)
    if not in_split and not bad & {("data",), ("data", "dev_source"), ("data", "test_source")}:
        problems += _split(sections["data"])
    if not bad & {("network",), ("network", "hidden"), ("network", "depth"), ("network", "width")}:
        shape = list(_shape(sections["network"]))
        problems += shape or _keep_prob(sections["network"], sections["regularization"])
    problems += _pace(sections["training"])
    problems += _weight_decay(sections["training"], sections["regularization"])
    if not bad & {("ensemble",), ("bag_fraction",)}:
        problems += _bags(sound)
    problems += _encoding(sections["data"], sections["regularization"].get("augment", {}))
    if vocabulary.source_settings:
        problems += _source(sections["data"], vocabulary)
    if vocabulary.finding_codes:
        problems += _ignored(sections["diagnosis"], vocabulary.finding_codes)
    return problems


def _ignored(diagnosis: Mapping[str, Any], finding_codes: tuple[str, ...]) -> Iterator[Problem]:
    for position, code in enumerate(diagnosis.get("ignore", ())):
        if code not in finding_codes:
            meant = closest(code, list(finding_codes))
            remedy = f"did you mean {meant}?" if meant else "dlrun explain lists the codes"
            yield Problem(("diagnosis", "ignore", position), f"got {shown(code)}, no finding's code; {remedy}")


def hidden_count(network: Mapping[str, Any]) -> int:
    """The number of hidden layers that the given keys of `network` ask for."""
    hidden = network.get("hidden")
    depth: int = network.get("depth", DEFAULT_DEPTH)
    return len(hidden) if hidden is not None else depth - 1


def _shape(network: Mapping[str, Any]) -> Iterator[Problem]:
    hidden, width = network.get("hidden"), network.get("width")
    if hidden is None:
        if width is None and "width" in network:
            yield Problem(("network", "width"), "got null without network.hidden; give a width such as 64")
        return
    if width is not None:
        fault = f"got {width} together with network.hidden {shown(list(hidden))}"
        yield Problem(("network", "width"), f"{fault}; give one of the two")
    depth = network.get("depth", len(hidden) + 1)
    if depth != len(hidden) + 1:
        fault = f"{counted(len(hidden), 'width')} given; network.depth {depth} has {counted(depth - 1, 'hidden layer')}"
        remedy = f"give {counted(depth - 1, 'width')} or set depth: {len(hidden) + 1}"
        yield Problem(("network", "hidden"), f"{fault}; {remedy}")


def _keep_prob(network: Mapping[str, Any], regularization: Mapping[str, Any]) -> Iterator[Problem]:
    given, layers = regularization.get("keep_prob"), hidden_count(network)
    if isinstance(given, list | tuple) and len(given) != layers:
        fault = f"{counted(len(given), 'value')} given; the network has {counted(layers, 'hidden layer')}"
        remedy = f"give {counted(layers, 'value')}, or one number for every layer"
        yield Problem(("regularization", "keep_prob"), f"{fault}; {remedy}")


def _pace(training: Mapping[str, Any]) -> Iterator[Problem]:
    decay, schedule = training.get("learning_rate_decay", 0), training.get("schedule", "constant")
    if decay and schedule != "constant":
        fault = f"got {shown(decay)} together with training.schedule {schedule}, and both let the rate fall"
        yield Problem(("training", "learning_rate_decay"), f"{fault}; leave one of the two out")


def _weight_decay(training: Mapping[str, Any], regularization: Mapping[str, Any]) -> Iterator[Problem]:
    rate, decay = training.get("learning_rate", DEFAULT_RATE), regularization.get("weight_decay", 0)
    if rate * decay >= 1:
        fault = f"got {shown(decay)}, and at training.learning_rate {shown(rate)} a step would take all of the weights"
        yield Problem(("regularization", "weight_decay"), f"{fault}; give a number below {shown(1 / rate)}")


def _bags(config: Mapping[str, Any]) -> Iterator[Problem]:
    fraction, members = config.get("bag_fraction", 1), config.get("ensemble", 1)
    if fraction == 1:
        return
    if members == 1:
        fault = f"got {shown(fraction)} with ensemble 1, and one network learns from all training rows"
        yield Problem(("bag_fraction",), f"{fault}; set ensemble: 5, or leave bag_fraction out")
    if config.get("data", {}).get("memory_map"):
        fault = f"got {shown(fraction)} with data.memory_map, and bags are drawn from rows in memory"
        yield Problem(("bag_fraction",), f"{fault}; leave one of the two out")


def _encoding(data: Mapping[str, Any], augment: Mapping[str, Any]) -> Iterator[Problem]:
    encoding = data.get("encoding", STANDARD)
    if is_standard(encoding):
        return
    if isinstance(encoding, Mapping) and encoding.get(OTHERS) == TARGET:
        yield Problem(("data", "encoding"), f"got {TARGET} for {OTHERS}, which is all other numbers; name the columns")
    if (normalize := data.get("normalize", True)) is not True:
        fault = f"got {shown(encoding)} with data.normalize {shown(normalize)}"
        yield Problem(("data", "encoding"), f"{fault}; leave one of them out")
    if any(augment.values()):
        fault = "would change some inputs of a number and not the others that data.encoding makes of it"
        yield Problem(("regularization", "augment"), f"{fault}; leave one of them out")


def is_counts(shares: Mapping[str, float]) -> bool | None:
    """Whether shares are counts (True), ratios (False) or a mixture (None); zeros count as either.

    A lone `train: 1` is the ratio 1, all of the rows: nobody trains on one example.
    """
    kinds = {isinstance(share, int) for share in shares.values() if share}
    if len(kinds) > 1:
        return None
    return kinds == {True} and [share for share in shares.values() if share] != [1]


def _split(data: Mapping[str, Any]) -> Iterator[Problem]:
    if "split" not in data:
        return
    split = data["split"]
    shares: dict[str, float] = {part: split.get(part, 0) for part in SPLITS}
    counts = is_counts(shares)
    if counts is None:
        fault = ", ".join(f"{part} {shown(share)}" for part, share in shares.items() if share)
        remedy = "give ratios that sum to 1, or whole numbers of examples"
        yield Problem(("data", "split"), f"got ratios and counts mixed ({fault}); {remedy}")
        return
    sentences = {part: _share_sentence(part, split.get(part), data.get(f"{part}_source")) for part in SPLITS}
    yield from (Problem(("data", "split", part), sentence) for part, sentence in sentences.items() if sentence)
    total = sum(shares.values())
    if not any(sentences.values()) and not counts and abs(round(total - 1, 12)) > RATIO_TOLERANCE:
        fault = f"ratios sum to {total:.6g}; expected 1"
        yield Problem(
            ("data", "split"), f"{fault} (train {shares['train']}, dev {shares['dev']}, test {shares['test']})"
        )


def _share_sentence(part: str, share: float | None, source: str | None) -> str | None:
    """The problem of one share (None: not given) and the file that may replace it; None if there is none."""
    if share and source is not None:
        return f"got {shown(share)} although data.{part}_source is given; leave one of them out"
    if share or source is not None or part == "test":
        return None
    remedy = "give a share > 0" + (", or a data.dev_source" if part == "dev" else "")
    return f"missing; {remedy}" if share is None else f"got {shown(share)}; {remedy}"


def _source(data: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[Problem]:
    source: str | int | None = data.get("source")
    if source is None:
        return
    if isinstance(source, str) and not _is_known(source, vocabulary):
        meant = closest(source, list(vocabulary.source_settings))
        guess = f"did you mean {meant}?" if meant else "give one of those here"
        named, suffixes = ", ".join(vocabulary.source_settings), _usual(vocabulary.file_suffixes)
        sentence = f"got {shown(source)}, an unknown source; {guess} (bundled: {named}; or a path to {suffixes})"
        yield Problem(("data", "source"), sentence)
        return
    for setting in Data.model_fields:
        takers = vocabulary.takers(setting)
        if data.get(setting) is not None and takers and source not in takers:
            remedy = f"leave it out, or use a source that takes it: {', '.join(takers)}"
            yield Problem(("data", setting), f"not a setting of source {shown(source).strip(chr(39))}; {remedy}")


def _usual(suffixes: tuple[str, ...]) -> str:
    """The first endings of files, and how many more there are."""
    more = len(suffixes) - SUFFIXES_SHOWN
    return ", ".join(suffixes[:SUFFIXES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _is_known(source: str, vocabulary: Vocabulary) -> bool:
    """Whether a source's text names a set, one of OpenML's, or a file of a kind that can be read."""
    lowered = source.lower()
    return (
        source in vocabulary.source_settings
        or lowered.startswith("openml:")
        or lowered.endswith(vocabulary.file_suffixes)
    )


def completed(data: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    """Valid data with the defaults that depend on other keys: name, depth and width with hidden, and the split."""
    done = dict(data)
    if done.get("name") is None:
        done["name"] = name
    network = dict(done.get("network", {}))
    if network.get("hidden") is not None:
        done["network"] = {"depth": len(network["hidden"]) + 1, **network, "width": None}
    done["data"] = {**done["data"], "split": _completed_split(done["data"])}
    return done


def _completed_split(data: Mapping[str, Any]) -> dict[str, float]:
    if "split" in data:
        shares: dict[str, float] = {part: data["split"].get(part, 0) for part in SPLITS}
        number = int if is_counts(shares) else float
        return {part: number(share) for part, share in shares.items()}
    parts = {part: weight for part, weight in DEFAULT_PARTS.items() if data.get(f"{part}_source") is None}
    total = sum(parts.values())
    return {part: parts.get(part, 0) / total for part in DEFAULT_PARTS}
