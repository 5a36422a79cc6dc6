//! Proofs over whole trees: true statements verify, and nothing else does, however a proof is bent.

use braid_proof::{
    Leaf, Node, Prefix, Proof, ProofError, SubtreeProof, Terminal, bit, path_of, subtree_of,
    value_hash,
};
use primitives::{B256, Hash};
use proptest::{collection::btree_map, prelude::*, sample::Index};

type Records = std::collections::BTreeMap<u16, u8>;

fn key(name: u16) -> [u8; 2] {
    name.to_be_bytes()
}

fn leaves(records: &Records) -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> =
        records.iter().map(|(name, value)| Leaf::of(&key(*name), &[*value])).collect();
    leaves.sort_unstable();
    leaves
}

fn below(leaves: &[Leaf], prefix: &Prefix) -> Vec<Leaf> {
    leaves.iter().copied().filter(|leaf| prefix.contains(&leaf.path)).collect()
}

fn node_at(leaves: &[Leaf], prefix: &Prefix) -> Node {
    subtree_of(&below(leaves, prefix), prefix.depth()).expect("sorted")
}

fn root(leaves: &[Leaf]) -> Hash {
    node_at(leaves, &Prefix::ROOT).hash()
}

fn prefix(path: &B256, depth: usize) -> Prefix {
    Prefix::new(path, depth).expect("at most 256 bits")
}

/// The neighbour that leaves the path after `depth` bits.
fn neighbour(path: &B256, depth: usize) -> Prefix {
    let mut other = *path;
    other[depth / 8] ^= 0x80 >> (depth % 8);
    prefix(&other, depth + 1)
}

/// Makes a proof from all leaves, with no tree at hand.
fn prove(leaves: &[Leaf], path: &B256) -> Proof {
    let mut siblings = Vec::new();
    let terminal = loop {
        match node_at(leaves, &prefix(path, siblings.len())) {
            Node::Empty => break Terminal::Empty,
            Node::Leaf(leaf) if leaf.path == *path => break Terminal::Present,
            Node::Leaf(leaf) => break Terminal::Other(leaf),
            Node::Inner(_) => {}
        }
        siblings.push(node_at(leaves, &neighbour(path, siblings.len())).hash());
    };
    Proof::new(siblings, terminal).expect("a short proof")
}

fn prove_subtree(leaves: &[Leaf], prefix: &Prefix) -> SubtreeProof {
    let siblings = (0..prefix.depth()).map(|at| node_at(leaves, &neighbour(prefix.bits(), at)));
    SubtreeProof::new(siblings.collect()).expect("a short proof")
}

fn records() -> impl Strategy<Value = Records> {
    btree_map(0u16..64, any::<u8>(), 0..40)
}

proptest! {
    #[test]
    fn what_is_true_verifies_and_nothing_else(
        records in records(), name in 0u16..80, other in any::<u8>(),
    ) {
        let leaves = leaves(&records);
        let (root, key) = (root(&leaves), key(name));
        let proof = prove(&leaves, &path_of(&key));
        let truth = records.get(&name).map(|value| vec![*value]);
        prop_assert_eq!(proof.verify(&root, &key, truth.as_deref()), Ok(()));
        for claim in [None, Some(vec![other]), Some(vec![])] {
            let verified = proof.verify(&root, &key, claim.as_deref()).is_ok();
            prop_assert_eq!(verified, claim == truth);
        }
        prop_assert!(proof.verify(&value_hash(b"another root"), &key, truth.as_deref()).is_err());
        prop_assert_eq!(Proof::decode(&proof.encode()), Ok(proof));
    }

    #[test]
    fn a_bent_proof_proves_nothing_false(
        records in records(),
        (shown, asked) in (0u16..80, 0u16..80),
        bends in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        lie in any::<u8>(),
    ) {
        let leaves = leaves(&records);
        let (root, asked_key) = (root(&leaves), key(asked));
        let mut bytes = prove(&leaves, &path_of(&key(shown))).encode();
        for (at, bend) in bends {
            let at = at.index(bytes.len());
            bytes[at] ^= bend;
        }
        let Ok(proof) = Proof::decode(&bytes) else { return Ok(()) };
        prop_assert_eq!(proof.encode(), bytes);
        let truth = records.get(&asked).map(|value| vec![*value]);
        for claim in [None, Some(vec![lie])] {
            if claim != truth {
                prop_assert!(proof.verify(&root, &asked_key, claim.as_deref()).is_err());
            }
        }
    }

    #[test]
    fn a_proof_of_another_shape_proves_nothing_false(
        records in records(), name in 0u16..80, lie in any::<u8>(),
        terminal in 0usize..3, leaf in any::<Index>(), cut in 0usize..20, pad in 0usize..3,
    ) {
        let leaves = leaves(&records);
        let (root, key) = (root(&leaves), key(name));
        let proof = prove(&leaves, &path_of(&key));
        let mut siblings = proof.siblings().to_vec();
        siblings.truncate(cut);
        siblings.extend(std::iter::repeat_n(Hash::ZERO, pad));
        let terminal = match terminal {
            0 => Terminal::Present,
            1 if !leaves.is_empty() => Terminal::Other(leaves[leaf.index(leaves.len())]),
            _ => Terminal::Empty,
        };
        let bent = Proof::new(siblings, terminal).expect("a short proof");
        let truth = records.get(&name).map(|value| vec![*value]);
        for claim in [None, Some(vec![lie])] {
            if claim != truth {
                prop_assert!(bent.verify(&root, &key, claim.as_deref()).is_err());
            }
        }
    }

    #[test]
    fn subtrees_are_proven_whole(
        records in records(), at in any::<[u8; 32]>(), depth in 0usize..12, near in any::<bool>(),
        change in any::<Index>(),
    ) {
        let leaves = leaves(&records);
        let root = root(&leaves);
        let path = if near { path_of(&key(u16::from(at[0]) % 64)) } else { B256::new(at) };
        let prefix = prefix(&path, depth);
        let proof = prove_subtree(&leaves, &prefix);
        let inside = below(&leaves, &prefix);
        prop_assert_eq!(proof.verify(&root, &prefix, &inside), Ok(()));
        prop_assert_eq!(SubtreeProof::decode(&proof.encode()), Ok(proof.clone()));

        if !inside.is_empty() {
            let mut fewer = inside.clone();
            let removed = fewer.remove(change.index(inside.len()));
            prop_assert!(proof.verify(&root, &prefix, &fewer).is_err());
            let mut changed = inside.clone();
            changed[change.index(inside.len())].value_hash = removed.path;
            prop_assert!(proof.verify(&root, &prefix, &changed).is_err());
        }
        let mut more = inside.clone();
        let mut extra = path;
        extra[31] ^= 1;
        more.push(Leaf { path: extra, value_hash: Hash::ZERO });
        more.sort_unstable();
        prop_assert!(proof.verify(&root, &prefix, &more).is_err());
    }

    #[test]
    fn a_bent_subtree_proof_proves_nothing_false(
        records in records(), name in 0u16..64, depth in 1usize..10,
        bends in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..3),
        (sibling, shape) in (any::<Index>(), 0usize..4),
        drop in any::<Index>(),
    ) {
        let leaves = leaves(&records);
        let root = root(&leaves);
        let prefix = prefix(&path_of(&key(name)), depth);
        let honest = prove_subtree(&leaves, &prefix);
        let mut siblings = honest.siblings().to_vec();
        let at = sibling.index(depth);
        // A leaf is passed off as a node, and everything else that a sibling can be.
        siblings[at] = match (shape, siblings[at]) {
            (0, node) if node != Node::Empty => Node::Inner(node.hash()),
            (1, _) => Node::Empty,
            (2, _) if !leaves.is_empty() => Node::Leaf(leaves[drop.index(leaves.len())]),
            (_, node) => node,
        };
        let mut bytes = SubtreeProof::new(siblings).expect("a short proof").encode();
        for (at, bend) in bends {
            let at = at.index(bytes.len());
            bytes[at] ^= bend;
        }
        let Ok(proof) = SubtreeProof::decode(&bytes) else { return Ok(()) };
        let inside = below(&leaves, &prefix);
        let mut claims = vec![vec![]];
        if !inside.is_empty() {
            let mut fewer = inside.clone();
            fewer.remove(drop.index(inside.len()));
            claims.push(fewer);
        }
        for claim in claims.into_iter().filter(|claim| *claim != inside) {
            prop_assert!(proof.verify(&root, &prefix, &claim).is_err());
        }
    }

    #[test]
    fn any_bytes_are_a_proof_or_an_error(bytes in any::<Vec<u8>>(), kind in 0usize..2) {
        let mut bytes = bytes;
        bytes.splice(0..0, [1, [b'r', b's'][kind], 0]);
        if let Ok(proof) = Proof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes.clone());
        }
        if let Ok(proof) = SubtreeProof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes);
        }
    }
}

/// Two paths that part at their last bit, alone in the tree: the longest proofs there are.
#[test]
fn the_longest_proofs_keep_to_the_limits() {
    let path = path_of(b"deep");
    let mut other = path;
    other[31] ^= 1;
    let mut leaves =
        [path, other].map(|path| Leaf { path, value_hash: value_hash(b"value") }).to_vec();
    leaves.sort_unstable();
    let proof = prove(&leaves, &path);
    assert_eq!(proof.siblings().len(), 256);
    assert_eq!(proof.verify(&root(&leaves), b"deep", Some(b"value")), Ok(()));
    assert!(proof.encode().len() < 200, "empty siblings take no room");

    let full = Proof::new(vec![Hash::repeat_byte(1); 256], Terminal::Other(leaves[0]));
    let bytes = full.expect("as long as a path").encode();
    assert_eq!(bytes.len(), braid_proof::PROOF_BYTES_MAX);
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(Proof::decode(&longer), Err(ProofError::TooLong { .. })));

    let neighbours = (0..256).map(|at| {
        let beside = *neighbour(&path, at).bits();
        assert_ne!(bit(&beside, at), bit(&path, at));
        Node::Leaf(Leaf { path: beside, value_hash: Hash::ZERO })
    });
    let full = SubtreeProof::new(neighbours.collect()).expect("as long as a path");
    let bytes = full.encode();
    assert_eq!(bytes.len(), braid_proof::SUBTREE_PROOF_BYTES_MAX);
    assert_eq!(SubtreeProof::decode(&bytes), Ok(full));
    assert!(Proof::new(vec![Hash::ZERO; 257], Terminal::Empty).is_err());
    assert!(SubtreeProof::new(vec![Node::Empty; 257]).is_err());
}

/// The bytes of the format stay what they are: a change needs a new version.
#[test]
fn the_format_is_fixed() {
    let records: Records = (0..8).map(|name| (name, 1)).collect();
    let leaves = leaves(&records);
    let proof = prove(&leaves, &path_of(&key(3))).encode();
    let subtree = prove_subtree(&leaves, &prefix(&path_of(&key(3)), 3)).encode();
    assert_eq!(
        value_hash(&proof).to_string(),
        "0xb5e0da57ca1a446cbd964c0d73995238bb35c8b8c92cf0f052a0e220012ffed7"
    );
    assert_eq!(
        value_hash(&subtree).to_string(),
        "0xd8a325783703fd096fc17eaa36e38829418d0ec21a2cc3e8cebc2b3aa1d5011a"
    );
}

#[test]
fn an_unknown_version_is_named() {
    let mut bytes = Proof::new(vec![], Terminal::Empty).expect("short").encode();
    bytes[0] = 2;
    assert_eq!(Proof::decode(&bytes), Err(ProofError::Version { found: 2, known: 1 }));
}
