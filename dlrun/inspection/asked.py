"""A run's diagnosis as `dlrun diagnose` prints it today.

Adds to what was known when the run ended what its runs folder says now: other runs on the same dev rows, looks at the
test set, and on request the reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..advice import Advice, RunDiagnosis
from ..advice.records import Rate
from ..diagnosis import Finding, Judgements, optimal_of
from ..diagnosis.ills import Verdict
from ..diagnosis.label_noise import LabelNoise, label_noise_finding
from ..diagnosis.members import MembersLook
from ..diagnosis.reference import Reference
from ..diagnosis.selection import Selection
from ..diagnosis.trees import BesideTrees
from ..experiment.advising import diagnosis_of
from ..records import BySplit, flat, omitted
from ..statistics.metrics import Confusion, Metrics
from ..store import Result, RunFolder, kept_labels, kept_trees, read_result
from .looks import hashes_of, look_at_test, with_selection


@dataclass(frozen=True, kw_only=True)
class AskedDiagnosis:
    """What `diagnose --json` prints of a run.

    reference : None unless it was asked for. trees, label_noise : None unless they were measured with it, now or
    before; a regression has no label_noise. selection : None for a run older than the ledger. test_look : the number of
    this look at the test set, counted from 1; None without a test error. metrics, confusion, members : as the run's
    result has them. labels : the classes in the order of the confusion. tried : by action, what came of advice that was
    carried out often enough in this runs folder.
    """

    run: RunDiagnosis = flat()
    reference: Reference | None = omitted()
    trees: BesideTrees | None = omitted()
    label_noise: LabelNoise | None = omitted()
    selection: Selection | None
    run_dir: str
    test_look: int | None
    metrics: Mapping[str, Metrics] | None = omitted()
    confusion: Mapping[str, Confusion] | None = omitted()
    labels: tuple[str, ...] | None = omitted()
    members: MembersLook | None = omitted()
    tried: Mapping[str, Rate] | None = omitted()

    @property
    def verdict(self) -> Verdict:
        """The levels of bias and variance."""
        return self.run.verdict

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return self.run.sentence

    @property
    def errors(self) -> BySplit[float]:
        """The error of each split."""
        return self.run.errors

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, of errors, data, training and selection."""
        return self.run.findings

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What to try, best first."""
        return self.run.advice

    def __str__(self) -> str:
        return str(self.run)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.run._repr_html_()


def asked_diagnosis(run: RunDiagnosis, folder: RunFolder, result: Result, *, with_reference: bool) -> AskedDiagnosis:
    """The diagnosis of a run with all that is known today; `with_reference` trains ordinary learners and takes longer.

    Raises StoreError and DataError as `prepared_again` and `reference_of` do.
    """
    hashes = hashes_of(folder)
    if with_reference:
        from .reference import reference_of
        from .suspects import labels_of
        from .trees import prepared_again, trees_of

        experiment = prepared_again(folder)
        reference, trees = reference_of(run.diagnosis, folder, experiment), trees_of(folder, experiment)
        labels = labels_of(folder, experiment)
    else:
        reference, trees, labels = None, kept_trees(folder), kept_labels(folder)
    noise = labels.noise if labels else None
    test_look = look_at_test(folder, hashes, result.errors.test, "diagnose")
    run, selection = with_selection(with_label_noise(run, noise, result), folder, hashes, result)
    return AskedDiagnosis(
        run=run,
        reference=reference,
        trees=trees,
        label_noise=noise,
        selection=selection,
        run_dir=str(folder.path),
        test_look=test_look,
        metrics=result.metrics,
        confusion=result.confusion,
        labels=result.labels if result.confusion else None,
        members=result.members,
    )


def with_label_noise(run: RunDiagnosis, noise: LabelNoise | None, result: Result) -> RunDiagnosis:
    """The diagnosis with the finding that labels may be wrong, in place of that of the network's answers."""
    finding = label_noise_finding(noise) if noise else None
    if finding is None or finding.code in result.ignore:
        return run
    others = [one for one in run.diagnosis.findings if one.code != finding.code]
    return replace(run, diagnosis=replace(run.diagnosis, findings=(*others, finding)))


def diagnosis_of_run(
    folder: RunFolder, optimal: float | Judgements | None, *, with_reference: bool = False
) -> AskedDiagnosis:
    """The diagnosis of a run; `optimal` replaces the optimal error of its config. Raises as `asked_diagnosis` does."""
    result = read_result(folder)
    if optimal is not None:
        result = replace(result, optimal=optimal_of(optimal))
    return asked_diagnosis(diagnosis_of(result, folder), folder, result, with_reference=with_reference)
