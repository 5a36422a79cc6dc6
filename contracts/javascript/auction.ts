import { storage, blockchain, event, type address } from "chain";

/**
 * One thing is sold to whoever bids most; who is outbid takes the coin back.
 * @event Bid(address indexed bidder, uint256 amount)
 */
export default class Auction {
  init(): void {
    storage.put("seller", blockchain.caller());
    storage.put("best", { bidder: blockchain.caller(), amount: 0n });
  }

  /** @payable */
  bid(): void {
    const best = storage.get("best");
    const bidder = blockchain.caller();
    const amount = blockchain.value();
    if (storage.get("closed")) {
      throw new Error("the auction is closed");
    }
    if (amount <= best.amount) {
      throw new Error(`the best bid is ${best.amount}`);
    }
    const owed = storage.mapGet("owed", best.bidder) ?? 0n;
    storage.mapPut("owed", best.bidder, owed + best.amount);
    storage.put("best", { bidder, amount });
    event.emit("Bid", { bidder, amount });
  }

  withdraw(): bigint {
    const to = blockchain.caller();
    const amount: bigint = storage.mapGet("owed", to) ?? 0n;
    // First the books, then the coin: the receiver may call again.
    storage.mapDel("owed", to);
    blockchain.transfer(to, amount);
    return amount;
  }

  close(): void {
    const seller = storage.get("seller");
    blockchain.requireAuth(seller);
    if (storage.get("closed")) {
      throw new Error("the auction is closed");
    }
    storage.put("closed", true);
    blockchain.transfer(seller, storage.get("best").amount);
  }

  /** @view */
  best(): [address, bigint] {
    const { bidder, amount } = storage.get("best");
    return [bidder, amount];
  }
}
