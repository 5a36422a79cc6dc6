// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// The part of a token that the exchange needs. The token may live in any machine.
interface IToken {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// A constant-product exchange between two tokens; the fee of 0.3 % stays with the reserves.
contract Exchange {
    address public tokenA;
    address public tokenB;
    uint256 private reserveA;
    uint256 private reserveB;
    uint256 public totalShares;

    mapping(address provider => uint256) public shares;

    event LiquidityAdded(
        address indexed provider, uint256 amountA, uint256 amountB, uint256 minted
    );
    event LiquidityRemoved(
        address indexed provider, uint256 amountA, uint256 amountB, uint256 burned
    );
    event Swap(
        address indexed trader, address indexed tokenIn, uint256 amountIn, uint256 amountOut
    );

    error ZeroAmount();
    error SameToken(address token);
    error UnknownToken(address token);
    error InsufficientLiquidity();
    error InsufficientShares(address provider, uint256 available, uint256 needed);
    error InsufficientOutput(uint256 amountOut, uint256 minOut);
    error TransferFailed(address token);

    constructor(address tokenA_, address tokenB_) {
        if (tokenA_ == tokenB_) revert SameToken(tokenA_);
        tokenA = tokenA_;
        tokenB = tokenB_;
    }

    function reserves() external view returns (uint256, uint256) {
        return (reserveA, reserveB);
    }

    function quote(address tokenIn, uint256 amountIn) public view returns (uint256) {
        if (amountIn == 0) revert ZeroAmount();
        (uint256 reserveIn, uint256 reserveOut) = _ordered(tokenIn);
        if (reserveIn == 0 || reserveOut == 0) revert InsufficientLiquidity();
        uint256 charged = amountIn * 997;
        return charged * reserveOut / (reserveIn * 1000 + charged);
    }

    function addLiquidity(uint256 amountA, uint256 amountB) external returns (uint256) {
        if (amountA == 0 || amountB == 0) revert ZeroAmount();
        _pull(tokenA, amountA);
        _pull(tokenB, amountB);
        uint256 minted = amountA;
        if (totalShares != 0) {
            uint256 byA = amountA * totalShares / reserveA;
            uint256 byB = amountB * totalShares / reserveB;
            minted = byA < byB ? byA : byB;
        }
        if (minted == 0) revert ZeroAmount();
        reserveA += amountA;
        reserveB += amountB;
        totalShares += minted;
        shares[msg.sender] += minted;
        emit LiquidityAdded(msg.sender, amountA, amountB, minted);
        return minted;
    }

    function removeLiquidity(uint256 burned) external returns (uint256, uint256) {
        if (burned == 0) revert ZeroAmount();
        uint256 available = shares[msg.sender];
        if (available < burned) revert InsufficientShares(msg.sender, available, burned);
        uint256 amountA = reserveA * burned / totalShares;
        uint256 amountB = reserveB * burned / totalShares;
        // All own numbers change before foreign code runs.
        shares[msg.sender] = available - burned;
        totalShares -= burned;
        reserveA -= amountA;
        reserveB -= amountB;
        _push(tokenA, amountA);
        _push(tokenB, amountB);
        emit LiquidityRemoved(msg.sender, amountA, amountB, burned);
        return (amountA, amountB);
    }

    function swap(address tokenIn, uint256 amountIn, uint256 minOut) external returns (uint256) {
        _ordered(tokenIn);
        _pull(tokenIn, amountIn);
        // The price is taken after the foreign call, so that a re-entrant token gains nothing.
        uint256 amountOut = quote(tokenIn, amountIn);
        if (amountOut < minOut) revert InsufficientOutput(amountOut, minOut);
        address tokenOut = tokenB;
        if (tokenIn == tokenA) {
            reserveA += amountIn;
            reserveB -= amountOut;
        } else {
            reserveB += amountIn;
            reserveA -= amountOut;
            tokenOut = tokenA;
        }
        _push(tokenOut, amountOut);
        emit Swap(msg.sender, tokenIn, amountIn, amountOut);
        return amountOut;
    }

    function _ordered(address tokenIn) private view returns (uint256, uint256) {
        if (tokenIn == tokenA) return (reserveA, reserveB);
        if (tokenIn == tokenB) return (reserveB, reserveA);
        revert UnknownToken(tokenIn);
    }

    function _pull(address token, uint256 amount) private {
        if (!IToken(token).transferFrom(msg.sender, address(this), amount)) {
            revert TransferFailed(token);
        }
    }

    function _push(address token, uint256 amount) private {
        if (!IToken(token).transfer(msg.sender, amount)) revert TransferFailed(token);
    }
}
