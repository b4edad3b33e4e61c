// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Float, LibFloat} from "Float.sol";
import {IToken, RainOrderBook, TaskV2} from "RainOrderBook.sol";

/// Owns vaults of the orderbook on behalf of its operators, who use it as if it were the orderbook: the shape in which
/// some market makers run it. Pays all that is asked or reverts. Not for any real chain.
contract RaindexInventory {
    using LibFloat for Float;

    error InsufficientVaultLiquidity(address token, uint256 requested, uint256 received);
    error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
    error EnforcedPause();
    error ZeroAddress();
    error SafeERC20FailedOperation(address token);

    event OperatorDeposit(address indexed operator, address indexed token, bytes32 indexed vaultId, uint256 amount);
    event OperatorWithdraw(address indexed operator, address indexed token, bytes32 indexed vaultId, uint256 amount);

    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    /// The admin's.
    bytes32 public constant DEFAULT_ADMIN_ROLE = 0;

    RainOrderBook public immutable RAINDEX;

    bool public paused;
    mapping(bytes32 role => mapping(address account => bool)) public hasRole;

    modifier onlyRole(bytes32 role) {
        if (!hasRole[role][msg.sender]) revert AccessControlUnauthorizedAccount(msg.sender, role);
        _;
    }

    modifier whenNotPaused() {
        if (paused) revert EnforcedPause();
        _;
    }

    constructor(address raindex, address operator) {
        if (raindex == address(0) || operator == address(0)) revert ZeroAddress();
        RAINDEX = RainOrderBook(raindex);
        hasRole[DEFAULT_ADMIN_ROLE][msg.sender] = true;
        hasRole[OPERATOR_ROLE][operator] = true;
    }

    function grantRole(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        hasRole[role][account] = true;
    }

    function revokeRole(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        hasRole[role][account] = false;
    }

    function pause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        paused = true;
    }

    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        paused = false;
    }

    function rescue(address token, uint256 amount) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _check(token, IToken(token).transfer(msg.sender, amount));
    }

    function vaultBalance2(address owner, address token, bytes32 vaultId) external view returns (Float) {
        return RAINDEX.vaultBalance2(owner, token, vaultId);
    }

    /// Pulls rounded down, while the orderbook pulls rounded up: reverts if there is anything to round.
    function deposit4(address token, bytes32 vaultId, Float depositAmount, TaskV2[] calldata tasks)
        external
        onlyRole(OPERATOR_ROLE)
        whenNotPaused
    {
        (uint256 amount,) = depositAmount.toFixed(IToken(token).decimals());
        _check(token, IToken(token).transferFrom(msg.sender, address(this), amount));
        if (IToken(token).allowance(address(this), address(RAINDEX)) <= amount) {
            _check(token, IToken(token).approve(address(RAINDEX), type(uint256).max));
        }
        RAINDEX.deposit4(token, vaultId, depositAmount, tasks);
        emit OperatorDeposit(msg.sender, token, vaultId, amount);
    }

    function withdraw4(address token, bytes32 vaultId, Float targetAmount, TaskV2[] calldata tasks)
        external
        onlyRole(OPERATOR_ROLE)
        whenNotPaused
    {
        (uint256 requested,) = targetAmount.toFixed(IToken(token).decimals());
        uint256 before = IToken(token).balanceOf(address(this));
        RAINDEX.withdraw4(token, vaultId, targetAmount, tasks);
        uint256 received = IToken(token).balanceOf(address(this)) - before;
        if (received < requested) revert InsufficientVaultLiquidity(token, requested, received);
        _check(token, IToken(token).transfer(msg.sender, received));
        emit OperatorWithdraw(msg.sender, token, vaultId, received);
    }

    function _check(address token, bool ok) private pure {
        if (!ok) revert SafeERC20FailedOperation(token);
    }
}
