// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IMessageHandlerV2 {
    function handleReceiveFinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32 finalityThresholdExecuted,
        bytes calldata messageBody
    ) external returns (bool);

    function handleReceiveUnfinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32 finalityThresholdExecuted,
        bytes calldata messageBody
    ) external returns (bool);
}

/// Messages between chains for the local world: sends them as events, and delivers those that enough attesters signed,
/// with the interface, words and order of checks of Circle's. Not for any real chain.
contract MessageTransmitterV2 {
    uint32 public constant version = 1;
    uint256 public constant NONCE_USED = 1;
    uint256 private constant SIGNATURE_LENGTH = 65;
    uint32 private constant FINALIZED = 2000;
    /// Where the body begins.
    uint256 private constant HEADER = 148;
    /// A signature has a twin with a larger s; only the smaller counts.
    uint256 private constant LARGEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    uint32 public immutable localDomain;
    address public immutable owner;

    bool public paused;
    uint256 public signatureThreshold;
    address[] private attesters;
    mapping(address attester => bool) public isEnabledAttester;
    mapping(bytes32 nonce => uint256) public usedNonces;

    event MessageSent(bytes message);
    event MessageReceived(
        address indexed caller,
        uint32 sourceDomain,
        bytes32 indexed nonce,
        bytes32 sender,
        uint32 indexed finalityThresholdExecuted,
        bytes messageBody
    );

    modifier onlyOwner() {
        require(msg.sender == owner, "Ownable: caller is not the owner");
        _;
    }

    modifier whenNotPaused() {
        require(!paused, "Pausable: paused");
        _;
    }

    constructor(uint32 localDomain_, address[] memory attesters_, uint256 signatureThreshold_) {
        owner = msg.sender;
        localDomain = localDomain_;
        attesters = attesters_;
        for (uint256 i = 0; i < attesters_.length; i++) isEnabledAttester[attesters_[i]] = true;
        signatureThreshold = signatureThreshold_;
        // The nonce of a message that nobody has attested.
        usedNonces[bytes32(0)] = NONCE_USED;
    }

    function getNumEnabledAttesters() external view returns (uint256) {
        return attesters.length;
    }

    function getEnabledAttester(uint256 index) external view returns (address) {
        return attesters[index];
    }

    function setPaused(bool paused_) external onlyOwner {
        paused = paused_;
    }

    function setSignatureThreshold(uint256 threshold) external onlyOwner {
        require(threshold > 0 && threshold <= attesters.length, "Invalid signature threshold");
        signatureThreshold = threshold;
    }

    function sendMessage(
        uint32 destinationDomain,
        bytes32 recipient,
        bytes32 destinationCaller,
        uint32 minFinalityThreshold,
        bytes calldata messageBody
    ) external whenNotPaused {
        require(destinationDomain != localDomain, "Domain is local domain");
        require(recipient != bytes32(0), "Recipient must be nonzero");
        emit MessageSent(
            abi.encodePacked(
                version,
                localDomain,
                destinationDomain,
                bytes32(0),
                bytes32(uint256(uint160(msg.sender))),
                recipient,
                destinationCaller,
                minFinalityThreshold,
                uint32(0),
                messageBody
            )
        );
    }

    function receiveMessage(bytes calldata message, bytes calldata attestation)
        external
        whenNotPaused
        returns (bool success)
    {
        _verify(message, attestation);
        require(message.length >= HEADER, "Invalid message: too short");
        require(uint32(bytes4(message[8:12])) == localDomain, "Invalid destination domain");
        bytes32 caller = bytes32(message[108:140]);
        require(
            caller == bytes32(0) || caller == bytes32(uint256(uint160(msg.sender))), "Invalid caller for message"
        );
        require(uint32(bytes4(message[0:4])) == version, "Invalid message version");
        bytes32 nonce = bytes32(message[12:44]);
        require(usedNonces[nonce] == 0, "Nonce already used");
        usedNonces[nonce] = NONCE_USED;
        _deliver(message, nonce);
        return true;
    }

    function _deliver(bytes calldata message, bytes32 nonce) private {
        uint32 sourceDomain = uint32(bytes4(message[4:8]));
        bytes32 sender = bytes32(message[44:76]);
        uint32 executed = uint32(bytes4(message[144:148]));
        IMessageHandlerV2 recipient = IMessageHandlerV2(address(uint160(uint256(bytes32(message[76:108])))));
        if (executed < FINALIZED) {
            require(
                recipient.handleReceiveUnfinalizedMessage(sourceDomain, sender, executed, message[HEADER:]),
                "handleReceiveUnfinalizedMessage() failed"
            );
        } else {
            require(
                recipient.handleReceiveFinalizedMessage(sourceDomain, sender, executed, message[HEADER:]),
                "handleReceiveFinalizedMessage() failed"
            );
        }
        emit MessageReceived(msg.sender, sourceDomain, nonce, sender, executed, message[HEADER:]);
    }

    /// Exactly the threshold of signatures, by different attesters in ascending order of address.
    function _verify(bytes calldata message, bytes calldata attestation) private view {
        require(attestation.length == SIGNATURE_LENGTH * signatureThreshold, "Invalid attestation length");
        bytes32 digest = keccak256(message);
        address latest = address(0);
        for (uint256 i = 0; i < attestation.length; i += SIGNATURE_LENGTH) {
            address signer = _recover(digest, attestation[i:i + SIGNATURE_LENGTH]);
            require(signer > latest, "Invalid signature order or dupe");
            require(isEnabledAttester[signer], "Invalid signature: not attester");
            latest = signer;
        }
    }

    function _recover(bytes32 digest, bytes calldata signature) private pure returns (address signer) {
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = uint8(signature[64]);
        require(uint256(s) <= LARGEST_S, "ECDSA: invalid signature 's' value");
        require(v == 27 || v == 28, "ECDSA: invalid signature 'v' value");
        signer = ecrecover(digest, v, bytes32(signature[0:32]), s);
        require(signer != address(0), "ECDSA: invalid signature");
    }
}
