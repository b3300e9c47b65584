"""Reads the forms of an edition and checks them before anything is computed."""

from collections.abc import Sequence

from juesuan.editionfiles import EditionFiles, files_of
from juesuan.forms.checks import faults_of
from juesuan.forms.model import Form, Forms, Terms
from juesuan.problems import EditionError, InputError
from juesuan.yamlsource import Model

_ROOM = "forms"
_TERMS = "terms"


def load_forms(edition: EditionFiles | str, tables: Sequence[int] | None = None) -> Forms:
    """Read the forms of an edition and check every one.

    Its room ``forms`` holds ``terms.yaml`` and one ``table-<number>.yaml`` for each form. ``tables`` says which of
    them the edition has (None: all); a form of the edition that it extends is not read unless it is named.

    Raises:
        EditionError: there is no such edition, or a form is wrong; every fault found is named.
    """
    files = files_of(edition)
    wanted = {f"table-{number}" for number in tables or ()}
    names = [name for name in files.names(_ROOM) if name != _TERMS and (tables is None or name in wanted)]
    faults: list[str] = []
    terms = _read(files, _TERMS, Terms, faults)
    found = {name: form for name in names if (form := _read(files, name, Form, faults)) is not None}
    for name, form in found.items():
        if name != form.name:
            faults.append(f"{files.label_of(f'{_ROOM}/{name}.yaml')}：这个文件写的是表 {form.table}")
        faults.extend(f"{files.label_of(f'{_ROOM}/{name}.yaml')}：{fault}" for fault in faults_of(form))
    if faults or terms is None:
        raise EditionError(f"the forms of edition {files.name} are wrong:\n" + "\n".join(faults))
    return Forms(files.name, tuple(sorted(found.values(), key=lambda form: form.table)), terms)


def _read(files: EditionFiles, name: str, model: type[Model], faults: list[str]) -> Model | None:
    try:
        return files.read(f"{_ROOM}/{name}.yaml", model)
    except InputError as error:
        faults.extend(map(str, error.problems))
        return None
