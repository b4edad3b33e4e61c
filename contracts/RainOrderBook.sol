// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Float, LibFloat} from "Float.sol";

struct EvaluableV4 {
    address interpreter;
    address store;
    bytes bytecode;
}

struct SignedContextV1 {
    address signer;
    bytes32[] context;
    bytes signature;
}

struct TaskV2 {
    EvaluableV4 evaluable;
    SignedContextV1[] signedContext;
}

interface IToken {
    function transfer(address to, uint256 amount) external returns (bool);

    function transferFrom(address from, address to, uint256 amount) external returns (bool);

    function approve(address spender, uint256 amount) external returns (bool);

    function balanceOf(address account) external view returns (uint256);

    function allowance(address owner, address spender) external view returns (uint256);

    function decimals() external view returns (uint8);
}

/// Vaults of Rain's OrderBookV6 for the local world, with its interface, errors, order of checks and rounding. Orders and
/// tasks it does not know: whoever deploys it changes a vault as trading would. Not for any real chain.
contract RainOrderBook {
    using LibFloat for Float;

    error ZeroVaultId(address sender, address token);
    error ZeroDepositAmount(address sender, address token, bytes32 vaultId);
    error ZeroWithdrawTargetAmount(address sender, address token, bytes32 vaultId);
    error TokenDecimalsReadFailure(address token, uint8 tofuOutcome);
    error SafeERC20FailedOperation(address token);
    error ReentrancyGuardReentrantCall();

    event DepositV2(address sender, address token, bytes32 vaultId, uint256 depositAmountUint256);
    event WithdrawV2(
        address sender,
        address token,
        bytes32 vaultId,
        Float targetAmount,
        Float withdrawAmount,
        uint256 withdrawAmountUint256
    );

    uint8 private constant INCONSISTENT = 2;
    uint8 private constant READ_FAILURE = 3;

    address public immutable trader;

    bool private isEntered;
    mapping(address owner => mapping(address token => mapping(bytes32 vaultId => Float))) private balances;
    /// One more than a token's decimals as they were first seen.
    mapping(address token => uint256) private firstDecimals;

    modifier nonReentrant() {
        if (isEntered) revert ReentrancyGuardReentrantCall();
        isEntered = true;
        _;
        isEntered = false;
    }

    constructor() {
        trader = msg.sender;
    }

    /// Of vault 0, which is none: what could be taken from the owner's wallet.
    function vaultBalance2(address owner, address token, bytes32 vaultId) external view returns (Float) {
        if (vaultId != 0) return balances[owner][token][vaultId];
        uint256 held = IToken(token).balanceOf(owner);
        uint256 allowed = IToken(token).allowance(owner, address(this));
        return LibFloat.fromFixed(held < allowed ? held : allowed, IToken(token).decimals());
    }

    function deposit4(address token, bytes32 vaultId, Float depositAmount, TaskV2[] calldata tasks)
        external
        nonReentrant
    {
        require(tasks.length == 0, "RainOrderBook: no tasks here");
        if (vaultId == 0) revert ZeroVaultId(msg.sender, token);
        if (!depositAmount.isPositive()) revert ZeroDepositAmount(msg.sender, token, vaultId);
        uint256 amount = _pull(token, depositAmount);
        balances[msg.sender][token][vaultId] = balances[msg.sender][token][vaultId].add(depositAmount);
        emit DepositV2(msg.sender, token, vaultId, amount);
    }

    /// Pays what is there, which may be nothing.
    function withdraw4(address token, bytes32 vaultId, Float targetAmount, TaskV2[] calldata tasks)
        external
        nonReentrant
    {
        require(tasks.length == 0, "RainOrderBook: no tasks here");
        if (vaultId == 0) revert ZeroVaultId(msg.sender, token);
        if (!targetAmount.isPositive()) revert ZeroWithdrawTargetAmount(msg.sender, token, vaultId);
        Float balance = balances[msg.sender][token][vaultId];
        Float withdrawAmount = targetAmount.min(balance);
        balances[msg.sender][token][vaultId] = balance.sub(withdrawAmount);
        uint256 amount = _push(token, withdrawAmount);
        emit WithdrawV2(msg.sender, token, vaultId, targetAmount, withdrawAmount, amount);
    }

    /// Changes a vault as a trade of its owner's would, against the trader's wallet.
    function trade(address owner, address token, bytes32 vaultId, Float amount, bool isGain) external nonReentrant {
        require(msg.sender == trader, "RainOrderBook: caller is not the trader");
        Float balance = balances[owner][token][vaultId];
        if (isGain) {
            _pull(token, amount);
            balances[owner][token][vaultId] = balance.add(amount);
        } else {
            Float lost = amount.min(balance);
            balances[owner][token][vaultId] = balance.sub(lost);
            _push(token, lost);
        }
    }

    function _pull(address token, Float float) private returns (uint256 amount) {
        amount = float.toFixedUp(_decimals(token));
        _call(token, abi.encodeCall(IToken.transferFrom, (msg.sender, address(this), amount)));
    }

    function _push(address token, Float float) private returns (uint256 amount) {
        (amount,) = float.toFixed(_decimals(token));
        if (amount > 0) _call(token, abi.encodeCall(IToken.transfer, (msg.sender, amount)));
    }

    function _call(address token, bytes memory data) private {
        (bool ok, bytes memory answer) = token.call(data);
        if (!ok) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        if (answer.length != 0 && !abi.decode(answer, (bool))) revert SafeERC20FailedOperation(token);
    }

    /// Trusts what the token first said.
    function _decimals(address token) private returns (uint8) {
        (bool ok, bytes memory answer) = token.staticcall(abi.encodeCall(IToken.decimals, ()));
        if (!ok || answer.length < 32) revert TokenDecimalsReadFailure(token, READ_FAILURE);
        uint256 said = abi.decode(answer, (uint256));
        if (said > type(uint8).max) revert TokenDecimalsReadFailure(token, READ_FAILURE);
        uint256 first = firstDecimals[token];
        if (first == 0) firstDecimals[token] = said + 1;
        else if (first != said + 1) revert TokenDecimalsReadFailure(token, INCONSISTENT);
        return uint8(said);
    }
}
