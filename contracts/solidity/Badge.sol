// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// The state objects of the chain, at a fixed address in every chain.
interface IBadgeObjects {
    function create(address owner) external returns (bytes32);
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

/// Badges: state objects with a level, which only those who have them change.
contract Badge {
    IBadgeObjects private constant OBJECTS =
        IBadgeObjects(0x0000000000000000000000000000000000b7a1E1);
    bytes32 private constant UINT64 = keccak256("uint64");

    function make(address owner) external returns (bytes32 id) {
        id = OBJECTS.create(owner);
        OBJECTS.setField(id, "level", "uint64", abi.encode(uint64(1)));
    }

    function level(bytes32 id) public view returns (uint64) {
        (string memory kind, bytes memory value) = OBJECTS.field(id, "level");
        require(keccak256(bytes(kind)) == UINT64, "not a badge");
        return abi.decode(value, (uint64));
    }

    function raise(bytes32 id) external returns (uint64 next) {
        checkOwner(id);
        next = level(id) + 1;
        OBJECTS.setField(id, "level", "uint64", abi.encode(next));
    }

    function give(bytes32 id, address to) external returns (bool) {
        checkOwner(id);
        return OBJECTS.setOwner(id, to);
    }

    function scrap(bytes32 id) external returns (bool) {
        checkOwner(id);
        return OBJECTS.deleteObject(id);
    }

    /// How many objects an owner has, at most a hundred.
    function count(address owner) external view returns (uint64) {
        return uint64(OBJECTS.list(owner, 0, 100).length);
    }

    function checkOwner(bytes32 id) private view {
        (bool exists,, bool ownedByObject, bytes32 owner) = OBJECTS.get(id);
        bool isOwner = owner == bytes32(uint256(uint160(msg.sender)));
        require(exists && !ownedByObject && isOwner, "not the owner");
    }
}
