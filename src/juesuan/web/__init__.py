"""The office's own door: a login in front of Prefect's page and of the results, on this machine's own ports.

Nothing of the domain and nothing of Prefect is imported here: the door knows addresses, people and rights.
"""

from juesuan.people.keys import Keys, Service
from juesuan.web.gateway import Office, gateway_app
from juesuan.web.guard import HostChecked
from juesuan.web.results import results_app
from juesuan.web.sessions import Door
from juesuan.web.site import Site

__all__ = ["Door", "HostChecked", "Keys", "Office", "Service", "Site", "gateway_app", "results_app"]
