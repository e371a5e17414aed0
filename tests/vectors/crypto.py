#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the vectors in sha512/ and ed25519/: crypto.py CRYPTOGRAPHY_VECTORS_DIR OUT_DIR

The first argument is the folder of Debian's package python3-cryptography-vectors. nist.txt, monte.txt and
good.txt are taken from there (NIST CAVP, and the vectors published with the Ed25519 paper). edge.txt is made
here: signatures that verifiers disagree about. Whether each is good is computed here, too, with Python's
integers, straight from the equations.
"""
import hashlib
import pathlib
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def neutral():
    return (0, 1)


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    t = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P,
            (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P)


def times(k, point):
    out = neutral()
    while k:
        if k & 1:
            out = add(out, point)
        point, k = add(point, point), k >> 1
    return out


def minus(point):
    return ((P - point[0]) % P, point[1])


def pack(point):
    return number(point[1] | (point[0] & 1) << 255)


def number(n):
    return n.to_bytes(32, "little")


def value(data):
    return int.from_bytes(data, "little")


def unpack(data):
    """The point, with y taken modulo P and a wrong sign of 0 ignored; None if there is none."""
    y, sign = value(data) % 2**255 % P, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return ((P - x) % P if x & 1 != sign else x, y)


BASE = unpack(number(4 * pow(5, P - 2, P) % P))
ORDER_8 = unpack(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
SMALL = [times(i, ORDER_8) for i in range(8)]
assert times(L, BASE) == neutral() and times(8, ORDER_8) == neutral() != times(4, ORDER_8)


def digest(r, a, message):
    return value(hashlib.sha512(r + a + message).digest())


def is_good(a, signature, message):
    """RFC 8032, 5.1.7, without the cofactor; R must be packed in the one way."""
    r, s = signature[:32], value(signature[32:])
    k = digest(r, a, message) % L
    return s < L and pack(add(times(s, BASE), minus(times(k, unpack(a))))) == r


def key_error(a):
    """What ed25519_key_unpack() returns."""
    if pack(unpack(a)) != a:
        return -2
    return -1 if times(8, unpack(a)) == neutral() else 0


def edges():
    secret, nonce = 0x1234567890ABCDEF * 2**180 + 11, 0xFEDCBA9876543210 * 2**170 + 7
    plain = times(secret, BASE)

    def sign(a, message, r_point, r_packed=None, nonce=nonce):
        r = r_packed or pack(r_point)
        return r + number((nonce + digest(r, a, message) * secret) % L)

    def first(wanted, make):
        """The first of many messages with which make() gives what is wanted."""
        for i in range(2000):
            message = b"message %d" % i
            if wanted(message):
                return make(message), message
        raise AssertionError

    a, r_point = pack(plain), times(nonce, BASE)
    good = sign(a, b"good", r_point)
    yield "good", a, good, b"good"
    for i in range(1, 16):
        yield "s_plus_%d_l" % i, a, good[:32] + number(value(good[32:]) + i * L), b"good"
    for bit in (253, 254, 255):
        yield "s_bit_%d" % bit, a, good[:32] + number(value(good[32:]) | 1 << bit), b"good"
    yield "r_sign", a, good[:31] + bytes([good[31] ^ 0x80]) + good[32:], b"good"
    minus_r = sign(a, b"good", minus(r_point))
    yield "r_is_minus", a, minus_r, b"good"
    # R of small order, S by the owner of the key
    for i, point in enumerate(SMALL):
        yield "r_small_%d" % i, a, sign(a, b"m", point, nonce=0), b"m"
    # the neutral R, packed in other ways
    for name, r in (("sign", 2**255 + 1), ("plus_p", P + 1), ("plus_p_sign", 2**255 + P + 1)):
        yield "r_neutral_" + name, a, sign(a, b"m", None, number(r), nonce=0), b"m"
    # a part of small order in R: good only with the cofactor
    for i, point in enumerate(SMALL[1:]):
        yield "r_mixed_%d" % (i + 1), a, sign(a, b"m", add(r_point, point)), b"m"
    # a part of order 8 in A: k decides, and k modulo L is what counts
    mixed = pack(add(plain, ORDER_8))

    def k(message):
        return digest(pack(r_point), mixed, message)

    for name, wanted in (
            ("both", lambda m: k(m) % 8 == 0 and k(m) % L % 8 == 0),
            ("reduced_only", lambda m: k(m) % 8 != 0 and k(m) % L % 8 == 0),
            ("unreduced_only", lambda m: k(m) % 8 == 0 and k(m) % L % 8 != 0),
            ("neither", lambda m: k(m) % 8 != 0 and k(m) % L % 8 != 0)):
        signature, message = first(wanted, lambda m: sign(mixed, m, r_point))
        yield "a_mixed_" + name, mixed, signature, message
    # A of small order, packed in every way: anybody signs, S = 0 and L
    packed = {pack(point) for point in SMALL}
    packed |= {number(value(one) + P) for one in packed if value(one) % 2**255 < 19}
    packed |= {bytes(one[:31]) + bytes([one[31] ^ 0x80]) for one in packed}
    for i, one in enumerate(sorted(packed)):
        yield "a_small_%d" % i, one, pack(neutral()) + number(0), b"any"
        signature, message = first(lambda m, one=one: is_good(one, pack(neutral()) + number(0), m),
                                   lambda m: pack(neutral()) + number(0))
        yield "a_small_%d_good" % i, one, signature, message
        yield "a_small_%d_s_is_l" % i, one, signature[:32] + number(L), message
    # y of A not below the prime, of large order
    for y in range(2, 19):
        one = number(y + P)
        if unpack(one) is not None:
            signature, message = first(lambda m: True, lambda m: bytes(64))
            yield "a_plus_p_%d" % y, one, signature, message


def nist(source):
    for name in ("SHA512ShortMsg.rsp", "SHA512LongMsg.rsp"):
        length = 0
        for line in (source / "hashes/SHA2" / name).read_text().splitlines():
            key, _, text = line.partition(" = ")
            if key == "Len":
                length = int(text)
            elif key == "Msg":
                message = text[:length // 4]
            elif key == "MD" and length <= 8 * 1100:
                yield "%s %s" % (message or "-", text)


def monte(source):
    for line in (source / "hashes/SHA2/SHA512Monte.rsp").read_text().splitlines():
        key, _, text = line.partition(" = ")
        if key in ("Seed", "MD"):
            yield text


def good(source):
    lines = (source / "asymmetric/Ed25519/sign.input").read_text().split()
    for i, line in enumerate(lines):
        if i < 3 or i % 64 == 63:
            _, packed, message, signed, _ = line.split(":")
            yield "%s %s %s" % (packed, signed[:128], message or "-")
    # RFC 8032, 7.1, TEST SHA(abc)
    yield ("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf "
           "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
           "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704 "
           + hashlib.sha512(b"abc").hexdigest())


def edge():
    for name, a, signature, message in edges():
        yield "%s %d %s %s %s %s" % (name, key_error(a),
                                     "good" if is_good(a, signature, message) else "bad",
                                     a.hex(), signature.hex(), message.hex())


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for name, lines in (("sha512/nist.txt", nist(source)), ("sha512/monte.txt", monte(source)),
                        ("ed25519/good.txt", good(source)), ("ed25519/edge.txt", edge())):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("\n".join(lines) + "\n")
    return 0


sys.exit(main())
