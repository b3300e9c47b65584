"""Rules of the ledger of 2020, checked on a ledger alone."""

import pandas as pd

from juesuan.edition import load_edition
from juesuan.ledger import Ledger, load_chart, load_codes
from juesuan.rules import Rule, evaluate_ledger_rule
from juesuan.rules import ledger_rules as rules_of


def ledger_rules() -> tuple[Rule, ...]:
    """Return the rules, in their order."""
    return tuple(rule for rule, _ in rules_of(load_edition("wuhan-2020").rules))


def checked(rule: Rule, ledger: Ledger) -> pd.DataFrame:
    """Return the places of a rule, with whether each is ``ok``; those that are have no words."""
    places = evaluate_ledger_rule(rule, "", ledger, load_chart("2020"), load_codes(2020)).places
    frame = pd.DataFrame({"excess": places.excess, "ok": places.excess == 0})
    for name in ("place", "stated", "computed", "difference", "rows"):
        frame[name] = ""
        frame.loc[~frame["ok"], name] = [getattr(item, name) for item in places.told]
    return frame
