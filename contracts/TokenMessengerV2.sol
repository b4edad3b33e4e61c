// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IBurnToken {
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

interface IMessageTransmitterV2 {
    function sendMessage(
        uint32 destinationDomain,
        bytes32 recipient,
        bytes32 destinationCaller,
        uint32 minFinalityThreshold,
        bytes calldata messageBody
    ) external;
}

interface ITokenMinterV2 {
    function burn(address burnToken, uint256 burnAmount) external;

    function mint(
        uint32 sourceDomain,
        bytes32 burnToken,
        address recipient,
        address feeRecipient,
        uint256 amount,
        uint256 fee
    ) external returns (address mintToken);
}

/// USDC between chains for the local world: burns here, mints what was burned there, with the interface, words and order
/// of checks of Circle's. Not for any real chain.
contract TokenMessengerV2 {
    uint32 public constant messageBodyVersion = 1;
    /// minFee is in units of 1/1000 of a basis point.
    uint256 public constant MIN_FEE_MULTIPLIER = 10_000_000;
    uint32 private constant LEAST_FINALITY = 500;
    /// Of a body without hook data.
    uint256 private constant BODY = 228;

    address public immutable owner;
    address public immutable localMessageTransmitter;
    address public immutable localMinter;

    address public feeRecipient;
    uint256 public minFee;
    mapping(address account => bool) public isDenylisted;
    mapping(uint32 domain => bytes32) public remoteTokenMessengers;

    event DepositForBurn(
        address indexed burnToken,
        uint256 amount,
        address indexed depositor,
        bytes32 mintRecipient,
        uint32 destinationDomain,
        bytes32 destinationTokenMessenger,
        bytes32 destinationCaller,
        uint256 maxFee,
        uint32 indexed minFinalityThreshold,
        bytes hookData
    );
    event MintAndWithdraw(
        address indexed mintRecipient, uint256 amount, address indexed mintToken, uint256 feeCollected
    );

    /// What depositForBurn is asked, together because a function can hold only so many variables.
    struct Order {
        uint256 amount;
        uint32 destinationDomain;
        bytes32 mintRecipient;
        address burnToken;
        bytes32 destinationCaller;
        uint256 maxFee;
        uint32 minFinalityThreshold;
    }

    modifier onlyOwner() {
        require(msg.sender == owner, "Ownable: caller is not the owner");
        _;
    }

    modifier notDenylistedCallers() {
        require(!isDenylisted[msg.sender] && !isDenylisted[tx.origin], "Denylistable: account is on denylist");
        _;
    }

    modifier onlyRemote(uint32 sourceDomain, bytes32 sender) {
        require(msg.sender == localMessageTransmitter, "Invalid message transmitter");
        require(
            sender != bytes32(0) && remoteTokenMessengers[sourceDomain] == sender, "Remote TokenMessenger unsupported"
        );
        _;
    }

    constructor(address transmitter, address minter, address feeRecipient_, uint32 remoteDomain, address remote) {
        owner = msg.sender;
        localMessageTransmitter = transmitter;
        localMinter = minter;
        feeRecipient = feeRecipient_;
        remoteTokenMessengers[remoteDomain] = bytes32(uint256(uint160(remote)));
    }

    function setMinFee(uint256 minFee_) external onlyOwner {
        minFee = minFee_;
    }

    function denylist(address account) external onlyOwner {
        isDenylisted[account] = true;
    }

    function unDenylist(address account) external onlyOwner {
        isDenylisted[account] = false;
    }

    function getMinFeeAmount(uint256 amount) public view returns (uint256) {
        if (minFee == 0) return 0;
        require(amount > 1, "Amount too low");
        uint256 fee = amount * minFee / MIN_FEE_MULTIPLIER;
        return fee == 0 ? 1 : fee;
    }

    function depositForBurn(
        uint256 amount,
        uint32 destinationDomain,
        bytes32 mintRecipient,
        address burnToken,
        bytes32 destinationCaller,
        uint256 maxFee,
        uint32 minFinalityThreshold
    ) external notDenylistedCallers {
        _burn(
            Order(
                amount, destinationDomain, mintRecipient, burnToken, destinationCaller, maxFee, minFinalityThreshold
            ),
            ""
        );
    }

    function depositForBurnWithHook(
        uint256 amount,
        uint32 destinationDomain,
        bytes32 mintRecipient,
        address burnToken,
        bytes32 destinationCaller,
        uint256 maxFee,
        uint32 minFinalityThreshold,
        bytes calldata hookData
    ) external notDenylistedCallers {
        require(hookData.length > 0, "Hook data is empty");
        _burn(
            Order(
                amount, destinationDomain, mintRecipient, burnToken, destinationCaller, maxFee, minFinalityThreshold
            ),
            hookData
        );
    }

    function handleReceiveFinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32,
        bytes calldata messageBody
    ) external onlyRemote(sourceDomain, sender) returns (bool) {
        _mint(sourceDomain, messageBody);
        return true;
    }

    function handleReceiveUnfinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32 finalityThresholdExecuted,
        bytes calldata messageBody
    ) external onlyRemote(sourceDomain, sender) returns (bool) {
        require(finalityThresholdExecuted >= LEAST_FINALITY, "Unsupported finality threshold");
        _mint(sourceDomain, messageBody);
        return true;
    }

    function _burn(Order memory order, bytes memory hookData) private {
        require(order.amount > 0, "Amount must be nonzero");
        require(order.mintRecipient != bytes32(0), "Mint recipient must be nonzero");
        require(order.maxFee < order.amount, "Max fee must be less than amount");
        require(order.maxFee >= getMinFeeAmount(order.amount), "Insufficient max fee");
        bytes32 remote = remoteTokenMessengers[order.destinationDomain];
        require(remote != bytes32(0), "No TokenMessenger for domain");
        require(
            IBurnToken(order.burnToken).transferFrom(msg.sender, localMinter, order.amount),
            "Transfer operation failed"
        );
        ITokenMinterV2(localMinter).burn(order.burnToken, order.amount);
        IMessageTransmitterV2(localMessageTransmitter).sendMessage(
            order.destinationDomain,
            remote,
            order.destinationCaller,
            order.minFinalityThreshold,
            abi.encodePacked(
                messageBodyVersion,
                bytes32(uint256(uint160(order.burnToken))),
                order.mintRecipient,
                order.amount,
                bytes32(uint256(uint160(msg.sender))),
                order.maxFee,
                // Circle fills in the fee and the last block.
                uint256(0),
                uint256(0),
                hookData
            )
        );
        emit DepositForBurn(
            order.burnToken,
            order.amount,
            msg.sender,
            order.mintRecipient,
            order.destinationDomain,
            remote,
            order.destinationCaller,
            order.maxFee,
            order.minFinalityThreshold,
            hookData
        );
    }

    function _mint(uint32 sourceDomain, bytes calldata body) private {
        require(body.length >= BODY, "Invalid burn message: too short");
        require(uint32(bytes4(body[0:4])) == messageBodyVersion, "Invalid message body version");
        uint256 expirationBlock = uint256(bytes32(body[196:228]));
        require(expirationBlock == 0 || expirationBlock > block.number, "Message expired and must be re-signed");
        uint256 amount = uint256(bytes32(body[68:100]));
        uint256 fee = uint256(bytes32(body[164:196]));
        require(fee == 0 || fee < amount, "Fee equals or exceeds amount");
        require(fee <= uint256(bytes32(body[132:164])), "Fee exceeds max fee");
        address recipient = address(uint160(uint256(bytes32(body[36:68]))));
        address token = ITokenMinterV2(localMinter).mint(
            sourceDomain, bytes32(body[4:36]), recipient, feeRecipient, amount - fee, fee
        );
        emit MintAndWithdraw(recipient, amount - fee, token, fee);
    }
}
