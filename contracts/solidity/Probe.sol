// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// Tells what a contract sees and fails in every way it can: the other end of a `Relay` in tests.
contract Probe {
    error Custom(uint256 code, string reason);

    /// Who calls, who signed, which contract runs, and the coin that came along.
    function context() external payable returns (address, address, address, uint256) {
        return (msg.sender, tx.origin, address(this), msg.value);
    }

    function blockInfo() external view returns (uint256, uint256, uint256, address) {
        return (block.number, block.timestamp, block.chainid, block.coinbase);
    }

    function echo(bytes calldata data) external pure returns (bytes memory) {
        return data;
    }

    function balance(address owner) external view returns (uint256) {
        return owner.balance;
    }

    function store(uint256 key, uint256 word) external {
        assembly {
            sstore(key, word)
        }
    }

    function load(uint256 key) external view returns (uint256 word) {
        assembly {
            word := sload(key)
        }
    }

    function fail(string calldata reason) external pure {
        revert(reason);
    }

    function failCustom(uint256 code, string calldata reason) external pure {
        revert Custom(code, reason);
    }

    /// Ends in an arithmetic overflow: revert data `Panic(0x11)`.
    function overflow(uint256 word) external pure returns (uint256) {
        return type(uint256).max - 1 + word;
    }

    /// Halts: all gas of this call is lost.
    function trap() external pure {
        assembly {
            invalid()
        }
    }

    /// Runs until its gas is used up.
    function spin() external pure {
        while (true) {}
    }

    /// Passes coin of this contract on.
    function pay(address to, uint256 amount) external {
        (bool ok,) = to.call{value: amount}("");
        require(ok, "payment failed");
    }

    receive() external payable {}
}
