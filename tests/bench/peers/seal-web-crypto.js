// Sealing with Web Crypto: AES-256-GCM and HKDF-SHA-256. The nonce is half as long as the edge's.
const utf8 = new TextEncoder();
const NONCE = 12;

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export async function makeSeal(secret) {
  const whole = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const of = async (purpose) => {
    const from = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8.encode(`add-to-smooch 1 ${purpose}`) };
    const key = await crypto.subtle.deriveKey(from, whole, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    return {
      async seal(place, plaintext) {
        const iv = crypto.getRandomValues(new Uint8Array(NONCE));
        const ciphertext = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: place }, key, plaintext);
        const sealed = new Uint8Array(NONCE + ciphertext.byteLength);
        sealed.set(iv);
        sealed.set(new Uint8Array(ciphertext), NONCE);
        return sealed;
      },
      open: async (place, sealed) =>
        new Uint8Array(
          await crypto.subtle.decrypt(
            { name: "AES-GCM", iv: sealed.subarray(0, NONCE), additionalData: place },
            key,
            sealed.subarray(NONCE),
          ),
        ),
    };
  };
  return { receipt: await of("receipt"), record: await of("record") };
}
