"""The transparency log is RFC 6962: its hashes, its proofs, and that forgeries fail.

The eight leaves and their roots are the ones that the implementations of Certificate Transparency
share as test vectors; `tree` is the definition of RFC 6962, section 2.1, taken literally.
"""

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.transparency import (
    Frontier,
    consistency_proof,
    head_text,
    inclusion_proof,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 40


def leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def leaves(size: int) -> list[bytes]:
    return [leaf(b"%d" % number) for number in range(size)]


def tree(hashes: list[bytes]) -> bytes:
    """The root by the definition: the largest power of two below the size goes left."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + tree(hashes[:split]) + tree(hashes[split:])).digest()


SIZES = st.integers(1, MOST)
BITS = st.integers(0, 255)


def flipped(hashed: bytes, bit: int) -> bytes:
    """The hash with one bit changed."""
    return (int.from_bytes(hashed) ^ (1 << bit)).to_bytes(32)


# --- roots ---


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_known_roots_of_the_known_leaves(size: int) -> None:
    assert root_hash([leaf(content) for content in INPUTS[:size]]).hex() == ROOTS[size]


@pytest.mark.parametrize("size", range(MOST))
def test_a_growing_tree_has_the_root_of_the_definition(size: int) -> None:
    assert root_hash(leaves(size)) == tree(leaves(size))


@given(first=SIZES, second=SIZES)
def test_a_frontier_goes_on_where_it_was_kept(first: int, second: int) -> None:
    hashes = leaves(first + second)
    kept = Frontier()
    kept.extend(hashes[:first])
    again = Frontier(kept.size, kept.peaks)
    again.extend(hashes[first:])
    assert (again.size, again.root()) == (first + second, tree(hashes))
    assert len(again.peaks) == (first + second).bit_count()


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="another number of peaks"):
        Frontier(3, [leaf(b"")])


# --- inclusion ---


@pytest.mark.parametrize("size", range(1, MOST))
def test_every_leaf_of_every_tree_is_proved_and_only_in_its_place(size: int) -> None:
    hashes = leaves(size)
    root = tree(hashes)
    for index in range(size):
        proof = inclusion_proof(hashes, index)
        assert verify_inclusion(hashes[index], index, size, proof, root)
        for other in range(size):
            if other != index:
                assert not verify_inclusion(hashes[other], index, size, proof, root)
        for wrong in {index - 1, index + 1, size} - {index}:
            assert not verify_inclusion(hashes[index], wrong, size, proof, root)


@given(size=SIZES, data=st.data(), bit=BITS)
def test_a_forged_inclusion_fails(size: int, data: st.DataObject, bit: int) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(hashes, index), tree(hashes)
    assert not verify_inclusion(flipped(hashes[index], bit), index, size, proof, root)
    assert not verify_inclusion(hashes[index], index, size, proof, flipped(root, bit))
    assert not verify_inclusion(hashes[index], index, size, [*proof, root], root)
    if proof:
        step = data.draw(st.integers(0, len(proof) - 1))
        forged = [*proof[:step], flipped(proof[step], bit), *proof[step + 1 :]]
        assert not verify_inclusion(hashes[index], index, size, forged, root)
        assert not verify_inclusion(hashes[index], index, size, proof[:-1], root)


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(leaves(5), index)
    assert not verify_inclusion(leaf(b""), index, 5, [], leaf(b""))


# --- consistency ---


@pytest.mark.parametrize("size", range(1, MOST))
def test_every_tree_is_proved_the_beginning_of_every_later_one(size: int) -> None:
    hashes = leaves(size)
    for old in range(1, size + 1):
        proof = consistency_proof(hashes, old)
        assert verify_consistency(old, tree(hashes[:old]), size, tree(hashes), proof)


@given(old=SIZES, more=SIZES, changed=st.integers(0, MOST), bit=BITS)
def test_a_rewritten_past_cannot_be_proved(old: int, more: int, changed: int, bit: int) -> None:
    assume(changed < old)
    hashes = leaves(old + more)
    rewritten = list(hashes)
    rewritten[changed] = flipped(hashes[changed], bit)
    for proof in (consistency_proof(hashes, old), consistency_proof(rewritten, old)):
        assert not verify_consistency(old, tree(hashes[:old]), old + more, tree(rewritten), proof)


@given(old=SIZES, more=SIZES, data=st.data(), bit=BITS)
def test_a_forged_consistency_fails(old: int, more: int, data: st.DataObject, bit: int) -> None:
    hashes = leaves(old + more)
    first, last, proof = tree(hashes[:old]), tree(hashes), consistency_proof(hashes, old)
    step = data.draw(st.integers(0, len(proof) - 1))
    forged = [*proof[:step], flipped(proof[step], bit), *proof[step + 1 :]]
    assert not verify_consistency(old, first, old + more, last, forged)
    assert not verify_consistency(old, first, old + more, last, proof[:-1])
    assert not verify_consistency(old, first, old + more, last, [*proof, last])
    assert not verify_consistency(old, flipped(first, bit), old + more, last, proof)
    assert not verify_consistency(old, first, old + more, flipped(last, bit), proof)


def test_the_empty_tree_proves_nothing_and_asking_is_an_error() -> None:
    hashes = leaves(4)
    with pytest.raises(ValueError, match="no such earlier tree"):
        consistency_proof(hashes, 0)
    with pytest.raises(ValueError, match="no such earlier tree"):
        consistency_proof(hashes, 5)
    assert not verify_consistency(0, tree([]), 4, tree(hashes), [])
    assert not verify_consistency(4, tree(hashes), 3, tree(hashes[:3]), [])


def test_a_tree_is_consistent_with_itself_and_with_no_other_of_its_size() -> None:
    root = tree(leaves(4))
    assert verify_consistency(4, root, 4, root, [])
    assert not verify_consistency(4, root, 4, root, [root])
    assert not verify_consistency(4, root, 4, tree(leaves(5)[1:]), [])


# --- heads ---


def test_the_text_of_a_head_is_pinned() -> None:
    text = head_text("store-a", 8, bytes.fromhex(ROOTS[8]))
    assert text == f"castmark tree head\nstore-a\n8\n{ROOTS[8]}\n".encode()
