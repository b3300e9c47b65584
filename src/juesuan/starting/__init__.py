"""From what an office has to a package that closes: a beginning, one workbook, and what is still missing.

``juesuan new`` fills a package as far as a ledger and last year's document tell; ``juesuan check`` says at any
time what is still missing or wrong, without closing; ``workbook`` is the package as one file.
"""
