// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IMintBurnToken {
    function mint(address to, uint256 amount) external returns (bool);

    function burn(uint256 amount) external;
}

/// Burns and mints USDC for the TokenMessengerV2 of the local world, with the interface, words and order of checks of
/// Circle's. Not for any real chain.
contract TokenMinterV2 {
    address public immutable owner;
    address public immutable localTokenMessenger;

    /// 0: cannot be burned at all.
    mapping(address token => uint256) public burnLimitsPerMessage;
    mapping(bytes32 remote => address) private localTokens;

    modifier onlyOwner() {
        require(msg.sender == owner, "Ownable: caller is not the owner");
        _;
    }

    modifier onlyMessenger() {
        require(msg.sender == localTokenMessenger, "Caller not local TokenMessenger");
        _;
    }

    constructor(address messenger, address localToken, uint256 burnLimit, uint32 remoteDomain, address remoteToken) {
        owner = msg.sender;
        localTokenMessenger = messenger;
        burnLimitsPerMessage[localToken] = burnLimit;
        localTokens[_key(remoteDomain, bytes32(uint256(uint160(remoteToken))))] = localToken;
    }

    function setMaxBurnAmountPerMessage(address localToken, uint256 burnLimitPerMessage) external onlyOwner {
        burnLimitsPerMessage[localToken] = burnLimitPerMessage;
    }

    function linkTokenPair(address localToken, uint32 remoteDomain, bytes32 remoteToken) external onlyOwner {
        localTokens[_key(remoteDomain, remoteToken)] = localToken;
    }

    function getLocalToken(uint32 remoteDomain, bytes32 remoteToken) public view returns (address) {
        return localTokens[_key(remoteDomain, remoteToken)];
    }

    function burn(address burnToken, uint256 burnAmount) external onlyMessenger {
        uint256 limit = burnLimitsPerMessage[burnToken];
        require(limit > 0, "Burn token not supported");
        require(burnAmount <= limit, "Burn amount exceeds per tx limit");
        IMintBurnToken(burnToken).burn(burnAmount);
    }

    /// To the recipient and, if there is a fee, to whoever collects it: a mint of its own for each.
    function mint(
        uint32 sourceDomain,
        bytes32 burnToken,
        address recipient,
        address feeRecipient,
        uint256 amount,
        uint256 fee
    ) external onlyMessenger returns (address mintToken) {
        mintToken = getLocalToken(sourceDomain, burnToken);
        require(mintToken != address(0), "Mint token not supported");
        require(IMintBurnToken(mintToken).mint(recipient, amount), "Mint operation failed");
        if (fee > 0) require(IMintBurnToken(mintToken).mint(feeRecipient, fee), "Mint operation failed");
    }

    function _key(uint32 remoteDomain, bytes32 remoteToken) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(remoteDomain, remoteToken));
    }
}
