"""What the log on a run's page says of an error that is meant for people: its words, once, and no traceback."""

import logging

from juesuan.base.problems import JuesuanError


class PlainErrors(logging.Filter):
    """Has the page's log say what is wrong in words, and once: an error for people needs no traceback.

    An error passes the task, the flow and the end of both, and each says it. ``said`` is what was said of a run;
    without it nothing is held back.
    """

    def __init__(self, said: list[str] | None = None) -> None:
        super().__init__()
        self._said = said

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, JuesuanError):
            record.msg, record.args, record.exc_info = str(error), (), None
        words = record.getMessage()
        if self._said and any(one in words or repr(one)[1:-1] in words for one in self._said):
            return False
        if self._said is not None and isinstance(error, JuesuanError):
            self._said.append(words)
        return True


_said: list[str] = []
for _name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_name).addFilter(PlainErrors(_said))


def begin() -> None:
    """Forget what was said of an earlier run: a process may have several."""
    _said.clear()
