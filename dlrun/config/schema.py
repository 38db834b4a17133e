"""The schema: every key that a config may hold, its kind, its default and its purpose.

A `Config` is complete, frozen and says what an experiment will run. The models check each value by itself; `agreement`
checks keys against each other. So make a `Config` with `load_config` or `config_from_dict`.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from . import kinds, words


class Section(BaseModel):
    """A mapping of the config: frozen, no other keys, no conversions (an int may stand for a float), finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Split(Section):
    """How the source's rows are divided: all ratios (floats that sum to 1), or all counts (ints)."""

    train: kinds.Share = Field(0, description="Share of the rows to train on.")
    dev: kinds.Share = Field(0, description="Share of the rows to choose by (the validation set).")
    test: kinds.Share = Field(0, description="Share of the rows kept for the last word; may be 0.")

    def is_counts(self) -> bool:
        """Whether the shares are numbers of examples rather than ratios."""
        return isinstance(self.train, int)


DEFAULT_SPLIT = Split(train=0.6, dev=0.2, test=0.2)


class Data(Section):
    """Where the examples come from, how they are read, divided and scaled."""

    source: kinds.Source = Field(
        description="A bundled set, a generator, openml:ID-or-name, or a path to .csv, .tsv, .parquet, .npz, .npy."
    )
    dev_source: kinds.Text | None = Field(None, description="A separate file to take the dev set from.")
    test_source: kinds.Text | None = Field(None, description="A separate file to take the test set from.")
    split: Split = Field(DEFAULT_SPLIT, description="Ratios that sum to 1, or counts; a missing part is 0.")
    split_column: kinds.Column | None = Field(None, description="A column that holds the words train, dev and test.")
    group: kinds.Column | None = Field(None, description="A column whose equal values must stay in one part.")
    order: kinds.Column | None = Field(None, description="A column to split by, the earliest rows for training.")
    weight: kinds.Column | None = Field(None, description="A column that says how often each row counts.")
    stratify: kinds.Switch = Field(True, description="Whether each part keeps the proportions of the classes.")
    target: kinds.Column | None = Field(None, description="The column to predict; null means the last one.")
    header: kinds.Switch | None = Field(None, description="Whether the first line names columns; null: found out.")
    separator: kinds.Text | None = Field(None, description="What stands between two fields; null: found out.")
    drop: kinds.Columns = Field((), description="Columns to leave out.")
    missing: kinds.Texts = Field(
        ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"), description="Texts that stand for a missing value."
    )
    numeric: kinds.Columns = Field((), description="Columns to read as numbers whatever they look like.")
    categorical: kinds.Columns = Field((), description="Columns to read as categories whatever they look like.")
    ordered: kinds.OrderedWords = Field((), description="Words that have an order, the least first; one list an order.")
    decimal: kinds.Decimal | None = Field(None, description="What stands before a fraction; null: found out.")
    thousands: kinds.Thousands | None = Field(None, description="What stands between thousands; null: found out.")
    day_first: kinds.Switch | None = Field(None, description="Whether 1/2/2024 is in February; null: found out.")
    charset: kinds.Text | None = Field(None, description="How bytes stand for characters, as utf-8; null: found out.")
    sheet: kinds.Column | None = Field(None, description="Workbooks: the sheet, by name or place; null: the first.")
    examples: kinds.ExamplesIn = Field("rows", description="Arrays: whether rows or columns are the examples.")
    max_levels: kinds.ClassCount = Field(50, description="Levels of a category with a column of their own.")
    unlabeled: kinds.Unlabeled = Field("drop", description="What becomes of rows without a target.")
    rare_classes: kinds.RareClasses = Field("error", description="What becomes of classes too rare for every split.")
    duplicates: kinds.Duplicates | None = Field(
        None, description="Whether equal rows stay in one split; null: where it costs nothing."
    )
    memory_map: kinds.Switch = Field(False, description="Whether the rows stay in their file, a .npy, while training.")
    task: kinds.Task = Field("auto", description="What the target asks for; auto decides by its values.")
    normalize: kinds.Normalize = Field(
        True, description="Whether inputs are scaled by the training set's mean and sigma; together: by those of all."
    )
    encoding: kinds.Encodings = Field(
        words.STANDARD,
        description="How numbers become inputs: a word for all, or one for each column; * is all others.",
    )
    samples: kinds.Count | None = Field(None, description="Generators: the number of examples.")
    noise: kinds.NotNegative | None = Field(None, description="Generators: the noise's standard deviation or share.")
    features: kinds.Count | None = Field(None, description="Generators: the number of inputs.")
    informative: kinds.CountFromZero | None = Field(None, description="Generators: the inputs that matter.")
    classes: kinds.ClassCount | None = Field(None, description="Generators: the number of classes.")
    factor: kinds.BelowOne | None = Field(None, description="Generators: the inner circle's size beside the outer's.")
    cluster_std: kinds.NotNegative | None = Field(None, description="Generators: a blob's standard deviation.")


class Network(Section):
    """The shape of the network and its initial weights."""

    depth: kinds.Depth = Field(3, description="Layers with weights, the output layer included; 1 has none hidden.")
    width: kinds.Width | None = Field(64, description="Units of every hidden layer; null when hidden is given.")
    hidden: kinds.Widths | None = Field(None, description="Units of each hidden layer, instead of depth and width.")
    activation: kinds.Activation = Field("relu", description="What the hidden layers apply.")
    init: kinds.Initializer = Field(
        "he",
        description="How initial weights are drawn. linear: as he, but a network of ReLU begins as a linear model.",
    )
    init_scale: kinds.Positive = Field(0.01, description="Standard deviation of the weights for init normal.")
    output_bias: kinds.OutputBias = Field(
        "prior", description="Where the output's bias starts: at the classes' log odds in training, or at zeros."
    )

    def hidden_widths(self) -> tuple[int, ...]:
        """Units of each hidden layer, first to last; empty for depth 1."""
        if self.hidden is not None:
            return self.hidden
        assert self.width is not None, "the loader refuses network.width null without network.hidden"
        return (self.width,) * (self.depth - 1)


class Augment(Section):
    """Changes made to each training batch, drawn anew; nothing is changed when evaluating."""

    noise: kinds.NotNegative = Field(0.0, description="Standard deviation of the noise added to the scaled inputs.")
    shift_pixels: kinds.CountFromZero = Field(0, description="Images: the largest shift along each axis, in pixels.")
    rotate_degrees: kinds.Angle = Field(0.0, description="Images: the largest turn to either side, in degrees.")
    zoom_fraction: kinds.BelowOne = Field(0.0, description="Images: the largest zoom in or out, as a fraction.")
    flip: kinds.Switch = Field(False, description="Images: whether half of them are mirrored left to right.")


class Regularization(Section):
    """What is done against overfitting."""

    lambda_: kinds.NotNegative = Field(
        0.0, alias="lambda", description="L2 penalty: lambda / (2 m_train) times the sum of squared weights."
    )
    weight_decay: kinds.NotNegative = Field(
        0.0, description="Share of the weights that each step takes, times the step size; no part of the cost."
    )
    keep_prob: kinds.KeepProb = Field(
        1.0, description="Dropout: the probability that a hidden unit stays; one number, or one for each hidden layer."
    )
    patience_epochs: kinds.Count | None = Field(
        None, description="Early stopping: epochs without a better dev error; the best parameters are kept."
    )
    augment: Augment = Field(Augment(), description="Random changes of the training examples.")


class Training(Section):
    """The optimizer and its pace."""

    optimizer: kinds.Optimizer = Field("adam", description="How parameters follow the gradient.")
    learning_rate: kinds.Positive = Field(0.001, description="The step size at epoch 0.")
    learning_rate_decay: kinds.NotNegative = Field(
        0.0, description="The step size is learning_rate / (1 + decay * epoch), epochs counted from 0."
    )
    schedule: kinds.Schedule = Field(
        "constant", description="How the step size falls over all steps; instead of learning_rate_decay."
    )
    warmup_fraction: kinds.BelowOne = Field(
        0.0, description="The share of all steps over which the step size rises from nearly 0."
    )
    momentum: kinds.Decay = Field(0.9, description="Decay of the averaged gradient; beta1 of adam.")
    rms_decay: kinds.Decay = Field(0.999, description="Decay of the averaged squared gradient; beta2 of adam.")
    epsilon: kinds.Positive = Field(1e-8, description="What keeps adam and rmsprop from dividing by zero.")
    batch_size: kinds.BatchSize = Field(
        64, description="Examples in each step, full for all of them, or auto: more where there are more rows."
    )
    class_weight: kinds.ClassWeights | None = Field(
        None, description="How much each class's rows count: balanced, or a number for some labels; null: all alike."
    )
    epochs: kinds.Epochs = Field(
        60, description="Passes over the training set, or auto: more where there are fewer rows."
    )
    evaluate_every: kinds.Count = Field(1, description="Epochs between two evaluations.")
    keep: kinds.Keep = Field(
        "auto",
        description="Which epoch's parameters a run keeps: the best dev error's, or the last; auto: best if patient.",
    )
    precision: kinds.Precision = Field("float32", description="The numbers to compute in.")
    threads: kinds.Threads | None = Field(
        None, description="Threads of each matrix product; auto: idle cores where layers are wide; null: one."
    )
    trace: kinds.Switch = Field(
        True,
        description="Whether layers are traced (gradients, activations, steps), and weights kept in snapshots. "
        "Changes no result.",
    )
    checkpoint_epochs: kinds.Count | None = Field(
        None, description="Epochs between two checkpoints; null: by seconds alone. Changes no result."
    )
    checkpoint_seconds: kinds.Positive = Field(
        30.0, description="Seconds between two checkpoints, or more where they would cost over 3%. Changes no result."
    )


class Judgements(Section):
    """An optimal error that was counted: `errors` wrong ones of `n` judgements by people."""

    errors: kinds.CountFromZero = Field(description="Judgements that were wrong.")
    n: kinds.Count = Field(description="All judgements.")

    @model_validator(mode="after")
    def no_more_errors_than_judgements(self) -> "Judgements":
        """Raises ValueError; the sentence that a person reads is that of `OptimalError`."""
        if self.errors > self.n:
            raise ValueError("more errors than judgements")
        return self


class SoftLabels(Section):
    """A file with the probabilities of the classes, or votes for them, of each of some rows."""

    soft_labels: kinds.Text = Field(description="A .csv, looked for beside the config.")


OptimalError = Annotated[
    kinds.Fraction | Judgements | SoftLabels,
    kinds.Expects("a fraction from 0 to 1, {errors: 30, n: 200} with errors <= n, or {soft_labels: FILE.csv}"),
]


class Diagnosis(Section):
    """What the results are measured against."""

    optimal_error: OptimalError | None = Field(
        None, description="The error that the best possible predictor (or a person) makes; null: 0 is assumed."
    )
    target_error: kinds.Fraction | None = Field(
        None, description="A dev error that is good enough; once it is surely met, the advice is that you are done."
    )
    metric: kinds.Metric = Field(
        "error", description="What bias and variance are told in; an optimal and a target error are in it too."
    )
    ignore: kinds.Codes = Field((), description="Codes of findings that are not told; dlrun explain lists them.")


class Config(Section):
    """One experiment, complete: what to train, on what, how, and against what to judge it."""

    name: kinds.Name | None = Field(None, description="The experiment's name; null means the config file's name.")
    seed: kinds.CountFromZero = Field(0, description="The one number that all randomness follows from.")
    data: Data = Field(description="The examples.")
    network: Network = Field(Network(), description="The network's shape and initial weights.")
    regularization: Regularization = Field(Regularization(), description="Weight penalty, dropout, early stopping.")
    training: Training = Field(Training(), description="The optimizer, its pace and its batches.")
    diagnosis: Diagnosis = Field(Diagnosis(), description="What good would be.")
    ensemble: kinds.Count = Field(
        1, description="Networks that are trained side by side, each from other weights; their mean answers."
    )
    bag_fraction: kinds.BagFraction = Field(
        1.0, description="Share of the training rows that each network of an ensemble learns from, drawn for each."
    )
    report: kinds.Switch = Field(True, description="Whether train and resume end by writing a page about the run.")

    def keep_probs(self) -> tuple[float, ...]:
        """The probability that a unit stays, one for each hidden layer; empty for depth 1."""
        given = self.regularization.keep_prob
        return given if isinstance(given, tuple) else (given,) * len(self.network.hidden_widths())

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and scalars under the YAML's words, in the schema's order."""
        return self.model_dump(by_alias=True, mode="json")
