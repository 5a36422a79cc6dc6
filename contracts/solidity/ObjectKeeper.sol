// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// The state objects of the chain, at a fixed address in every chain.
interface IObjects {
    function create(address owner) external returns (bytes32);
    function createIn(bytes32 object) external returns (bytes32);
    function get(bytes32 id)
        external
        view
        returns (bool exists, address creator, bool ownedByObject, bytes32 owner);
    function field(bytes32 id, string calldata name)
        external
        view
        returns (string memory kind, bytes memory value);
    function setField(bytes32 id, string calldata name, string calldata kind, bytes calldata value)
        external
        returns (bool);
    function setOwner(bytes32 id, address owner) external returns (bool);
    function deleteObject(bytes32 id) external returns (bool);
    function list(address owner, bytes32 above, uint32 limit)
        external
        view
        returns (bytes32[] memory);
}

/// A contract, of any machine, that makes objects.
interface IMaker {
    function make(address owner) external returns (bytes32);
}

/// Takes objects from contracts of other machines, looks into them and passes them on.
contract ObjectKeeper {
    IObjects public constant OBJECTS = IObjects(0x0000000000000000000000000000000000b7a1E1);

    struct Badge {
        uint64 level;
        string title;
    }

    error Empty(bytes32 id);

    /// Has an object made, raises the number in its field `level`, and gives it away.
    function makeAndGive(IMaker maker, address to) external returns (bytes32 id, uint64 level) {
        id = maker.make(address(this));
        (, bytes memory value) = OBJECTS.field(id, "level");
        if (value.length == 0) revert Empty(id);
        level = abi.decode(value, (uint64)) + 1;
        OBJECTS.setField(id, "level", "uint64", abi.encode(level));
        OBJECTS.setOwner(id, to);
    }

    /// Makes an object of its own with a field that is a struct.
    function makeBadge(address to, uint64 level, string calldata title)
        external
        returns (bytes32 id)
    {
        id = OBJECTS.create(to);
        OBJECTS.setField(id, "badge", "(uint64,string)", abi.encode(Badge(level, title)));
    }

    /// Writes into an object whose owner it may or may not be.
    function write(bytes32 id, uint64 level) external {
        OBJECTS.setField(id, "level", "uint64", abi.encode(level));
    }
}
