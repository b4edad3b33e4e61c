// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// A decimal number: int32 exponent in the top 4 bytes, int224 coefficient in the others. One number has many encodings.
type Float is bytes32;

error ExponentOverflow(int256 signedCoefficient, int256 exponent);
error FixedDecimalOverflow(int256 signedCoefficient, int256 exponent);
error NegativeFixedDecimalConversion(int256 signedCoefficient, int256 exponent);

/// As much of Rain's decimal arithmetic as a vault needs.
library LibFloat {
    /// So many powers of ten fit an int256.
    int256 private constant DIGITS = 76;

    function unpack(Float float) internal pure returns (int256 coefficient, int256 exponent) {
        uint256 bits = uint256(Float.unwrap(float));
        coefficient = int224(uint224(bits));
        exponent = int32(uint32(bits >> 224));
    }

    /// Loses the last digits of what is too long.
    function pack(int256 coefficient, int256 exponent) internal pure returns (Float) {
        while (coefficient != int224(coefficient)) {
            coefficient /= 10;
            exponent++;
        }
        // What is too small to be told from nothing is nothing.
        if (coefficient == 0 || exponent < type(int32).min) return Float.wrap(0);
        if (exponent > type(int32).max) revert ExponentOverflow(coefficient, exponent);
        return Float.wrap(bytes32((uint256(uint32(int32(exponent))) << 224) | uint224(int224(coefficient))));
    }

    function fromFixed(uint256 value, uint8 decimals) internal pure returns (Float) {
        return pack(int256(value), -int256(uint256(decimals)));
    }

    /// Rounds down, and says whether that lost anything.
    function toFixed(Float float, uint8 decimals) internal pure returns (uint256 value, bool isLossless) {
        (int256 coefficient, int256 exponent) = unpack(float);
        if (coefficient < 0) revert NegativeFixedDecimalConversion(coefficient, exponent);
        if (coefficient == 0) return (0, true);
        int256 scale = exponent + int256(uint256(decimals));
        if (scale < -DIGITS) return (0, false);
        if (scale <= 0) {
            uint256 divisor = 10 ** uint256(-scale);
            value = uint256(coefficient) / divisor;
            return (value, value * divisor == uint256(coefficient));
        }
        if (scale > DIGITS || uint256(coefficient) > type(uint256).max / 10 ** uint256(scale)) {
            revert FixedDecimalOverflow(coefficient, exponent);
        }
        return (uint256(coefficient) * 10 ** uint256(scale), true);
    }

    function toFixedUp(Float float, uint8 decimals) internal pure returns (uint256) {
        (uint256 value, bool isLossless) = toFixed(float, decimals);
        return isLossless ? value : value + 1;
    }

    function add(Float a, Float b) internal pure returns (Float) {
        (int256 coefficient, int256 exponent) = unpack(a);
        (int256 otherCoefficient, int256 otherExponent) = unpack(b);
        if (coefficient == 0) return b;
        if (otherCoefficient == 0) return a;
        (coefficient, exponent) = _sum(coefficient, exponent, otherCoefficient, otherExponent);
        return pack(coefficient, exponent);
    }

    function sub(Float a, Float b) internal pure returns (Float) {
        (int256 coefficient, int256 exponent) = unpack(b);
        return add(a, pack(-coefficient, exponent));
    }

    function isPositive(Float float) internal pure returns (bool) {
        (int256 coefficient,) = unpack(float);
        return coefficient > 0;
    }

    function min(Float a, Float b) internal pure returns (Float) {
        (int256 coefficient,) = unpack(sub(a, b));
        return coefficient < 0 ? a : b;
    }

    /// Of two that are not zero.
    function _sum(int256 a, int256 exponentA, int256 b, int256 exponentB) private pure returns (int256, int256) {
        (a, exponentA) = _maximize(a, exponentA);
        (b, exponentB) = _maximize(b, exponentB);
        if (exponentA < exponentB) (a, exponentA, b, exponentB) = (b, exponentB, a, exponentA);
        int256 distance = exponentA - exponentB;
        if (distance > DIGITS) return (a, exponentA);
        // A digit less, so that the sum fits.
        return (a / 10 + b / int256(10 ** uint256(distance)) / 10, exponentA + 1);
    }

    /// The same number with as many digits as fit.
    function _maximize(int256 coefficient, int256 exponent) private pure returns (int256, int256) {
        int256 step = 38;
        while (step > 0) {
            int256 factor = int256(10 ** uint256(step));
            int256 largest = type(int256).max / factor;
            if (coefficient <= largest && coefficient >= -largest) {
                coefficient *= factor;
                exponent -= step;
            } else {
                step /= 2;
            }
        }
        return (coefficient, exponent);
    }
}
