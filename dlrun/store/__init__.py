"""The store: writes run folders so that no file is ever half written, and checks whatever it reads back."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from . import checkpoints as checkpoints
    from . import looks as looks
    from . import trash as trash
    from .arrays import Form as Form
    from .arrays import form_of as form_of
    from .checkpoints import Checkpoint as Checkpoint
    from .codec import Misfit as Misfit
    from .codec import Plain as Plain
    from .codec import from_plain as from_plain
    from .codec import to_plain as to_plain
    from .contents import (
        DATA as DATA,
    )
    from .contents import (
        DIAGNOSIS as DIAGNOSIS,
    )
    from .contents import (
        EXAMPLES as EXAMPLES,
    )
    from .contents import (
        FORM as FORM,
    )
    from .contents import (
        LABELS as LABELS,
    )
    from .contents import (
        MODEL as MODEL,
    )
    from .contents import (
        PREDICTIONS as PREDICTIONS,
    )
    from .contents import (
        RESOLVED as RESOLVED,
    )
    from .contents import (
        SNAPSHOTS as SNAPSHOTS,
    )
    from .contents import (
        SPLIT as SPLIT,
    )
    from .contents import (
        TREES as TREES,
    )
    from .contents import (
        Arrays as Arrays,
    )
    from .contents import (
        RunContents as RunContents,
    )
    from .contents import (
        kept_diagnosis as kept_diagnosis,
    )
    from .contents import (
        kept_labels as kept_labels,
    )
    from .contents import (
        kept_snapshots as kept_snapshots,
    )
    from .contents import (
        kept_trees as kept_trees,
    )
    from .contents import (
        read_contents as read_contents,
    )
    from .disk import write_whole as write_whole
    from .folder import RunFolder as RunFolder
    from .folder import corrupt as corrupt
    from .known import identity_key as identity_key
    from .listing import (
        RunSummary as RunSummary,
    )
    from .listing import (
        Wanted as Wanted,
    )
    from .listing import (
        first_runs as first_runs,
    )
    from .listing import (
        list_runs as list_runs,
    )
    from .listing import (
        read_result as read_result,
    )
    from .listing import (
        same_runs as same_runs,
    )
    from .manifest import (
        Hashes as Hashes,
    )
    from .manifest import (
        Identity as Identity,
    )
    from .manifest import (
        Manifest as Manifest,
    )
    from .manifest import (
        Parent as Parent,
    )
    from .manifest import (
        Session as Session,
    )
    from .manifest import (
        add_session as add_session,
    )
    from .manifest import (
        is_begun as is_begun,
    )
    from .manifest import (
        now as now,
    )
    from .manifest import (
        read_manifest as read_manifest,
    )
    from .manifest import (
        write_manifest as write_manifest,
    )
    from .provenance import Environment as Environment
    from .provenance import environment as environment
    from .references import find_run as find_run
    from .references import find_runs as find_runs
    from .refit import REFIT as REFIT
    from .refit import REFIT_MODEL as REFIT_MODEL
    from .refit import Refit as Refit
    from .refit import kept_refit as kept_refit
    from .reserve import release as release
    from .reserve import reserve as reserve
    from .reserve import write_failed_session as write_failed_session
    from .results import Ended as Ended
    from .results import Ending as Ending
    from .results import FailedSession as FailedSession
    from .results import Result as Result
    from .run_lines import (
        METRICS as METRICS,
    )
    from .run_lines import (
        TRACE as TRACE,
    )
    from .run_lines import (
        read_metrics as read_metrics,
    )
    from .run_lines import (
        sound_metrics as sound_metrics,
    )
    from .run_lines import (
        sound_trace as sound_trace,
    )
    from .runs import create_run as create_run
    from .status import Status as Status
    from .status import ending_of as ending_of
    from .status import status_of as status_of
    from .strict_json import encode as encode
    from .tags import change_tags as change_tags
    from .tags import read_tags as read_tags
    from .verification import (
        FileCheck as FileCheck,
    )
    from .verification import add_arrays as add_arrays
    from .verification import (
        add_file as add_file,
    )
    from .verification import (
        require_sound as require_sound,
    )
    from .verification import (
        verify as verify,
    )
    from .verification import was_added as was_added
    from .verification import (
        write_result as write_result,
    )
else:
    lazily(
        __name__,
        arrays="Form form_of",
        checkpoints="Checkpoint",
        codec="Misfit Plain from_plain to_plain",
        contents=(
            "DATA DIAGNOSIS EXAMPLES FORM MODEL LABELS PREDICTIONS RESOLVED SNAPSHOTS SPLIT TREES Arrays RunContents "
            "kept_diagnosis kept_labels kept_snapshots kept_trees read_contents"
        ),
        disk="write_whole",
        folder="RunFolder corrupt",
        known="identity_key",
        listing="RunSummary Wanted first_runs list_runs read_result same_runs",
        manifest="Hashes Identity Manifest Parent Session add_session is_begun now read_manifest write_manifest",
        provenance="Environment environment",
        references="find_run find_runs",
        refit="REFIT REFIT_MODEL Refit kept_refit",
        reserve="release reserve write_failed_session",
        results="Ended Ending FailedSession Result",
        run_lines="METRICS TRACE read_metrics sound_metrics sound_trace",
        runs="create_run",
        status="Status ending_of status_of",
        strict_json="encode",
        tags="change_tags read_tags",
        verification="FileCheck add_arrays add_file require_sound verify was_added write_result",
    )
