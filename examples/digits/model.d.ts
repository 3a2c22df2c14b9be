/** The bundler makes bytes of it. */
declare module "*.jaxexport" {
  const bytes: Uint8Array;
  export default bytes;
}
