"""The log's tree is RFC 6962's: its known hashes, and its proofs for every size up to a few dozen."""

import hashlib
from itertools import pairwise

import pytest

from juesuan.evidence.merkle import (
    EMPTY,
    Frontier,
    consistency,
    consistent,
    frontier_of,
    included,
    inclusion,
    leaf_hash,
)

DATA = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
DATA.append(bytes(range(0x60, 0x70)))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The roots that the reference implementation of certificate transparency publishes for these leaves."""


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def test_the_roots_are_those_of_certificate_transparency() -> None:
    assert frontier_of([]).root == EMPTY == hashlib.sha256(b"").digest()
    for size, root in enumerate(ROOTS, start=1):
        assert frontier_of(map(leaf_hash, DATA[:size])).root.hex() == root


@pytest.mark.parametrize("size", range(1, 40))
def test_every_leaf_is_proved_to_be_in_the_tree_and_nowhere_else(size: int) -> None:
    ours = leaves(size)
    root = frontier_of(ours).root
    for index, leaf in enumerate(ours):
        path = inclusion(ours, index)
        assert included(leaf, index, size, path, root)
        assert not included(leaf_hash(b"other"), index, size, path, root)
        assert not included(leaf, size, size, path, root)
        assert not included(leaf, index, size, (*path, leaf), root)
        if path:
            assert not included(leaf, index, size, path[:-1], root)


@pytest.mark.parametrize("size", range(1, 40))
def test_every_tree_is_proved_to_begin_with_the_smaller_ones_and_no_others(size: int) -> None:
    ours = leaves(size)
    new = frontier_of(ours).root
    for first in range(1, size + 1):
        old, path = frontier_of(ours[:first]).root, consistency(ours, first)
        assert consistent(first, size, old, new, path)
        other = frontier_of([leaf_hash(b"other"), *ours[1:first]]).root
        assert not consistent(first, size, other, new, path)
        if path:
            assert not consistent(first, size, old, new, path[:-1])
            assert not consistent(first, size, old, new, (*path, old))


def test_what_is_no_tree_is_refused() -> None:
    with pytest.raises(ValueError, match="one hash for each power"):
        Frontier(3, (b"x",))
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion(leaves(2), 2)
    with pytest.raises(ValueError, match="not larger"):
        consistency(leaves(2), 3)
    assert not consistent(3, 2, b"", b"", ())
    assert all(one != other for one, other in pairwise(ROOTS))
