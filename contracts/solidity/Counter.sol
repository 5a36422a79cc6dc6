// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// A number that anybody may change.
contract Counter {
    /// The number as it is now.
    uint256 public value;

    event Changed(address indexed by, uint256 value);

    function increment() external returns (uint256) {
        return _set(value + 1);
    }

    function add(uint256 amount) external returns (uint256) {
        return _set(value + amount);
    }

    function setValue(uint256 newValue) external {
        _set(newValue);
    }

    function _set(uint256 newValue) private returns (uint256) {
        value = newValue;
        emit Changed(msg.sender, newValue);
        return newValue;
    }
}
