"""The office's own door: a login in front of Prefect's page and of the results, on this machine's own ports.

The door (:mod:`juesuan.web.gateway`) knows addresses, people and rights; what the pages do for an accountant is
what the command line does. Nothing is imported here: the server of every closing needs the guard alone.
"""
