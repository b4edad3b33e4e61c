// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// One share of an equity as an ERC-20, for the local world. The issuer (whoever deploys it) creates tokens against
/// shares that it holds at the broker, and destroys them when they are redeemed. Not for any real chain.
contract EquityToken {
    string public name;
    string public symbol;
    uint8 public immutable decimals;

    /// May mint, burn what it holds, and pause.
    address public immutable issuer;

    /// While true no token moves, as when trading in the share is halted.
    bool public paused;

    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    modifier onlyIssuer() {
        require(msg.sender == issuer, "EquityToken: caller is not the issuer");
        _;
    }

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
        issuer = msg.sender;
    }

    function mint(address to, uint256 value) external onlyIssuer {
        require(to != address(0), "ERC20: mint to the zero address");
        require(!paused, "EquityToken: paused");
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    /// Destroys the issuer's own tokens, never a holder's.
    function burn(uint256 value) external onlyIssuer {
        require(balanceOf[msg.sender] >= value, "ERC20: burn amount exceeds balance");
        balanceOf[msg.sender] -= value;
        totalSupply -= value;
        emit Transfer(msg.sender, address(0), value);
    }

    function setPaused(bool paused_) external onlyIssuer {
        paused = paused_;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _transfer(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        require(spender != address(0), "ERC20: approve to the zero address");
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    /// An allowance of the largest number is unlimited and is not counted down.
    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            require(allowed >= value, "ERC20: insufficient allowance");
            allowance[from][msg.sender] = allowed - value;
        }
        _transfer(from, to, value);
        return true;
    }

    function _transfer(address from, address to, uint256 value) private {
        require(to != address(0), "ERC20: transfer to the zero address");
        require(!paused, "EquityToken: paused");
        require(balanceOf[from] >= value, "ERC20: transfer amount exceeds balance");
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
