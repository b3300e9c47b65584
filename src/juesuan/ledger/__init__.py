"""The ledger: exports read into one canonical table of exact 分, selections over it, and its rules.

    chart = load_chart("2020")
    ledger = read_ledger(vouchers, trial_balance, root=package, chart=chart, year=2020)
    amount(ledger, Selection("expenditure", accounts=("7101",), economic=("301",)))
    evaluate(rule, ledger, chart, load_codes("2020"))
"""
