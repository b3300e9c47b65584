"""``juesuan schema``: the JSON Schema of a package's YAML files, for editors that help to write them."""

import json
from pathlib import Path

from juesuan.base.problems import ExitCode, OutputError, words_of
from juesuan.package.describe import schemas


def tell_schema(file: str, to: Path | None) -> tuple[str, ExitCode]:
    """Return the schema of a file or the list of files, or write all schemas into a folder.

    Raises:
        OutputError: the folder can't be written.
    """
    found = {name: json.dumps(one, ensure_ascii=False, indent=2) for name, one in schemas().items()}
    if to is not None:
        names = {
            name: to / f"{name.removesuffix('.yaml').replace('/*', '').replace('/', '-')}.schema.json"
            for name in found
        }
        try:
            to.mkdir(parents=True, exist_ok=True)
            for name, path in names.items():
                path.write_text(found[name] + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{to}：写不了（{words_of(error)}）") from None
        hint = "在 YAML 文件的第一行写 # yaml-language-server: $schema=…，编辑器就会提示和检查。"
        lines = [*(f"{name}　{path}" for name, path in names.items()), hint]
        return "\n".join(lines), ExitCode.OK
    if not file:
        return "\n".join(found), ExitCode.OK
    if file not in found:
        return f"没有这个文件的写法：{file}。有：{'、'.join(found)}", ExitCode.USAGE
    return found[file], ExitCode.OK
