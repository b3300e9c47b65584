"""The Merkle tree of a log that only grows, with the hashing of RFC 6962 (section 2.1) and SHA-256.

A leaf is ``SHA-256(0x00 ‖ data)``, a node ``SHA-256(0x01 ‖ left ‖ right)``; a tree of n leaves is split at the
largest power of two below n. Hashes are bytes of length 32.

A :class:`Frontier` is what is needed to add a leaf: the roots of the full subtrees, from the largest to the
smallest (their sizes are the powers of two whose sum is the size). Proofs are those of RFC 6962, checked by the
steps of RFC 9162 (sections 2.1.3.2 and 2.1.4.2), which are written so that a person can follow them.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """The full subtrees of a tree, from the largest to the smallest."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError("a frontier holds one hash for each power of two in its size")

    def add(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf, which is given by its hash."""
        peaks, size = [*self.peaks, leaf], self.size
        while size & 1:
            right, left = peaks.pop(), peaks.pop()
            peaks.append(node_hash(left, right))
            size >>= 1
        return Frontier(self.size + 1, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.peaks:
            return EMPTY
        *rest, root = self.peaks
        for left in reversed(rest):
            root = node_hash(left, root)
        return root


def frontier_of(leaves: Iterable[bytes]) -> Frontier:
    """Return the frontier of a tree with these leaves' hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.add(leaf)
    return frontier


def inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of a leaf (``PATH`` of RFC 6962, 2.1.1), the neighbour of the leaf first."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return ()
    middle = _split(len(leaves))
    if index < middle:
        return (*inclusion(leaves[:middle], index), frontier_of(leaves[middle:]).root)
    return (*inclusion(leaves[middle:], index - middle), frontier_of(leaves[:middle]).root)


def consistency(leaves: Sequence[bytes], size: int) -> tuple[bytes, ...]:
    """Return the proof that the first ``size`` leaves are the beginning of this tree (RFC 6962, 2.1.2)."""
    if not 0 < size <= len(leaves):
        raise ValueError("a tree is consistent with one that is not larger and not empty")
    return () if size == len(leaves) else _subproof(leaves, size, whole=True)


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether an audit path leads from a leaf to a root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    one, last, found = index, size - 1, leaf
    for other in path:
        if last == 0:
            return False
        if one & 1 or one == last:
            found = node_hash(other, found)
            while not one & 1 and one:
                one, last = one >> 1, last >> 1
        else:
            found = node_hash(found, other)
        one, last = one >> 1, last >> 1
    return last == 0 and found == root


def consistent(first: int, second: int, old: bytes, new: bytes, path: Sequence[bytes]) -> bool:
    """Return whether a proof shows that the tree of one size begins that of another (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and old == new
    hashes = [old, *path] if first & (first - 1) == 0 else [*path]
    if not hashes:
        return False
    one, last = first - 1, second - 1
    while one & 1:
        one, last = one >> 1, last >> 1
    begun = grown = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if one & 1 or one == last:
            begun, grown = node_hash(other, begun), node_hash(other, grown)
            while not one & 1 and one:
                one, last = one >> 1, last >> 1
        else:
            grown = node_hash(grown, other)
        one, last = one >> 1, last >> 1
    return last == 0 and begun == old and grown == new


def _subproof(leaves: Sequence[bytes], size: int, *, whole: bool) -> tuple[bytes, ...]:
    if size == len(leaves):
        return () if whole else (frontier_of(leaves).root,)
    middle = _split(len(leaves))
    if size <= middle:
        return (*_subproof(leaves[:middle], size, whole=whole), frontier_of(leaves[middle:]).root)
    return (*_subproof(leaves[middle:], size - middle, whole=False), frontier_of(leaves[:middle]).root)


def _split(size: int) -> int:
    """Return the largest power of two below a size of two or more."""
    return 1 << ((size - 1).bit_length() - 1)
