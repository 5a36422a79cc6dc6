//! The tree of calls of a transaction, over all machines.

use primitives::{Address, B256, Bytes, Gas, VmKind, Wei};

use crate::Status;

/// How a frame was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallKind {
    /// A call.
    Call,
    /// A call that may not write.
    StaticCall,
    /// Another contract's code on the caller's state.
    DelegateCall,
    /// The making of a contract.
    Create,
}

impl CallKind {
    /// The name in trees and JSON, as Ethereum's call tracer has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::StaticCall => "STATICCALL",
            Self::DelegateCall => "DELEGATECALL",
            Self::Create => "CREATE",
        }
    }
}

/// An event and the contract that emitted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The contract.
    pub address: Address,
    /// What an index is kept of.
    pub topics: Vec<B256>,
    /// The rest.
    pub data: Bytes,
}

/// What is known of a frame when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStart {
    /// How it was entered.
    pub call: CallKind,
    /// The machine that runs it.
    pub kind: VmKind,
    /// Who called.
    pub from: Address,
    /// Whose code runs; for a creation the new contract, once known.
    pub to: Address,
    /// Coin that came along.
    pub value: Wei,
    /// What the frame may use.
    pub gas_limit: Gas,
    /// Input of a call, creation code and arguments of a creation.
    pub input: Bytes,
}

/// A frame and the frames it called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallNode {
    /// What was known when it began.
    pub start: CallStart,
    /// What it and the frames it called used.
    pub gas_used: Gas,
    /// How it ended.
    pub status: Status,
    /// Return or revert data.
    pub output: Bytes,
    /// Lines of debug output.
    pub debug: Vec<String>,
    /// The frames it called, in order.
    pub calls: Vec<Self>,
}

impl CallNode {
    /// What the frame used itself, without the frames it called.
    #[must_use]
    pub fn gas_own(&self) -> Gas {
        let called: u64 = self.calls.iter().map(|call| call.gas_used.0).sum();
        Gas(self.gas_used.0.saturating_sub(called))
    }
}

/// Builds the tree while the transaction runs.
///
/// A recorder that is off does no work; one that is on copies inputs and outputs.
#[derive(Debug, Default)]
pub struct Recorder {
    is_on: bool,
    open: Vec<CallNode>,
    root: Option<CallNode>,
}

impl Recorder {
    /// A recorder that is on.
    #[must_use]
    pub const fn on() -> Self {
        Self { is_on: true, open: Vec::new(), root: None }
    }

    /// Whether it records. Ask before building a [`CallStart`] or copying an output.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    /// A frame begins.
    pub fn enter(&mut self, start: CallStart) {
        if self.is_on {
            self.open.push(CallNode {
                start,
                gas_used: Gas::ZERO,
                status: Status::Success,
                output: Bytes::new(),
                debug: Vec::new(),
                calls: Vec::new(),
            });
        }
    }

    /// A line of debug output of the frame that runs.
    pub fn debug(&mut self, text: &str) {
        if let Some(node) = self.open.last_mut() {
            node.debug.push(text.to_owned());
        }
    }

    /// The frame that runs learns its address (a creation).
    pub fn created(&mut self, address: Address) {
        if let Some(node) = self.open.last_mut() {
            node.start.to = address;
        }
    }

    /// The frame that runs ends.
    pub fn exit(&mut self, status: Status, output: Bytes, gas_used: Gas) {
        let Some(mut node) = self.open.pop() else { return };
        node.status = status;
        node.output = output;
        node.gas_used = gas_used;
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(node),
            None => self.root = Some(node),
        }
    }

    /// The tree, once the first frame has ended.
    pub fn take(&mut self) -> Option<CallNode> {
        debug_assert!(self.open.is_empty(), "a frame began and never ended");
        self.root.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(input: &'static [u8]) -> CallStart {
        CallStart {
            call: CallKind::Call,
            kind: VmKind::Evm,
            from: Address::ZERO,
            to: Address::ZERO,
            value: Wei::ZERO,
            gas_limit: Gas(100),
            input: Bytes::from_static(input),
        }
    }

    #[test]
    fn frames_nest_as_they_were_called() {
        let mut recorder = Recorder::on();
        recorder.enter(start(b"a"));
        recorder.enter(start(b"b"));
        recorder.exit(Status::Revert, Bytes::new(), Gas(10));
        recorder.enter(start(b"c"));
        recorder.exit(Status::Success, Bytes::new(), Gas(20));
        recorder.exit(Status::Success, Bytes::new(), Gas(50));
        let root = recorder.take().expect("the first frame has ended");
        assert_eq!(root.calls.len(), 2);
        assert_eq!(root.gas_own(), Gas(20));
        assert_eq!(root.calls[0].status, Status::Revert);
    }

    #[test]
    fn a_recorder_that_is_off_keeps_nothing() {
        let mut recorder = Recorder::default();
        recorder.enter(start(b"a"));
        recorder.exit(Status::Success, Bytes::new(), Gas(1));
        assert_eq!(recorder.take(), None);
    }
}
