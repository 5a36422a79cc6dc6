//! The root of a subtree from its leaves one after another, without holding them.

use proof::{Leaf, Node, PATH_BITS, bit, join};

use primitives::B256;

/// Takes leaves in the order of their paths and keeps what is open to their left: at most one node
/// for each bit of a path.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// Left neighbours that wait for what comes to their right, with the depth of the node above.
    open: Vec<(usize, Node)>,
    last: Option<Edge>,
}

/// The subtree that the last leaf belongs to.
#[derive(Debug)]
struct Edge {
    node: Node,
    /// How deep the subtree begins.
    depth: usize,
    /// The path of the last leaf.
    path: B256,
}

impl Edge {
    /// Moves up to `depth`, with nothing beside it on the way.
    fn raise(&mut self, depth: usize) {
        for level in (depth..self.depth).rev() {
            self.node = match bit(&self.path, level) {
                false => join(&self.node, &Node::Empty),
                true => join(&Node::Empty, &self.node),
            };
        }
        self.depth = self.depth.min(depth);
    }
}

impl Fold {
    /// Adds a leaf, or tells that it is not above the one before.
    #[must_use]
    pub(super) fn push(&mut self, leaf: Leaf) -> bool {
        if let Some(mut edge) = self.last.take() {
            if edge.path >= leaf.path {
                return false;
            }
            let differs = |level: &usize| bit(&edge.path, *level) != bit(&leaf.path, *level);
            let fork = (0..PATH_BITS).find(differs).expect("invariant: the paths are not equal");
            self.close(&mut edge, |depth| depth > fork);
            edge.raise(fork + 1);
            assert!(self.open.last().is_none_or(|(depth, _)| *depth < fork), "forks go down");
            self.open.push((fork, edge.node));
        }
        self.last = Some(Edge { node: Node::Leaf(leaf), depth: PATH_BITS, path: leaf.path });
        true
    }

    /// The root of the subtree at `depth`, whose bits above all leaves share.
    pub(super) fn finish(mut self, depth: usize) -> Node {
        let Some(mut edge) = self.last.take() else { return Node::Empty };
        self.close(&mut edge, |_| true);
        edge.raise(depth);
        edge.node
    }

    /// Joins the edge with its left neighbours at the depths that are `below`.
    fn close(&mut self, edge: &mut Edge, below: impl Fn(usize) -> bool) {
        while let Some((depth, left)) = self.open.pop_if(|(depth, _)| below(*depth)) {
            edge.raise(depth + 1);
            edge.node = join(&left, &edge.node);
            edge.depth = depth;
        }
    }
}

#[cfg(test)]
mod tests {
    use proof::{Prefix, subtree_of};
    use proptest::prelude::*;

    use super::*;

    /// Paths that share long prefixes: bytes of few values.
    fn path() -> impl Strategy<Value = B256> {
        let byte = prop_oneof![4 => Just(0u8), 1 => Just(1), 1 => Just(0x80), 1 => any::<u8>()];
        proptest::collection::vec(byte, 32).prop_map(|bytes| B256::from_slice(&bytes))
    }

    proptest! {
        #[test]
        fn the_fold_is_the_definition(
            paths in proptest::collection::btree_set(path(), 0..40), depth in 0usize..20,
        ) {
            let first = paths.first().copied().unwrap_or_default();
            let prefix = Prefix::new(&first, depth).expect("short");
            let leaves: Vec<Leaf> = paths
                .into_iter()
                .filter(|path| prefix.contains(path))
                .map(|path| Leaf { path, value_hash: path })
                .collect();
            let mut fold = Fold::default();
            for leaf in &leaves {
                prop_assert!(fold.push(*leaf));
            }
            prop_assert_eq!(fold.finish(depth), subtree_of(&leaves, depth).expect("sorted"));
        }
    }

    #[test]
    fn leaves_out_of_order_are_refused() {
        let leaf = |byte| Leaf { path: B256::repeat_byte(byte), value_hash: B256::ZERO };
        for second in [0, 1] {
            let mut fold = Fold::default();
            assert!(fold.push(leaf(1)));
            assert!(!fold.push(leaf(second)));
        }
    }
}
