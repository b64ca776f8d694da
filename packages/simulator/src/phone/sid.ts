/** An id as Twilio's look: two letters and 32 hexadecimal digits. */
export function createSid(prefix: 'AC' | 'CA' | 'MZ'): string {
  return prefix + createSecret();
}

/** 128 random bits, as Twilio's Auth Tokens look. */
export function createSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
