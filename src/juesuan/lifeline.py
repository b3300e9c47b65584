"""A process that ends when the one that started it does, however that ends."""

import ctypes
import os
import signal
import sys

PARENT = "JUESUAN_PARENT"
"""Environment variable: the process whose children end with it."""

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, where the parent asks for it (Linux alone).

    A closing loses nothing by it: the next one resumes after the last finished stage.
    """
    parent = os.environ.get(PARENT, "")
    if sys.platform != "linux" or os.getppid() != int(parent or 0):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != int(parent):  # it ended in between
        os.kill(os.getpid(), signal.SIGKILL)
