"""A rerun makes again just what depends on what was changed, and comes to the same bytes as a first run."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.resources import resources_at
from tests.conftest import EXAMPLE, ROOT, Closed, copy_package
from tests.mutation.editions import Trial

CHANGES = {
    "nothing": ({}, ["ledger", "fill", "derive", "render"]),
    "an explanation": ({"explanations.yaml": "explanations: []\n"}, ["ledger", "fill", "derive", "render"]),
    "a text": ({"texts/profile.yaml": ("承办上级交办的其他事项。", "承办上级交办的其他工作。")}, ["ledger"]),
    "the budget": ({"headcount.yaml": ("\n", "\n# 复核过\n")}, ["ledger"]),
    "the settings": ({"settings.yaml": ("2021-05-19", "2021-05-20")}, []),
    "the ledger": ({"ledger/vouchers.csv": ("收到1月财政授权支付额度", "收到一月财政授权支付额度")}, []),
}


def close(package: Path, out: Path) -> tuple[list[str], closing.ClosingAccounts, closing.Disclosure]:
    kept = closing.KeptStages.beside(out)
    intake = closing.ingest(package, kept=kept)
    runs = closing.check_ledger(intake)
    closing.refuse_problems(intake.problems, runs)
    books = closing.fill_once(intake, kept)
    account = closing.derive_once(intake, books, kept)
    disclosure = closing.render_once(intake, account, kept)
    kept.forget_others()
    return kept.used, account, disclosure


@pytest.fixture(scope="module")
def first(closed: Closed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the example was closed once."""
    folder = tmp_path_factory.mktemp("resume")
    copy_package(closed.intake.root, folder / "package")
    used, _, disclosure = close(folder / "package", folder / "out")
    assert used == []
    assert disclosure.pdf == closed.disclosure.pdf
    return folder


@pytest.mark.parametrize(("changes", "used"), CHANGES.values(), ids=CHANGES.keys())
def test_a_rerun_makes_again_what_depends_on_the_change(
    changes: dict[str, str | tuple[str, str]], used: list[str], first: Path
) -> None:
    package = first / "package"
    for name, change in changes.items():
        path = package / name
        if isinstance(change, str):
            path.write_text(change, encoding="utf-8")
        else:
            old, new = change
            path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert close(package, first / "out")[0] == used


def test_a_resumed_closing_has_the_ledger_and_the_explanations_of_today(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited({"three-public-counts.yaml": ("reception_batches: 0", "reception_batches: 3")})
    close(package, tmp_path / "out")
    words = "rule: budget.reception-counted, text: 上级接待的批次, by: 王芳"
    (package / "explanations.yaml").write_text(f"explanations:\n  - {{{words}}}\n", encoding="utf-8")
    used, account, _ = close(package, tmp_path / "out")
    assert used == ["ledger", "fill", "derive", "render"]
    assert [one.text for one in account.books.package.explanations] == ["上级接待的批次"]
    assert len(account.books.ledger.lines) > 1_000
    failed = {one.id: one for run in closing.check_account(account) for one in run.results if not one.success}
    assert not failed["budget.reception-counted"].unexplained


def test_a_ledger_read_by_another_chart_of_accounts_is_not_used(tmp_path: Path) -> None:
    data = Trial(tmp_path / "data").root
    accounts = data / "expectations" / "accounts"
    accounts.unlink()
    shutil.copytree(ROOT / "expectations" / "accounts", accounts)
    other = shutil.copytree(accounts / "2020", accounts / "other") / "chart.yaml"
    other.write_text(
        other.read_text(encoding="utf-8").replace('edition: "2020"', "edition: other"), encoding="utf-8"
    )
    own = tmp_path / "own"
    own.mkdir()
    (own / "edition.yaml").write_text("extends: wuhan-2020\nname: 另一套科目\naccounts: other\n", encoding="utf-8")
    used = []
    with resources_at(data):
        for edition in ("wuhan-2020", "wuhan-2020", str(own), str(own), "wuhan-2020"):
            kept = closing.KeptStages(tmp_path / "kept")
            intake = closing.ingest(EXAMPLE, closing.Overrides(edition=edition), kept=kept)
            assert intake.edition is not None and intake.ledger is not None
            used.append((intake.edition.chart.edition, bool(kept.used)))
    assert used == [("2020", False), ("2020", True), ("other", False), ("other", True), ("2020", True)]
