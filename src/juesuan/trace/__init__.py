"""From a printed figure back to vouchers and files, on a folder of results alone.

graph = load_graph(out)              # of juesuan.results.graph: offline, months later
find(graph, "1,234.56")              # the facts that are printed like this
trace(graph, "t1.30.1")              # the tree under one of them
prove_results(graph)                 # the certificate of the rounding, proved anew from the files
"""

from juesuan.trace.command import prove_results, tell_proof, tell_trace
from juesuan.trace.tree import Node, Tracer, find, trace

__all__ = [
    "Node",
    "Tracer",
    "find",
    "prove_results",
    "tell_proof",
    "tell_trace",
    "trace",
]
