// Bytes to JSON. Bytes that are not UTF-8 are refused: a replacement character would make another text, so another event.

export type JsonText =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly message: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function parseJsonText(bytes: Buffer): JsonText {
  try {
    return { kind: 'json', value: JSON.parse(utf8.decode(bytes)) as unknown };
  } catch (error) {
    const message = error instanceof SyntaxError ? error.message : 'the bytes are not UTF-8';
    return { kind: 'malformed', message: message.slice(0, 200) };
  }
}
