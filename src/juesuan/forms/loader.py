"""Reads the forms of an edition and checks them before anything is computed."""

from pathlib import Path

from juesuan.forms.checks import faults_of
from juesuan.forms.model import Form, Forms, Terms
from juesuan.problems import EditionError, InputError
from juesuan.resources import edition_folder
from juesuan.yamlsource import Model, read_yaml

_TERMS = "terms.yaml"


def load_forms(edition: str, *, folder: Path | None = None) -> Forms:
    """Read ``expectations/forms/<edition>`` (or ``folder``) and check every form.

    The folder holds ``terms.yaml`` and one ``table-<number>.yaml`` for each form.

    Raises:
        EditionError: there is no such edition, or a form is wrong; every fault found is named.
    """
    place = folder or edition_folder("forms", edition)
    paths = sorted(place.glob("table-*.yaml"))
    if not paths:
        known = sorted(path.name for path in place.parent.glob("*") if any(path.glob("table-*.yaml")))
        raise EditionError(
            f"there are no forms of edition {edition!r}; known: {', '.join(known) or 'none'}\n"
            f"没有“{edition}”版的报表格式；已有：{'、'.join(known) or '无'}"
        )
    faults: list[str] = []
    terms = _read(place / _TERMS, Terms, faults)
    forms = [form for path in paths if (form := _read(path, Form, faults)) is not None]
    for form, path in zip(forms, paths, strict=False):
        if not faults and path.name != f"{form.name}.yaml":
            faults.append(f"{path.name} holds table {form.table}")
    for form in forms:
        faults.extend(faults_of(form))
    if faults or terms is None:
        raise EditionError(f"the forms of edition {edition} are wrong:\n" + "\n".join(faults))
    return Forms(edition, tuple(sorted(forms, key=lambda form: form.table)), terms)


def _read(path: Path, model: type[Model], faults: list[str]) -> Model | None:
    try:
        return read_yaml(path, model)
    except InputError as error:
        faults.extend(map(str, error.problems))
        return None
