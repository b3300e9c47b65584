"""Nothing leaves the machine: telemetry of every library is off before any of them is imported."""

import os

OFFLINE = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}

EMBEDDED = {
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # other libraries' too: boto says where it found keys
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}


def go_offline() -> None:
    """Switch telemetry off, whatever the environment says."""
    os.environ.update(OFFLINE)


def embed_orchestrator() -> None:
    """Have Prefect run embedded, with its log off a person's terminal."""
    os.environ.update(EMBEDDED)
