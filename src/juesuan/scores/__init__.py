"""Self-evaluation sheets (绩效自评表): how points are earned, and where each of them went.

``scheme`` is what an edition says of scoring, ``scoring`` the arithmetic of one sheet, ``sheets`` the sheets of a
package scored with their facts and as ``scores.json``, ``layout`` a scored sheet as the published table.
"""
