// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// Passes calls on, in every way a call can end: a tool for tests of calls between machines.
contract Relay {
    /// How many calls this contract has passed on; undone with them, which is what tests look at.
    uint256 public forwarded;

    error RevertedOnPurpose(bytes output);
    error EmptyPath();

    /// Passes the call on with its coin; a revert of the callee becomes the revert of this call.
    function forward(address to, bytes calldata data) external payable returns (bytes memory) {
        forwarded += 1;
        (bool ok, bytes memory output) = to.call{value: msg.value}(data);
        return _orBubble(ok, output);
    }

    /// Passes the call on and reverts afterwards, whatever came of it.
    function forwardThenRevert(address to, bytes calldata data) external payable {
        forwarded += 1;
        (, bytes memory output) = to.call{value: msg.value}(data);
        revert RevertedOnPurpose(output);
    }

    /// Passes the call on and survives its failure.
    function tryForward(address to, bytes calldata data)
        external
        payable
        returns (bool ok, bytes memory output)
    {
        forwarded += 1;
        return to.call{value: msg.value}(data);
    }

    /// As `tryForward`, with a limit of gas for the callee.
    function tryForwardWithGas(address to, bytes calldata data, uint256 gasLimit)
        external
        payable
        returns (bool ok, bytes memory output)
    {
        forwarded += 1;
        return to.call{value: msg.value, gas: gasLimit}(data);
    }

    /// Passes the call on as one that may not write.
    function staticForward(address to, bytes calldata data) external view returns (bytes memory) {
        (bool ok, bytes memory output) = to.staticcall(data);
        return _orBubble(ok, output);
    }

    /// Runs the code of another contract in this one's place: refused for code of other machines.
    function delegateForward(address to, bytes calldata data)
        external
        returns (bool ok, bytes memory output)
    {
        forwarded += 1;
        return to.delegatecall(data);
    }

    /// Makes two calls in one transaction; a failure of either undoes both.
    function forwardBoth(
        address first,
        bytes calldata firstData,
        address second,
        bytes calldata secondData
    ) external returns (bytes memory, bytes memory) {
        forwarded += 2;
        (bool ok, bytes memory firstOutput) = first.call(firstData);
        _orBubble(ok, firstOutput);
        bytes memory secondOutput;
        (ok, secondOutput) = second.call(secondData);
        return (firstOutput, _orBubble(ok, secondOutput));
    }

    /// Walks along relays: each calls the `hop` of the next, the last place gets `data` itself.
    /// A relay may stand in the path many times, which makes the chain re-entrant.
    function hop(address[] calldata path, bytes calldata data)
        external
        payable
        returns (bytes memory)
    {
        if (path.length == 0) revert EmptyPath();
        forwarded += 1;
        if (path.length == 1) {
            (bool ok, bytes memory output) = path[0].call{value: msg.value}(data);
            return _orBubble(ok, output);
        }
        return Relay(payable(path[0])).hop{value: msg.value}(path[1:], data);
    }

    receive() external payable {}

    function _orBubble(bool ok, bytes memory output) private pure returns (bytes memory) {
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(output, 32), mload(output))
            }
        }
        return output;
    }
}
