// The part of siphash 1.2.0 that is used; the package ships no types.
declare module 'siphash' {
  const siphash: { hash(key: Readonly<Uint32Array>, message: Uint8Array): { h: number; l: number } };
  export default siphash;
}
