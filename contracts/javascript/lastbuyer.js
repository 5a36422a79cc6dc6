// A game: each key costs more than the last, and whoever holds it when nobody buys one for a hundred
// blocks takes the pot.
const { storage, blockchain } = require("chain");

const ROUND_BLOCKS = 100n;

function price() {
  return 1000n + (storage.get("keys") ?? 0n) * 10n;
}

/**
 * @view
 * @returns {bigint}
 */
exports.price = () => price();

/** @payable */
exports.buy = function () {
  if (blockchain.value() < price()) {
    throw new Error(`a key costs ${price()}`);
  }
  storage.put("keys", (storage.get("keys") ?? 0n) + 1n);
  storage.put("pot", (storage.get("pot") ?? 0n) + blockchain.value());
  storage.put("last", { buyer: blockchain.caller(), block: BigInt(blockchain.blockInfo().number) });
};

/** @returns {bigint} */
exports.claim = function () {
  const last = storage.get("last");
  if (last === null || BigInt(blockchain.blockInfo().number) < last.block + ROUND_BLOCKS) {
    throw new Error("the round goes on");
  }
  blockchain.requireAuth(last.buyer);
  const pot = storage.get("pot");
  storage.put("pot", 0n);
  storage.put("keys", 0n);
  storage.del("last");
  blockchain.transfer(last.buyer, pot);
  return pot;
};
