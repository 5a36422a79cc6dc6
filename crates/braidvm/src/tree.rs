//! Call trees as text: a line for each frame and a line for how it ended.
//!
//! ```text
//! CALL evm 0x5FbD… increment()  [41,203 gas, 29,101 own]
//! ├─ CALL wasm 0xe7f1… add(uint256)(amount: 1)  [12,102 gas]
//! │  └─ success: 1
//! └─ success: 1
//! ```

use kernel::decode::DecodedCall;
use primitives::{Address, Gas};

/// A part of a line, for those who put colors on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The branches.
    Branch,
    /// How a frame was entered.
    Call,
    /// The machine.
    Machine,
    /// Who runs.
    Contract,
    /// Gas.
    Gas,
    /// A frame that succeeded.
    Success,
    /// A frame that failed.
    Failure,
    /// Debug output.
    Debug,
}

/// Puts colors on a part, or leaves it as it is.
pub type Paint<'a> = &'a dyn Fn(Part, &str) -> String;

/// The tree as text without colors.
#[must_use]
pub fn render(call: &DecodedCall) -> String {
    render_with(call, &|_, text| text.to_owned())
}

/// The tree as text, each part through `paint`.
#[must_use]
pub fn render_with(call: &DecodedCall, paint: Paint<'_>) -> String {
    let mut text = String::new();
    write_call(&mut text, call, ("", ""), paint);
    text
}

/// A number with its thousands apart: `41,203`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An address with its middle left out: `0x5FbD…0aa3`.
#[must_use]
pub fn short_address(address: &Address) -> String {
    let text = address.to_string();
    let (start, end) = (text.get(..6), text.get(text.len().saturating_sub(4)..));
    match (start, end) {
        (Some(start), Some(end)) if text.len() > 12 => format!("{start}…{end}"),
        _ => text,
    }
}

fn write_call(
    text: &mut String,
    call: &DecodedCall,
    (first, rest): (&str, &str),
    paint: Paint<'_>,
) {
    let contract = match &call.name {
        Some(name) => name.clone(),
        None => short_address(&call.to),
    };
    let value = match call.value.is_zero() {
        true => String::new(),
        false => format!(" {{{} wei}}", call.value),
    };
    let line = format!(
        "{}{} {} {} {}{value}  {}\n",
        paint(Part::Branch, first),
        paint(Part::Call, call.call),
        paint(Part::Machine, call.vm.name()),
        paint(Part::Contract, &contract),
        call.input,
        paint(Part::Gas, &gas_text(call)),
    );
    text.push_str(&line);
    for debug in &call.debug {
        let line = format!("debug: {}", debug.escape_debug());
        let branch = paint(Part::Branch, &format!("{rest}├─ "));
        text.push_str(&format!("{branch}{}\n", paint(Part::Debug, &line)));
    }
    for inner in &call.calls {
        let branches = (format!("{rest}├─ "), format!("{rest}│  "));
        write_call(text, inner, (&branches.0, &branches.1), paint);
    }
    let part = if call.outcome == "success" { Part::Success } else { Part::Failure };
    let outcome = match call.output.as_str() {
        "" | "0x" => call.outcome.to_owned(),
        output => format!("{}: {output}", call.outcome),
    };
    let branch = paint(Part::Branch, &format!("{rest}└─ "));
    text.push_str(&format!("{branch}{}\n", paint(part, &outcome)));
}

fn gas_text(call: &DecodedCall) -> String {
    let Gas(used) = call.gas_used;
    let Gas(own) = call.gas_own;
    match used == own {
        true => format!("[{} gas]", thousands(used)),
        false => format!("[{} gas, {} own]", thousands(used), thousands(own)),
    }
}

#[cfg(test)]
mod tests {
    use primitives::{VmKind, Wei};

    use super::*;

    fn call(vm: VmKind, input: &str, calls: Vec<DecodedCall>) -> DecodedCall {
        let called: u64 = calls.iter().map(|call| call.gas_used.0).sum();
        DecodedCall {
            call: "CALL",
            vm,
            from: Address::ZERO,
            to: Address::ZERO,
            name: None,
            value: Wei::ZERO,
            gas_used: Gas(1_000 + called),
            gas_own: Gas(1_000),
            input: input.to_owned(),
            outcome: "success",
            output: "1".to_owned(),
            debug: Vec::new(),
            calls,
        }
    }

    #[test]
    fn a_tree_reads_from_top_to_bottom() {
        let inner = call(VmKind::Wasm, "add(1)", Vec::new());
        let text = render(&call(VmKind::Evm, "increment()", vec![inner]));
        let expected = "\
CALL evm 0x0000…0000 increment()  [2,000 gas, 1,000 own]
├─ CALL wasm 0x0000…0000 add(1)  [1,000 gas]
│  └─ success: 1
└─ success: 1
";
        assert_eq!(text, expected);
    }

    #[test]
    fn thousands_stand_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(thousands(number), text);
        }
    }
}
