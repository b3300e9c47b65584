"""The results folder of a closing: the one room that knows its files, writes them and reads them.

Which values stand in the files, ``juesuan.closing`` says; what people see of them, ``juesuan.review`` and
``juesuan.trace``. The graph of facts (:mod:`juesuan.results.graph`) is imported by itself: it needs frames.
"""

from juesuan.results.checks import check_data, findings_data, idle_of, problem_data, verdict_of
from juesuan.results.facts import COLUMNS, facts_csv, read_facts_csv
from juesuan.results.folder import (
    Staged,
    discard,
    filled_beside,
    move_folder,
    publish,
    published_as_final,
    put_aside,
    replace_folder,
    restore_earlier,
)
from juesuan.results.manifest import Manifest, read_manifest, write_manifest
from juesuan.results.names import State, earlier_folder, last_year_folder, refusal_folder, rejected_folder
from juesuan.results.read import HeadlineFigure, Results, change_of, read_results
from juesuan.results.signoff import SignOff, Standing, hashes_of, read_signoffs, standing, write_signoffs

__all__ = [
    "COLUMNS",
    "HeadlineFigure",
    "Manifest",
    "Results",
    "SignOff",
    "Staged",
    "Standing",
    "State",
    "change_of",
    "check_data",
    "discard",
    "earlier_folder",
    "facts_csv",
    "filled_beside",
    "findings_data",
    "hashes_of",
    "idle_of",
    "last_year_folder",
    "move_folder",
    "problem_data",
    "publish",
    "published_as_final",
    "put_aside",
    "read_facts_csv",
    "read_manifest",
    "read_results",
    "read_signoffs",
    "refusal_folder",
    "rejected_folder",
    "replace_folder",
    "restore_earlier",
    "standing",
    "verdict_of",
    "write_manifest",
    "write_signoffs",
]
