// The edge's sealing, XChaCha20-Poly1305 and HKDF-SHA-256, with @noble/ciphers and @noble/hashes.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

export { sha256 };

const NONCE = 24;

export function makeSeal(secret) {
  const of = (purpose) => {
    const key = hkdf(sha256, secret, undefined, new TextEncoder().encode(`add-to-smooch 1 ${purpose}`), 32);
    return {
      seal(place, plaintext) {
        const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
        const sealed = new Uint8Array(NONCE + plaintext.length + 16);
        sealed.set(nonce);
        xchacha20poly1305(key, nonce, place).encrypt(plaintext, sealed.subarray(NONCE));
        return sealed;
      },
      open: (place, sealed) =>
        xchacha20poly1305(key, sealed.subarray(0, NONCE), place).decrypt(sealed.subarray(NONCE)),
    };
  };
  return { receipt: of("receipt"), record: of("record") };
}
