// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Stands before Usdc, as the real one does: the address that everybody knows has no code of a token itself. Nobody can
/// change what stands behind it. Not for any real chain.
contract UsdcProxy {
    /// keccak256("eip1967.proxy.implementation") - 1
    bytes32 private constant SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    constructor(address implementation, bytes memory initialization) {
        assembly {
            sstore(SLOT, implementation)
        }
        (bool ok, bytes memory answer) = implementation.delegatecall(initialization);
        if (!ok) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    fallback() external {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), sload(SLOT), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if ok {
                return(0, returndatasize())
            }
            revert(0, returndatasize())
        }
    }
}
