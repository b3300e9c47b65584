"""Reads the forms of an edition and checks them before anything is computed."""

from pathlib import Path

from juesuan.forms.model import Forms


def load_forms(edition: str, *, folder: Path | None = None) -> Forms:
    """Read ``expectations/forms/<edition>`` (or ``folder``) and check every form.

    Raises:
        EditionError: there is no such edition, or a form is wrong; every fault found is named.
    """
    raise NotImplementedError
